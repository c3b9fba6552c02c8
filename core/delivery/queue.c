/* SPDX-License-Identifier: MIT */
/*
 * queue -- when each message is tried: a heap by the time that it is due, and a bounded number of
 * turns under way.
 */
#include "core/delivery/queue_inner.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/delivery/retry.h"
#include "core/delivery/route.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/spool/spool.h"

enum { ENTRIES_MAX = 100 * 1000 * 1000 };

static int64_t
now_ns(const struct queue *q)
{
	return clock_wall_ns(q->options.loop);
}

/* ---- turns */

/* When any of its recipients wants its next attempt; false: none is queued any more. */
static bool
next_due(const struct queue *q, struct message *m, int64_t *due_ns)
{
	int64_t next = message_next_ns(m);

	if (next == INT64_MAX)
		return false;
	*due_ns = retry_sane_ns(q->options.config, q->options.retry_scale, now_ns(q), next);
	return true;
}

/* A message that comes from the disk shows only that nothing of it is queued: then something is parked. */
static bool
has_parked(struct message *m, bool is_known)
{
	const struct envelope *e = message_envelope(m);

	for (size_t i = 0; e != NULL && i < e->rcpt_count; i++)
		if (e->rcpts[i].state == RCPT_PARKED)
			return true;
	return e == NULL && !is_known;
}

/* clang-format off */
static const struct {
	bool marks;
	enum mark_kind kind;
	struct str text;
	bool now; /* then deliver at once */
} wishes[] = {
	[WISH_NONE]    = { false, MARK_DONE,    { "", 0 },                              false },
	[WISH_RETRY]   = { false, MARK_DONE,    { "", 0 },                              true  },
	[WISH_HOLD]    = { true,  MARK_PARK,    STR("held by the administrator"),       false },
	[WISH_RELEASE] = { true,  MARK_RELEASE, { "", 0 },                              true  },
	[WISH_DELETE]  = { true,  MARK_DELETE,  STR("deleted by the administrator"),    false },
	[WISH_POISON]  = { true,  MARK_PARK,    STR("its delivery crashed the server"), false },
};
/* clang-format on */

/* Done at the end of the turn under way. A message at rest gets a turn of its own, in which it is
 * only loaded. */
void
queue_want(struct queue *q, uint32_t slot, enum queue_wish wish)
{
	struct entry *e = queue_entry(q, slot);

	if (e->active) {
		e->wish = (uint8_t)wish;
		return;
	}
	e->wish = wishes[wish].marks ? (uint8_t)wish : WISH_NONE;
	e->now = wish == WISH_RETRY;
	queue_pull(q, slot);
	queue_push(q, slot, now_ns(q));
}

/* At the end of a turn, when the message is in memory. */
static void
obey(struct queue *q, struct entry *e)
{
	struct spool_mark m = {
		.kind = wishes[e->wish].kind,
		.message = e->message,
		.rcpt = SIZE_MAX,
		.text = wishes[e->wish].text,
	};

	if (wishes[e->wish].marks)
		spool_mark(q->spool, &m);
	e->now = wishes[e->wish].now;
	e->wish = WISH_NONE;
}

/* Where a message goes that is not active: into the heap, aside, or out. `is_known`: a turn has seen it. */
static void
put(struct queue *q, uint32_t slot, int64_t not_before_ns, bool is_known)
{
	struct entry *e = queue_entry(q, slot);
	int64_t due;

	e->held = false;
	if (next_due(q, e->message, &due)) {
		if (e->now || due < not_before_ns)
			due = not_before_ns;
		queue_push(q, slot, due);
		/* What is wanted at once stays in memory, but not the whole of a backlog. */
		if (due > now_ns(q) || q->count > QUEUE_IN_MEMORY_MAX)
			message_rest(e->message);
	} else if (has_parked(e->message, is_known)) {
		e->held = true;
		message_rest(e->message);
	} else {
		queue_drop(q, slot);
	}
}

static int64_t
earliest_ns(const struct queue *q, const struct delivery_end *end)
{
	if (end->unreadable)
		return now_ns(q) + QUEUE_UNREADABLE_S * (int64_t)1000000000;
	return end->busy ? now_ns(q) + QUEUE_BUSY_MS * (int64_t)1000000 : 0;
}

/* The spool is about to close: no message of it is held any more. */
static void
stopped(void *arg)
{
	struct queue *q = arg;

	for (uint32_t slot = 0; slot < queue_slots(q); slot++)
		if (queue_entry(q, slot)->message != NULL)
			queue_drop(q, slot);
	if (q->stopped != NULL)
		q->stopped(q->stopped_arg);
}

static void
on_turn_over(struct message *m, const struct delivery_end *end, void *arg)
{
	struct turn *t = arg;
	struct queue *q = t->queue;
	struct entry *e = queue_entry(q, t->slot);
	bool came_to_end = !end->unreadable && !end->busy;

	t->delivery = NULL;
	q->active--;
	e->active = false;
	q->has_suspect = q->has_suspect && !e->suspect;
	if (came_to_end) {
		poison_end(q->poison, message_id(m));
		e->suspect = false;
		obey(q, e);
	}
	e->again = true;
	e->age_confirmed = end->was_too_old;
	put(q, t->slot, earliest_ns(q, end), !end->unreadable);
	if (!q->stopping)
		queue_pump(q);
	else if (q->active == 0) /* later: the delivery that just ended still holds its message */
		loop_defer(q->options.loop, stopped, q);
}

