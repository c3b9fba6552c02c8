/* SPDX-License-Identifier: MIT */
/*
 * delivery -- one turn of one message: a walk through the phases below, each of which is done at
 * once or waits.
 */
#include "core/delivery/delivery.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/delivery/bounce.h"
#include "core/delivery/leaf.h"
#include "core/delivery/retry.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/policy/policy.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"
#include "core/spool/spool.h"
#include "core/text/unit.h"

struct delivery {
	struct arena *arena;
	struct message *message;
	const struct envelope *envelope;
	struct delivery_options options;
	struct tx *tx; /* NULL: no handler wants to be asked */
	size_t phase;
	bool cancelled;

	size_t leaf_count, attempt_count;
	struct leaf *leaves;
	struct attempt **attempts;
	size_t at;  /* of the phase: whose turn it is */
	bool asked; /* of the phase: the policy was asked about it */
	size_t running;
	bool no_bounce; /* a policy keeps the notification back */

	struct delivery_end end;
	void (*done)(struct message *, const struct delivery_end *, void *arg);
	void *arg;
};

static void walk(struct delivery *);

static const char *const fate_names[] = { "none", "delivered", "deferred", "failed", "parked",
	"discarded" };

const char *
fate_name(enum fate fate)
{
	return fate_names[fate];
}

static void
decide(struct leaf *l, enum fate fate, const char *status, const char *reply)
{
	l->fate = fate;
	l->status = status;
	l->reply = reply;
}

static int64_t
now_ns(void)
{
	return clock_wall_ns(server_here()->loop);
}

static const struct envelope_rcpt *
rcpt_of(const struct delivery *d, const struct leaf *l)
{
	return &d->envelope->rcpts[l->rcpt];
}

/* ---- asking the policy */

static void
on_asked(struct tx *tx)
{
	walk(tx_owner(tx));
}

/* STEP_NEXT: nobody is to be asked. */
static enum step
ask(struct delivery *d, const struct leaf *l, enum stage stage)
{
	if (d->tx == NULL || d->cancelled)
		return STEP_NEXT;
	tx_set_present_rcpt(d->tx, l->rcpt);
	return tx_ask(d->tx, stage, on_asked);
}

/* What a policy's verdict means for the recipient; false: nothing, go on. */
static bool
obey(struct delivery *d, struct leaf *l)
{
	static const enum fate fates[VERDICT_COUNT] = {
		[VERDICT_REJECT] = FATE_FAILED,
		[VERDICT_DEFER] = FATE_DEFERRED,
		[VERDICT_DISCARD] = FATE_DISCARDED,
		[VERDICT_PARK] = FATE_PARKED,
	};
	const struct tx_answer *a = tx_answer(d->tx);

	if (fates[a->verdict] == FATE_NONE)
		return false;
	decide(l, fates[a->verdict], arena_strdup(d->arena, a->status),
	    arena_strdup(d->arena, a->text));
	return true;
}

/* ---- load */

static void
on_loaded(struct message *message, int result, void *arg)
{
	struct delivery *d = arg;

	(void)message;
	d->end.unreadable = result < 0;
	walk(d);
}

static bool
has_handlers(const struct policy *p)
{
	return p != NULL && (p->count[STAGE_ROUTE] > 0 || p->count[STAGE_ATTEMPT] > 0 ||
				p->count[STAGE_OUTCOME] > 0 || p->count[STAGE_NOTIFY] > 0);
}

static bool
is_due(const struct delivery *d, const struct envelope_rcpt *r)
{
	int64_t now = now_ns();

	return r->state == RCPT_QUEUED && !d->options.only_load &&
	       (d->options.now || retry_sane_ns(d->options.config, d->options.retry_scale, now,
				      r->next_ns) <= now);
}

