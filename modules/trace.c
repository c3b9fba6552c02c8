/* SPDX-License-Identifier: MIT */
/*
 * trace -- implements every hook and logs it: what is called when, and what is known then.
 *
 * The living documentation of core/module.h, kept working by tests. Use it to see what your own
 * module would see:
 *
 *	use "trace" { facts = true }
 */
#include "core/module.h"

struct trace {
	bool facts;
	const struct option_list *stages;
};

static const struct option options[] = {
	OPTION_BOOL(
	    struct trace, facts, false, "log what is known at each stage, not only its name"),
	OPTION_LIST(struct trace, stages, "", "log these stages only; empty: all"),
	OPTION_END,
};

/* State of this worker: one for all of its transactions, zeroed before start. */
struct worker {
	uint64_t asked;
};

/* State of one transaction: zeroed when it begins. */
struct mine {
	uint32_t asked;
};

static bool
is_wanted(const struct trace *set, enum stage stage)
{
	for (size_t i = 0; i < set->stages->count; i++)
		if (str_eq(str_of(set->stages->items[i]), str_of(stage_name(stage))))
			return true;
	return set->stages->count == 0;
}

/* Everything that tx.h tells; what is not known yet is "" or 0. */
static void
log_facts(struct tx *tx, struct log_line *line)
{
	const struct address *rcpt = tx_rcpt_address(tx);
	char client[IP_TEXT_MAX];

	log_text(line, "via", tx_via(tx));
	log_text(line, "client", ip_print(tx_client(tx), client));
	log_int(line, "port", tx_client_port(tx));
	log_str(line, "helo", tx_helo(tx));
	log_text(line, "tls", tx_is_secure(tx) ? "yes" : "no");
	log_str(line, "user", tx_user(tx));
	log_address(line, "from", tx_sender(tx));
	log_address(line, "to", rcpt != NULL ? rcpt->text : STR(""));
	log_int(line, "nrcpt", (int64_t)tx_rcpt_count(tx));
	log_int(line, "size", (int64_t)tx_size(tx));
	log_text(line, "may_relay", tx_may_relay(tx) ? "yes" : "no");
	log_str(line, "subject", tx_header(tx, STR("Subject"), 0));
	log_str(line, "outcome", tx_outcome(tx));
	log_str(line, "reply", tx_outcome_reply(tx));
}

/* The handler of all stages: it has no opinion anywhere. */
static enum step
on_stage(struct tx *tx, void *conf)
{
	const struct trace *set = conf;
	struct worker *worker = module_worker_state(conf);
	struct mine *mine = tx_state(tx);
	struct log_line line;

	worker->asked++;
	mine->asked++;
	if (!is_wanted(set, tx_stage(tx)))
		return STEP_NEXT;
	log_begin(&line, tx_id(tx), "stage");
	log_text(&line, "stage", stage_name(tx_stage(tx)));
	log_int(&line, "asked", mine->asked);
	if (set->facts)
		log_facts(tx, &line);
	log_end(&line);
	return STEP_NEXT;
}

/* Once in each worker, before anything else; -1 with a sentence would refuse to start. */
static int
start(void *conf, struct err *err)
{
	const struct trace *set = conf;
	enum stage stage;

	for (size_t i = 0; i < set->stages->count; i++)
		if (!stage_find(str_of(set->stages->items[i]), &stage))
			return err_set(err, "trace: there is no stage '%s'", set->stages->items[i]);
	return 0;
}

/* When the worker ends. */
static void
stop(void *conf)
{
	const struct worker *worker = module_worker_state(conf);

	log_debug("trace was asked %llu times", (unsigned long long)worker->asked);
}

/* clang-format off */
MODULE(trace) = {
	.abi         = MODULE_ABI,
	.summary     = "log every stage and what is known there",
	.conf_size   = sizeof(struct trace),
	.options     = options,
	.worker_size = sizeof(struct worker),
	.tx_size     = sizeof(struct mine),
	.start       = start,
	.stop        = stop,
	.on = {
		[STAGE_CONNECT]   = on_stage, /* before the banner */
		[STAGE_HELO]      = on_stage, /* EHLO, HELO or LHLO */
		[STAGE_TLS]       = on_stage, /* after the handshake */
		[STAGE_AUTH]      = on_stage, /* the credentials were right */
		[STAGE_MAIL]      = on_stage,
		[STAGE_RCPT]      = on_stage, /* once for each recipient */
		[STAGE_DATA]      = on_stage, /* before 354 */
		[STAGE_MESSAGE]   = on_stage, /* the whole message is there */
		[STAGE_RECIPIENT] = on_stage, /* then once for each recipient that was accepted */
		[STAGE_QUEUED]    = on_stage, /* durable; from here on no reply changes */
		[STAGE_ROUTE]     = on_stage, /* once for each recipient and attempt */
		[STAGE_ATTEMPT]   = on_stage, /* a delivery begins */
		[STAGE_OUTCOME]   = on_stage, /* and what became of it */
		[STAGE_NOTIFY]    = on_stage, /* a notification is about to be sent */
		[STAGE_CLOSE]     = on_stage, /* the connection has ended */
		[STAGE_ABORT]     = on_stage, /* a transaction ended without a reply to its data */
		[STAGE_UNKNOWN]   = on_stage, /* a command that nobody knows */
	},
};