/* A second suspect waits until the first one's turn is over, so that the guilty one dies alone. */
static bool
must_wait(struct queue *q, struct entry *e)
{
	return e->suspect && q->has_suspect && e->wish == WISH_NONE;
}

static void
start_turn(struct queue *q, uint32_t slot)
{
	struct entry *e = queue_entry(q, slot);
	struct turn *t = q->turns;
	struct delivery_options options = {
		.config = q->options.config,
		.users = q->users,
		.retry_scale = q->options.retry_scale,
		.again = e->again,
		.now = e->now,
		.only_load = wishes[e->wish].marks,
		.age_confirmed = e->age_confirmed,
	};

	queue_pull(q, slot);
	if (must_wait(q, e)) {
		queue_push(q, slot, now_ns(q) + QUEUE_SUSPECT_MS * (int64_t)1000000);
		return;
	}
	while (t->delivery != NULL)
		t++;
	poison_begin(q->poison, message_id(e->message));
	q->has_suspect = q->has_suspect || e->suspect;
	e->active = true;
	e->held = false;
	q->active++;
	t->queue = q;
	t->slot = slot;
	t->delivery = delivery_start(e->message, &options, on_turn_over, t);
}

static void
set_timer(struct queue *q)
{
	int64_t first = queue_first(q), wait_ms;

	timer_stop(&q->timer);
	if (first < 0 || q->active == QUEUE_TURNS_MAX)
		return; /* a message that comes, or a turn that ends, looks again */
	wait_ms = (queue_entry(q, (uint32_t)first)->due_ns - now_ns(q)) / 1000000 + 1;
	timer_set(&q->timer, wait_ms < 1               ? 1
			     : wait_ms > QUEUE_LOOK_MS ? QUEUE_LOOK_MS
						       : (uint64_t)wait_ms);
}

void
queue_pump(struct queue *q)
{
	int64_t now = now_ns(q), first;

	if (q->stopping)
		return;
	while (q->active < QUEUE_TURNS_MAX && (first = queue_first(q)) >= 0 &&
	       queue_entry(q, (uint32_t)first)->due_ns <= now)
		start_turn(q, (uint32_t)first);
	set_timer(q);
}

static void
on_timer(void *arg)
{
	queue_pump(arg);
}

/* ---- the queue */

struct queue *
queue_create(const struct queue_options *options)
{
	struct arena *arena = arena_create(NULL);
	struct queue *q = arena_alloc(arena, sizeof *q);
	struct err err;

	q->arena = arena;
	q->options = *options;
	q->poison = poison_open(arena, options->config->data, &err);
	if (q->poison == NULL)
		log_warning("%s: a message that crashes its delivery goes unnoticed", err.text);
	q->users = route_users_create(arena);
	if (q->options.retry_scale <= 0)
		q->options.retry_scale = 1.0;
	buf_init(&q->entries, ENTRIES_MAX * sizeof(struct entry));
	buf_init(&q->free, ENTRIES_MAX * sizeof(uint32_t));
	buf_init(&q->heap, ENTRIES_MAX * sizeof(uint32_t));
	timer_init(&q->timer, options->loop, on_timer, q);
	return q;
}

void
queue_set_spool(struct queue *q, struct spool *spool)
{
	q->spool = spool;
}

/* Once more would be a third worker. The administrator may release it when the reason is mended. */
static void
log_poison(struct message *m, unsigned crashes)
{
	struct log_line line;

	log_begin(&line, message_id(m), "parked");
	log_text(&line, "by", "core");
	log_str(&line, "reason", wishes[WISH_POISON].text);
	log_int(&line, "crashes", crashes);
	log_end(&line);
}

void
queue_add(struct message *m, void *arg)
{
	struct queue *q = arg;
	const struct envelope *envelope = message_envelope(m);
	uint32_t slot = queue_take(q);
	struct entry *e = queue_entry(q, slot);
	unsigned crashes = poison_crashes(q->poison, message_id(m));

	e->message = message_ref(m);
	e->suspect = crashes > 0;
	e->again = envelope == NULL || now_ns(q) - envelope->received_ns > QUEUE_FRESH_NS;
	q->count++;
	if (crashes < POISON_CRASHES) {
		put(q, slot, 0, envelope != NULL);
	} else {
		log_poison(m, crashes);
		queue_want(q, slot, WISH_POISON);
	}
	queue_pump(q);
}

size_t
queue_active(const struct queue *q)
{
	return q->active;
}

size_t
queue_count(const struct queue *q)
{
	return q->count;
}

void
queue_stop(struct queue *q, void (*done)(void *arg), void *arg)
{
	q->stopping = true;
	q->stopped = done;
	q->stopped_arg = arg;
	timer_stop(&q->timer);
	for (size_t i = 0; i < QUEUE_TURNS_MAX; i++)
		if (q->turns[i].delivery != NULL)
			delivery_cancel(q->turns[i].delivery);
	if (q->active == 0)
		loop_defer(q->options.loop, stopped, q);
}

void
queue_destroy(struct queue *q)
{
	timer_stop(&q->timer);
	buf_free(&q->entries);
	buf_free(&q->free);
	buf_free(&q->heap);
	arena_destroy(q->arena);
}
