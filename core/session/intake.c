/* SPDX-License-Identifier: MIT */
/* intake -- how a protocol makes a transaction, tells it what it learns, and ends it. */
#include "core/session/intake.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"
#include "core/spool/spool.h"

#include <assert.h>
#include <string.h>

enum { TRACE_TEXT_MAX = 3500 };

/* ---- life */

struct tx *
tx_create(const struct tx_options *options)
{
	struct arena *arena = arena_create(NULL);
	struct tx *tx = arena_alloc(arena, sizeof *tx);

	tx->magic = TX_MAGIC;
	tx->options = *options;
	tx->arena = arena;
	tx->greeting_arena = arena_create(arena);
	tx->mail_arena = arena_create(arena);
	timer_init(&tx->deadline, options->server->loop, tx_on_deadline, tx);
	trace_init(&tx->trace, arena);
	tx->helo = tx->user = tx->outcome_reply = STR("");
	tx->answer = (struct tx_answer){ .status = "", .text = "", .by = "core" };
	return tx;
}

void
tx_destroy(struct tx *tx)
{
	assert(tx->magic == TX_MAGIC);
	tx_end_wait(tx, true);
	/* A commit under way is finished, and its log written, without an owner. */
	if (tx->mail != NULL && tx->mail->committing) {
		tx->orphaned = true;
		return;
	}
	tx_forget_mail(tx);
	timer_stop(&tx->deadline);
	tx->magic = 0;
	arena_destroy(tx->arena);
}

void *
tx_owner(const struct tx *tx)
{
	return tx->options.owner;
}

/* ---- connection: what became known */

static void
forget_greeting(struct tx *tx)
{
	tx_reset(tx);
	tx->helo = STR("");
	tx->kept[STAGE_HELO] = NULL;
	tx->hidden = NULL;
	tx->tags[TAGS_GREETING] = NULL;
	tx->relay_stages &= ~(1U << STAGE_HELO);
	arena_reset(tx->greeting_arena);
}

void
tx_learn_helo(struct tx *tx, struct str name, bool esmtp)
{
	forget_greeting(tx);
	tx->helo = str_copy(tx->greeting_arena, name);
	tx->esmtp = esmtp;
}

void
tx_learn_tls(struct tx *tx, const char *version, const char *cipher)
{
	forget_greeting(tx);
	tx->user = STR("");
	tx->relay_stages &= ~(1U << STAGE_AUTH);
	tx->tls_version = arena_strdup(tx->arena, version);
	tx->tls_cipher = arena_strdup(tx->arena, cipher);
}

void
tx_learn_user(struct tx *tx, struct str name)
{
	tx->user = str_copy(tx->arena, name);
}

/* ---- the transaction */

void
tx_begin(struct tx *tx, const struct address *sender, const struct mail_params *params)
{
	struct arena *a = tx->mail_arena;
	struct mail *m;

	tx_forget_mail(tx);
	m = arena_alloc(a, sizeof *m);
	m->open = true;
	m->edits_end = &m->edits;
	m->sender = *sender;
	m->sender.local = str_copy(a, sender->local);
	m->sender.domain = str_copy(a, sender->domain);
	m->sender.text = str_copy(a, sender->text);
	m->params = *params;
	m->params.envid = str_copy(a, params->envid);
	m->params.ret = str_copy(a, params->ret);
	m->params.auth = str_copy(a, params->auth);
	header_init(&m->header);
	trace_init(&m->trace, a);
	if (tx->options.server->spool != NULL)
		spool_make_id(tx->options.server->spool, m->id);
	tx->mail = m;
}

bool
tx_is_open(const struct tx *tx)
{
	return tx->mail != NULL && tx->mail->open;
}

void
tx_candidate(struct tx *tx, const struct address *address, const struct rcpt_params *params)
{
	struct arena *a = tx->mail_arena;
	struct recipient *r;

	assert(tx->mail != NULL);
	tx->relay_stages &= ~(1U << STAGE_RCPT);
	r = &tx->mail->candidate;
	*r = (struct recipient){
		.named = *address,
		.notify = str_copy(a, params->notify),
		.orcpt = str_copy(a, params->orcpt),
	};
	r->named.local = str_copy(a, address->local);
	r->named.domain = str_copy(a, address->domain);
	r->named.text = str_copy(a, address->text);
	r->address = r->named;
	tx->present = r;
}

