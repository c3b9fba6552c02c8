/* SPDX-License-Identifier: MIT */
/* delivery_outcome -- the end of a turn: what came of each recipient is judged, told and recorded. */
#include "core/delivery/delivery_inner.h"

#include <stdio.h>

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/delivery/bounce.h"
#include "core/delivery/retry.h"
#include "core/session/tx_core.h"
#include "core/spool/spool.h"
#include "core/text/unit.h"

static const char *const fate_names[] = { "none", "delivered", "deferred", "failed", "parked",
	"discarded" };

const char *
fate_name(enum fate fate)
{
	return fate_names[fate];
}

static void
read_result(struct leaf *l)
{
	static const enum fate fates[] = {
		[OUTCOME_DELIVERED] = FATE_DELIVERED,
		[OUTCOME_DEFERRED] = FATE_DEFERRED,
		[OUTCOME_FAILED] = FATE_FAILED,
	};
	const struct attempt_result *r = attempt_result_of(l->attempt, l->in_attempt);

	delivery_decide(l, fates[r->outcome], r->status, r->reply);
	if (r->outcome == OUTCOME_DELIVERED && r->mailbox != NULL)
		l->stored = r;
}

/* A recipient that is deferred comes back, is told of, or has come back often enough. */
static void
schedule(struct delivery *d, struct leaf *l)
{
	const struct config *c = d->options.config;
	const struct envelope_rcpt *r = delivery_rcpt(d, l);
	double scale = d->options.retry_scale;
	int64_t now = delivery_now_ns(), age = now - d->envelope->received_ns;
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
enum step
delivery_judge(struct delivery *d)
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
	const struct envelope_rcpt *r = delivery_rcpt(d, l);
	char event[32];
	struct log_line line;

	snprintf(event, sizeof event, "outcome=%s", fate_name(l->fate));
	log_begin(&line, message_id(d->message), event);
	log_address(&line, "to", r->address);
	if (r->original.len > 0)
		log_address(&line, "orig_to", r->original);
	log_text(&line, "relay", l->route.name == NULL ? "none" : l->route.name);
	if (l->route.host.len > 0)
		log_str(&line, "host", l->route.host);
	log_seconds(&line, "delay", (delivery_now_ns() - d->envelope->received_ns) / 1000000);
	log_text(&line, "dsn", l->status);
	log_text(&line, "reply", l->reply);
	if (l->why != NULL)
		log_text(&line, "why", l->why);
	log_end(&line);
}

enum step
delivery_tell(struct delivery *d)
{
	for (; d->at < d->leaf_count; d->at++, d->asked = false) {
		struct leaf *l = &d->leaves[d->at];

		if (l->fate == FATE_NONE || d->asked)
			continue;
		d->asked = true;
		log_outcome(d, l);
		if (d->tx != NULL)
			tx_set_outcome(d->tx, fate_name(l->fate), str_of(l->reply));
		if (delivery_ask(d, l, STAGE_OUTCOME) == STEP_WAIT)
			return STEP_WAIT;
	}
	return STEP_DONE;
}

/* ---- notify: the sender, where anything is to be told */

enum step
delivery_notify(struct delivery *d)
{
	struct leaf *first = NULL;

	for (size_t i = 0; i < d->leaf_count && first == NULL; i++)
		if (bounce_is_due(d->envelope, &d->leaves[i]))
			first = &d->leaves[i];
	if (first == NULL)
		return STEP_DONE;
	if (!d->asked) {
		d->asked = true;
		if (delivery_ask(d, first, STAGE_NOTIFY) == STEP_WAIT)
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
	delivery_walk(d);
}

enum step
delivery_record(struct delivery *d)
{
	struct bounce_options options = {
		.config = d->options.config,
		.message = d->message,
		.envelope = d->envelope,
		.leaves = d->leaves,
		.leaf_count = d->leaf_count,
		.silent = d->no_bounce,
		.retry_ns =
		    delivery_now_ns() + retry_wait_ns(d->options.config, d->options.retry_scale, 1),
		.now_ns = delivery_now_ns(),
		.give_up_ms = (uint64_t)((double)d->options.config->retry_give_up_ms *
					 d->options.retry_scale),
	};

	if (d->asked || d->envelope == NULL)
		return STEP_DONE;
	d->asked = true;
	return bounce_record(message_spool(d->message), &options, on_recorded, d) ? STEP_WAIT
										  : STEP_DONE;
}