static enum step
load(struct delivery *d)
{
	struct policy *policy;
	struct str name;

	d->envelope = message_envelope(d->message);
	if (d->envelope == NULL && d->end.unreadable)
		return STEP_DONE;
	if (d->envelope == NULL) {
		message_load(d->message, on_loaded, d);
		return STEP_WAIT;
	}
	name = d->envelope->policy;
	policy =
	    policy_find(server_here()->policies, arena_printf(d->arena, "%.*s", STR_FMT(name)));
	if (has_handlers(policy) && !d->options.only_load)
		d->tx = tx_create_queued(server_here(), policy, d->envelope, d);
	d->leaves = arena_alloc(d->arena, (d->envelope->rcpt_count + 1) * sizeof *d->leaves);
	d->attempts =
	    arena_alloc(d->arena, (d->envelope->rcpt_count + 1) * sizeof(struct attempt *));
	for (size_t i = 0; i < d->envelope->rcpt_count; i++)
		if (is_due(d, &d->envelope->rcpts[i]))
			d->leaves[d->leaf_count++].rcpt = i;
	return STEP_DONE;
}

/* ---- route: each recipient in turn */

static void
settle_route(struct leaf *l, enum route_result result)
{
	l->routed = result;
	if (result == ROUTE_DEFER)
		decide(l, FATE_DEFERRED, l->route.status, l->route.reply);
	if (result == ROUTE_FAIL)
		decide(l, FATE_FAILED, l->route.status, l->route.reply);
}

static void
on_routed(struct route *route, enum route_result result, void *arg)
{
	struct delivery *d = arg;

	(void)route;
	settle_route(&d->leaves[d->at], result);
	walk(d);
}

static enum step
route_one(struct delivery *d, struct leaf *l)
{
	const struct envelope_rcpt *r = rcpt_of(d, l);
	struct route_wish wish = {
		.deliverer = r->deliverer, .host = r->route_host, .port = r->route_port
	};
	enum route_result result;

	if (d->tx != NULL && (tx_route_deliverer(d->tx).len > 0 || tx_route_host(d->tx).len > 0)) {
		wish.deliverer = str_copy(d->arena, tx_route_deliverer(d->tx));
		wish.host = str_copy(d->arena, tx_route_host(d->tx));
		wish.port = tx_route_port(d->tx);
	}
	result = route_start(
	    &l->route, d->arena, d->options.config, d->options.users, r, &wish, on_routed, d);
	l->routed = result;
	if (result == ROUTE_LATER)
		return STEP_WAIT;
	settle_route(l, result);
	return STEP_DONE;
}

static enum step
route(struct delivery *d)
{
	for (; d->at < d->leaf_count && !d->cancelled; d->at++, d->asked = false) {
		struct leaf *l = &d->leaves[d->at];

		if (l->fate != FATE_NONE || l->route.deliverer != NULL)
			continue;
		if (!d->asked) {
			d->asked = true;
			if (ask(d, l, STAGE_ROUTE) == STEP_WAIT)
				return STEP_WAIT;
		}
		if (d->tx != NULL && obey(d, l))
			continue;
		if (route_one(d, l) == STEP_WAIT)
			return STEP_WAIT;
	}
	return STEP_DONE;
}

/* ---- attempt: recipients of one destination together */

static void
join(struct delivery *d, struct leaf *l)
{
	struct attempt *a = NULL;

	for (size_t i = d->attempt_count; i > 0 && a == NULL; i--)
		if (attempt_takes(d->attempts[i - 1], &l->route))
			a = d->attempts[i - 1];
	if (a == NULL) {
		a = attempt_create(d->message, d->envelope, &l->route, d->options.again);
		d->attempts[d->attempt_count++] = a;
	}
	l->in_attempt = attempt_rcpt_count(a);
	l->attempt = a;
	attempt_add(a, l->rcpt, l->route.mailbox);
}

/* The policy's stage attempt is about a connection; each recipient that it would carry is asked
 * about. */
static enum step
permit(struct delivery *d)
{
	for (; d->at < d->leaf_count && !d->cancelled; d->at++, d->asked = false) {
		struct leaf *l = &d->leaves[d->at];

		if (l->fate != FATE_NONE)
			continue;
		if (!d->asked) {
			d->asked = true;
			if (ask(d, l, STAGE_ATTEMPT) == STEP_WAIT)
				return STEP_WAIT;
		}
		if (d->tx == NULL || !obey(d, l))
			join(d, l);
	}
	return STEP_DONE;
}

