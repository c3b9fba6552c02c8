/* SPDX-License-Identifier: MIT */
/*
 * tx_run -- asks the handlers of a stage, one after the other, until one decides or waits.
 *
 * The order at each stage: what the core itself has to say first, the policy's handlers, what the
 * core has to say last. Nothing else calls a handler, so every decision is traced here.
 */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/process/ledger.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"

#include <assert.h>
#include <string.h>
#include <time.h>

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether the core's last word may still change what was decided. */
static bool
is_open_to_core(enum verdict verdict)
{
	return verdict == VERDICT_NEXT || verdict == VERDICT_ACCEPT || verdict == VERDICT_PARK;
}

static const struct handler *
next_handler(struct tx *tx)
{
	const struct policy *p = tx->options.policy;
	struct asking *ask = &tx->ask;
	const struct handler *h;

	if (ask->turn == TURN_CORE_FIRST) {
		ask->turn = TURN_POLICY;
		h = tx_own_first(ask->stage);
		if (h != NULL)
			return h;
	}
	if (ask->turn == TURN_OVER)
		return NULL;
	if (ask->given.verdict == VERDICT_NEXT && p != NULL && ask->next < p->count[ask->stage])
		return &p->handlers[ask->stage][ask->next++];
	/* What the core decided first is its last word too. */
	ask->turn = TURN_OVER;
	if (!is_open_to_core(ask->given.verdict) ||
	    (ask->given.verdict != VERDICT_NEXT && ask->next == 0))
		return NULL;
	return tx_own_last(ask->stage);
}

/* The core's own silence is not worth a line. */
static void
trace(struct tx *tx, enum step step)
{
	const struct handler *h = tx->ask.asked;
	struct trace *t = tx->mail != NULL ? &tx->mail->trace : &tx->trace;
	int64_t now = now_ns();
	struct trace_step s = {
		.stage = tx->ask.stage,
		.verdict = step == STEP_DONE ? tx->ask.given.verdict : VERDICT_NEXT,
		.by = h->name,
		.note = tx->ask.note,
		.spent_ns = tx->ask.waited_ms == 0 ? (uint64_t)(now - tx->ask.began_ns) : 0,
		.waited_ms = tx->ask.waited_ms,
	};

	tx->ask.began_ns = now;
	tx->ask.note = NULL;
	tx->ask.waited_ms = 0;
	if (step == STEP_NEXT && (h == tx_own_first(s.stage) || h == tx_own_last(s.stage)))
		return;
	trace_add(t, &s);
}

void
tx_on_deadline(void *arg)
{
	struct tx *tx = arg;

	tx->ask.waited_ms = clock_ms(tx->options.server->loop) - tx->ask.wait_began_ms;
	tx_end_wait(tx, true);
	tx_settle(
	    tx, tx_fail(tx, "no answer after %llu ms", (unsigned long long)tx->ask.waited_ms));
	tx_run(tx);
}

/* The handler waits: until it resumes, its deadline passes, or the client leaves. */
static enum step
begin_wait(struct tx *tx)
{
	struct server *server = tx->options.server;

	tx->ask.wait_began_ms = clock_ms(server->loop);
	timer_set(&tx->deadline, server->config->limits.handler_ms);
	return STEP_WAIT;
}

/* What a handler's return means; whatever makes no sense is its own failure (THREATS.md, C8). */
enum step
tx_settle(struct tx *tx, enum step step)
{
	bool waits = tx_is_waiting(tx);

	if (step == STEP_WAIT && waits && !stage_observes(tx->ask.stage))
		return begin_wait(tx);
	tx_end_wait(tx, true);
	if (step == STEP_WAIT)
		step = tx_fail(tx,
		    waits ? "cannot wait at the stage %s" : "waits for nothing at the stage %s",
		    stage_name(tx->ask.stage));
	else if (step == STEP_DONE && !tx->ask.gave)
		step = tx_fail(tx, "is done without a verdict");
	else if (step == STEP_NEXT && tx->ask.gave)
		step = tx_fail(tx, "gave a verdict but has no opinion");
	else if (step != STEP_DONE && step != STEP_NEXT)
		step = tx_fail(tx, "returned %d, which means nothing", (int)step);
	trace(tx, step);
	return step;
}