struct recipient *
tx_add_recipient(struct tx *tx)
{
	struct mail *m = tx->mail;

	if (m->rcpt_count == m->rcpt_cap) {
		struct recipient *old = m->rcpts;

		m->rcpt_cap = m->rcpt_cap > 0 ? m->rcpt_cap * 2 : 4;
		m->rcpts = arena_alloc(tx->mail_arena, m->rcpt_cap * sizeof *m->rcpts);
		if (m->rcpt_count > 0)
			memcpy(m->rcpts, old, m->rcpt_count * sizeof *old);
	}
	m->rcpts[m->rcpt_count] = m->candidate;
	return &m->rcpts[m->rcpt_count++];
}

int
tx_room(struct tx *tx, uint64_t size)
{
	return tx->options.server->spool == NULL ? -1 : spool_room(tx->options.server->spool, size);
}

/* ---- the end */

/* What every handler was asked and said: one line for the whole transaction. */
static void
log_trace(struct tx *tx)
{
	const struct policy *policy = tx->options.policy;
	struct log_line line;
	struct buf steps;

	if (tx->mail->trace.count == 0 && tx->trace.count == 0)
		return;
	buf_init(&steps, TRACE_TEXT_MAX);
	trace_print(&tx->trace, &steps);
	trace_print(&tx->mail->trace, &steps);
	log_begin(&line, tx_id(tx), "trace");
	log_text(&line, "policy", policy != NULL ? policy->name : "");
	log_text(&line, "hash", policy != NULL && policy->hash != NULL ? policy->hash : "");
	log_int(
	    &line, "us", (int64_t)((tx->trace.spent_ns + tx->mail->trace.spent_ns + 500) / 1000));
	log_str(&line, "steps", buf_str(&steps));
	log_end(&line);
	buf_free(&steps);
}

void
tx_forget_mail(struct tx *tx)
{
	struct mail *m = tx->mail;

	if (m != NULL) {
		log_trace(tx);
		if (m->body != NULL)
			body_discard(m->body);
		header_free(&m->header);
	}
	tx->mail = NULL;
	tx->state = NULL;
	tx->present = NULL;
	tx->tags[TAGS_MAIL] = NULL;
	tx->kept[STAGE_MAIL] = tx->kept[STAGE_DATA] = NULL;
	tx->relay_stages &= ~(1U << STAGE_MAIL | 1U << STAGE_RCPT);
	tx->delayed_ms = 0;
	tx->answer = (struct tx_answer){ .status = "", .text = "", .by = "core" };
	tx->decided = (struct decision){ 0 };
	arena_reset(tx->mail_arena);
}

void
tx_reset(struct tx *tx)
{
	tx_end_wait(tx, true);
	tx->ask.asked = NULL;
	if (tx->mail == NULL)
		return;
	if (tx->mail->committing)
		return;
	if (tx->mail->open && !tx->mail->told)
		tx_tell(tx, STAGE_ABORT);
	tx_forget_mail(tx);
}

void
tx_log_refusal(struct tx *tx, const char *reply)
{
	bool by_stage = verdict_refuses(tx->decided.verdict);
	char client[IP_TEXT_MAX];
	struct log_line line;

	log_begin(&line, tx_id(tx), "refused");
	log_text(&line, "stage", stage_name(by_stage ? tx->decided.stage : tx->ask.stage));
	log_text(&line, "by", by_stage ? tx->decided.by : "core");
	log_address(&line, "from", tx_sender(tx));
	log_address(&line, "to", tx->present != NULL ? tx->present->named.text : STR(""));
	log_text(&line, "client", ip_print(&tx->options.client, client));
	log_str(&line, "helo", tx->helo);
	if (tx->user.len > 0)
		log_str(&line, "user", tx->user);
	log_text(&line, "reply", reply);
	log_end(&line);
	/* Said once; what is refused next has reasons of its own. */
	tx->decided = (struct decision){ 0 };
}