static void
on_attempt_over(struct attempt *a, void *arg)
{
	struct delivery *d = arg;

	(void)a;
	if (--d->running == 0)
		walk(d);
}

static enum step
attempt(struct delivery *d)
{
	size_t started = 0;

	if (d->asked)
		return d->running > 0 ? STEP_WAIT : STEP_DONE;
	d->asked = true;
	while (started < d->attempt_count && !d->cancelled &&
	       attempt_start(d->attempts[started], on_attempt_over, d) == 0) {
		started++;
		d->running++;
	}
	d->end.busy = started < d->attempt_count && !d->cancelled;
	for (size_t i = 0; i < d->leaf_count; i++) {
		struct leaf *l = &d->leaves[i];

		for (size_t j = started; j < d->attempt_count && l->attempt != NULL; j++)
			if (l->attempt == d->attempts[j])
				l->attempt = NULL;
	}
	for (size_t j = started; j < d->attempt_count; j++)
		attempt_destroy(d->attempts[j]);
	d->attempt_count = started;
	return d->running > 0 ? STEP_WAIT : STEP_DONE;
}

/* ---- outcome */

static void
read_result(struct leaf *l)
{
	static const enum fate fates[] = {
		[OUTCOME_DELIVERED] = FATE_DELIVERED,
		[OUTCOME_DEFERRED] = FATE_DEFERRED,
		[OUTCOME_FAILED] = FATE_FAILED,
	};
	const struct attempt_result *r = attempt_result_of(l->attempt, l->in_attempt);

	decide(l, fates[r->outcome], r->status, r->reply);
	if (r->outcome == OUTCOME_DELIVERED && r->mailbox != NULL)
		l->stored = r;
}

/* A recipient that is deferred comes back, is told of, or has come back often enough. */
static void
schedule(struct delivery *d, struct leaf *l)
{
	const struct config *c = d->options.config;
	const struct envelope_rcpt *r = rcpt_of(d, l);
	double scale = d->options.retry_scale;
	int64_t now = now_ns(), age = now - d->envelope->received_ns;
	bool too_old = retry_is_over(c, scale, age) && r->attempts > 0;

	d->end.was_too_old = d->end.was_too_old || too_old;
	if (too_old && d->options.age_confirmed) {
		char text[UNIT_TEXT_MAX];

		l->fate = FATE_FAILED;
		l->why = arena_printf(d->arena, "could not be delivered within %s",
		    unit_print_duration((uint64_t)(age / 1000000), text));
		return;
	}
	l->next_ns = now + retry_wait_ns(c, scale, r->attempts + 1);
	l->warn = !r->warned && r->attempts > 0 && retry_is_late(c, scale, age);
}

/* Every recipient that was tried has its fate; one that was not (the pool is full, we stop) keeps
 * none. */
static enum step
judge(struct delivery *d)
{
	for (size_t i = 0; i < d->leaf_count; i++) {
		struct leaf *l = &d->leaves[i];

		if (l->fate == FATE_NONE && l->attempt != NULL)
			read_result(l);
		if (l->fate == FATE_DEFERRED)
			schedule(d, l);
	}
	return STEP_DONE;
}

static void
log_outcome(const struct delivery *d, const struct leaf *l)
{
	const struct envelope_rcpt *r = rcpt_of(d, l);
	char event[32] = "outcome=";
	struct log_line line;

	strcat(event, fate_name(l->fate));
	log_begin(&line, message_id(d->message), event);
	log_address(&line, "to", r->address);
	if (r->original.len > 0)
		log_address(&line, "orig_to", r->original);
	log_text(&line, "relay", l->route.name == NULL ? "none" : l->route.name);
	if (l->route.host.len > 0)
		log_str(&line, "host", l->route.host);
	log_seconds(&line, "delay", (now_ns() - d->envelope->received_ns) / 1000000);
	log_text(&line, "dsn", l->status);
	log_text(&line, "reply", l->reply);
	if (l->why != NULL)
		log_text(&line, "why", l->why);
	log_end(&line);
}