static enum step
call(struct tx *tx, const struct handler *h)
{
	enum step step;

	tx->ask.asked = h;
	tx->ask.gave = false;
	tx->ask.in_handler = true;
	ledger_enter(h->name, stage_name(tx->ask.stage), tx_id(tx), tx_client(tx));
	step = h->fn(tx, h->conf);
	ledger_leave();
	tx->ask.in_handler = false;
	return tx_settle(tx, step);
}

/*
 * A refusal that sticks is spoken at RCPT, unless it is to be said at once. To whom has
 * authenticated it is: nothing more can be learned by waiting.
 */
static bool
is_spoken_later(const struct tx *tx, const struct decision *d)
{
	const struct verdict_rule *rule = verdict_rule(d->stage, d->verdict);

	if (!rule->sticks || !verdict_refuses(d->verdict) || d->stage != tx->ask.stage)
		return false;
	return (!tx->options.at_once && tx->user.len == 0) || d->stage == STAGE_TLS;
}

static void
answer(struct tx *tx, const struct decision *d)
{
	tx->decided = *d;
	tx->answer = (struct tx_answer){
		.verdict = d->verdict,
		.code = d->code,
		.status = d->status != NULL ? d->status : "",
		.text = d->text != NULL ? d->text : "",
		.by = d->by != NULL ? d->by : "core",
		.spoken_later = is_spoken_later(tx, d),
		.delay_ms = tx->ask.delay_ms,
	};
}

/* What sticks is kept, once for each stage, in memory of the stage's scope. */
static void
keep(struct tx *tx, const struct decision *d)
{
	/* What the core repeats from an earlier stage is kept there already. */
	if (d->stage != tx->ask.stage || d->stage >= STAGE_MESSAGE || d->stage == STAGE_RCPT)
		return;
	if (!verdict_rule(d->stage, d->verdict)->sticks)
		return;
	tx->kept[d->stage] = arena_copy(tx_scope(tx, NULL), d, sizeof *d);
}

/* The present stage is over: draw the consequences of its decision. */
static void
conclude(struct tx *tx)
{
	const struct decision *d = &tx->ask.given;
	bool refused = verdict_refuses(d->verdict);

	if (tx->ask.stage != STAGE_RECIPIENT)
		answer(tx, d);
	keep(tx, d);
	switch (tx->ask.stage) {
	case STAGE_AUTH:
		if (refused)
			tx->user = STR("");
		break;
	case STAGE_RCPT:
		if (!refused)
			tx_add_recipient(tx)->kept = *d;
		break;
	case STAGE_MESSAGE:
		tx->mail->decision = *d;
		tx->mail->told = refused;
		break;
	case STAGE_RECIPIENT:
		tx->present->kept = d->verdict > VERDICT_ACCEPT ? *d : tx->present->kept;
		break;
	default:
		break;
	}
	if (refused && verdict_rule(tx->ask.stage, d->verdict)->scope >= SCOPE_TRANSACTION &&
	    !tx->answer.spoken_later && tx->mail != NULL)
		tx->mail->open = false;
}

static bool
is_about_one_recipient(enum stage stage)
{
	return stage == STAGE_RCPT || stage == STAGE_RECIPIENT || stage == STAGE_ROUTE ||
	       stage == STAGE_ATTEMPT || stage == STAGE_OUTCOME;
}

