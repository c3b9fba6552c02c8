/* SPDX-License-Identifier: MIT */
/*
 * delivery -- one turn of one message: a walk through the phases below, each of which is done at
 * once or waits.
 */
#include "core/delivery/delivery_inner.h"

#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/delivery/retry.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/policy/policy.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"
#include "core/spool/spool.h"

void
delivery_decide(struct leaf *l, enum fate fate, const char *status, const char *reply)
{
	l->fate = fate;
	l->status = status;
	l->reply = reply;
}

int64_t
delivery_now_ns(void)
{
	return clock_wall_ns(server_here()->loop);
}

const struct envelope_rcpt *
delivery_rcpt(const struct delivery *d, const struct leaf *l)
{
	return &d->envelope->rcpts[l->rcpt];
}

/* ---- asking the policy */

static void
on_asked(struct tx *tx)
{
	delivery_walk(tx_owner(tx));
}

enum step
delivery_ask(struct delivery *d, const struct leaf *l, enum stage stage)
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
	delivery_decide(l, fates[a->verdict], arena_strdup(d->arena, a->status),
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
	delivery_walk(d);
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
	int64_t now = delivery_now_ns();

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
		delivery_decide(l, FATE_DEFERRED, l->route.status, l->route.reply);
	if (result == ROUTE_FAIL)
		delivery_decide(l, FATE_FAILED, l->route.status, l->route.reply);
}

static void
on_routed(struct route *route, enum route_result result, void *arg)
{
	struct delivery *d = arg;

	(void)route;
	settle_route(&d->leaves[d->at], result);
	delivery_walk(d);
}

static enum step
route_one(struct delivery *d, struct leaf *l)
{
	const struct envelope_rcpt *r = delivery_rcpt(d, l);
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
			if (delivery_ask(d, l, STAGE_ROUTE) == STEP_WAIT)
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
			if (delivery_ask(d, l, STAGE_ATTEMPT) == STEP_WAIT)
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
		delivery_walk(d);
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

/* ---- the walk */

static const struct {
	const char *name;
	enum step (*fn)(struct delivery *);
} phases[] = {
	{ "load", load },
	{ "route", route },
	{ "permit", permit },
	{ "attempt", attempt },
	{ "judge", delivery_judge },
	{ "tell", delivery_tell },
	{ "notify", delivery_notify },
	{ "record", delivery_record },
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

void
delivery_walk(struct delivery *d)
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
	delivery_walk(arg);
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