static enum step
tell(struct delivery *d)
{
	for (; d->at < d->leaf_count; d->at++, d->asked = false) {
		struct leaf *l = &d->leaves[d->at];

		if (l->fate == FATE_NONE || d->asked)
			continue;
		d->asked = true;
		log_outcome(d, l);
		if (d->tx != NULL)
			tx_set_outcome(d->tx, fate_name(l->fate), str_of(l->reply));
		if (ask(d, l, STAGE_OUTCOME) == STEP_WAIT)
			return STEP_WAIT;
	}
	return STEP_DONE;
}

/* ---- notify: the sender, where anything is to be told */

static enum step
notify(struct delivery *d)
{
	struct leaf *first = NULL;

	for (size_t i = 0; i < d->leaf_count && first == NULL; i++)
		if (bounce_is_due(d->envelope, &d->leaves[i]))
			first = &d->leaves[i];
	if (first == NULL)
		return STEP_DONE;
	if (!d->asked) {
		d->asked = true;
		if (ask(d, first, STAGE_NOTIFY) == STEP_WAIT)
			return STEP_WAIT;
	}
	if (d->tx != NULL && tx_answer(d->tx)->verdict == VERDICT_DISCARD)
		d->no_bounce = true;
	return STEP_DONE;
}

/* ---- record */

static void
on_recorded(bool told, void *arg)
{
	struct delivery *d = arg;

	if (!told) /* the disk: those who were to be told of keep their place in the queue */
		log_error(
		    "%s: cannot queue the notification to its sender; its recipients stay queued",
		    message_id(d->message));
	walk(d);
}

static enum step
record(struct delivery *d)
{
	struct bounce_options options = {
		.config = d->options.config,
		.message = d->message,
		.envelope = d->envelope,
		.leaves = d->leaves,
		.leaf_count = d->leaf_count,
		.silent = d->no_bounce,
		.retry_ns = now_ns() + retry_wait_ns(d->options.config, d->options.retry_scale, 1),
		.now_ns = now_ns(),
		.give_up_ms = (uint64_t)((double)d->options.config->retry_give_up_ms *
					 d->options.retry_scale),
	};

	if (d->asked || d->envelope == NULL)
		return STEP_DONE;
	d->asked = true;
	return bounce_record(message_spool(d->message), &options, on_recorded, d) ? STEP_WAIT
										  : STEP_DONE;
}

/* ---- the walk */

static const struct {
	const char *name;
	enum step (*fn)(struct delivery *);
} phases[] = {
	{ "load", load },
	{ "route", route },
	{ "permit", permit },
	{ "attempt", attempt },
	{ "judge", judge },
	{ "tell", tell },
	{ "notify", notify },
	{ "record", record },
};

static void
finish(struct delivery *d)
{
	struct message *message = d->message;

	if (d->tx != NULL)
		tx_destroy(d->tx);
	for (size_t i = 0; i < d->attempt_count; i++)
		attempt_destroy(d->attempts[i]);
	d->done(message, &d->end, d->arg);
	message_unref(message);
	arena_destroy(d->arena);
}

/* Go on from where the walk stopped. */
static void
walk(struct delivery *d)
{
	while (d->phase < sizeof phases / sizeof phases[0]) {
		if (phases[d->phase].fn(d) == STEP_WAIT)
			return;
		d->phase++;
		d->at = 0;
		d->asked = false;
		if (d->end.unreadable)
			break;
	}
	finish(d);
}

static void
begin(void *arg)
{
	walk(arg);
}

struct delivery *
delivery_start(struct message *message, const struct delivery_options *options,
    void (*done)(struct message *, const struct delivery_end *, void *arg), void *arg)
{
	struct arena *arena = arena_create(NULL);
	struct delivery *d = arena_alloc(arena, sizeof *d);

	*d = (struct delivery){ .arena = arena,
		.message = message_ref(message),
		.options = *options,
		.done = done,
		.arg = arg };
	loop_defer(server_here()->loop, begin, d);
	return d;
}

void
delivery_cancel(struct delivery *d)
{
	d->cancelled = true;
	for (size_t i = 0; i < d->attempt_count; i++)
		attempt_cancel(d->attempts[i]);
}