static void
begin(struct tx *tx, enum stage stage)
{
	if (!is_about_one_recipient(stage))
		tx->present = NULL;
	tx->ask.stage = stage;
	tx->ask.turn = TURN_CORE_FIRST;
	tx->ask.next = 0;
	tx->ask.given = (struct decision){ .stage = stage };
	tx->ask.began_ns = now_ns();
	tx->ask.waited_ms = 0;
	tx->ask.note = NULL;
}

/*
 * The verdicts of the stage recipient in one reply (plain SMTP): where one takes it, it is
 * accepted, and the rest is parked at commit; where none does, the first refusal is spoken, a
 * temporary one before a permanent one.
 */
static void
merge_recipients(struct tx *tx)
{
	const struct decision *refusal = NULL;

	for (size_t i = 0; i < tx->mail->rcpt_count; i++) {
		const struct decision *d = &tx->mail->rcpts[i].kept;

		if (!verdict_refuses(d->verdict))
			return;
		if (refusal == NULL ||
		    (refusal->verdict == VERDICT_REJECT && d->verdict == VERDICT_DEFER))
			refusal = d;
	}
	if (refusal == NULL)
		return;
	answer(tx, refusal);
	tx->mail->open = false;
	tx->mail->told = true;
}

/* After the message stage each recipient is asked for; whether there is another one. */
static bool
next_recipient(struct tx *tx)
{
	const struct policy *p = tx->options.policy;
	bool first = tx->ask.stage == STAGE_MESSAGE;

	if ((!first && tx->ask.stage != STAGE_RECIPIENT) || p == NULL ||
	    p->count[STAGE_RECIPIENT] == 0)
		return false;
	if (first && tx->ask.given.verdict > VERDICT_ACCEPT)
		return false;
	tx->ask.rcpt = first ? 0 : tx->ask.rcpt + 1;
	/* What is thrown away already is nobody's business. */
	while (tx->ask.rcpt < tx->mail->rcpt_count &&
	       tx->mail->rcpts[tx->ask.rcpt].kept.verdict == VERDICT_DISCARD)
		tx->ask.rcpt++;
	if (tx->ask.rcpt < tx->mail->rcpt_count) {
		begin(tx, STAGE_RECIPIENT);
		tx->present = &tx->mail->rcpts[tx->ask.rcpt];
		return true;
	}
	tx->present = NULL;
	tx->ask.stage = STAGE_MESSAGE;
	merge_recipients(tx);
	return false;
}

void
tx_run(struct tx *tx)
{
	const struct handler *h;

	do {
		while ((h = next_handler(tx)) != NULL)
			if (call(tx, h) == STEP_WAIT)
				return;
		conclude(tx);
	} while (next_recipient(tx));
	tx->ask.asked = NULL;
	if (!tx->ask.in_ask)
		tx->ask.over(tx);
}

enum step
tx_ask(struct tx *tx, enum stage stage, tx_over_fn *over)
{
	assert(tx->magic == TX_MAGIC);
	assert(!tx_is_waiting(tx) && !tx->ask.in_ask);
	begin(tx, stage);
	tx->ask.over = over;
	tx->ask.delay_ms = 0;
	tx->ask.in_ask = true;
	tx_run(tx);
	tx->ask.in_ask = false;
	return tx_is_waiting(tx) ? STEP_WAIT : STEP_DONE;
}

const struct tx_answer *
tx_answer(const struct tx *tx)
{
	return &tx->answer;
}

void
tx_tell(struct tx *tx, enum stage stage)
{
	struct asking before = tx->ask;
	struct decision decided = tx->decided;
	struct recipient *present = tx->present;
	struct tx_answer said = tx->answer;

	assert(stage_observes(stage));
	if (tx->options.policy == NULL || tx->options.policy->count[stage] == 0)
		return;
	assert(!tx_is_waiting(tx));
	tx_ask(tx, stage, NULL);
	/* Observers change nothing, and what is being asked meanwhile goes on. */
	tx->ask = before;
	tx->decided = decided;
	tx->present = present;
	tx->answer = said;
}
