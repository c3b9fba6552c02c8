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
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/spool/spool.h"

enum { ENTRIES_MAX = 100 * 1000 * 1000 };

static int64_t
now_ns(const struct queue *q)
{
	return clock_wall_ns(q->options.loop);
}

/* ---- slots */

struct entry *
queue_entry(struct queue *q, uint32_t slot)
{
	return (struct entry *)(void *)q->entries.p + slot;
}

size_t
queue_slots(const struct queue *q)
{
	return q->entries.len / sizeof(struct entry);
}

static uint32_t
take_slot(struct queue *q)
{
	struct entry empty = { .heap_at = QUEUE_NOWHERE };
	uint32_t slot = (uint32_t)queue_slots(q);

	if (q->free.len > 0) {
		slot = ((uint32_t *)(void *)q->free.p)[q->free.len / sizeof slot - 1];
		buf_truncate(&q->free, q->free.len - sizeof slot);
		*queue_entry(q, slot) = empty;
		return slot;
	}
	buf_add(&q->entries, &empty, sizeof empty);
	return slot;
}

void
queue_drop(struct queue *q, uint32_t slot)
{
	struct entry *e = queue_entry(q, slot);

	queue_pull(q, slot);
	message_unref(e->message);
	*e = (struct entry){ .heap_at = QUEUE_NOWHERE };
	buf_add(&q->free, &slot, sizeof slot);
	q->count--;
}

/* ---- the heap */

static uint32_t *
heap(const struct queue *q)
{
	return (uint32_t *)(void *)q->heap.p;
}

static size_t
heap_count(const struct queue *q)
{
	return q->heap.len / sizeof(uint32_t);
}

static void
place(struct queue *q, size_t at, uint32_t slot)
{
	heap(q)[at] = slot;
	queue_entry(q, slot)->heap_at = (int32_t)at;
}

static bool
is_sooner(struct queue *q, uint32_t a, uint32_t b)
{
	return queue_entry(q, a)->due_ns < queue_entry(q, b)->due_ns;
}

static void
rise(struct queue *q, size_t at)
{
	uint32_t slot = heap(q)[at];

	for (; at > 0 && is_sooner(q, slot, heap(q)[(at - 1) / 2]); at = (at - 1) / 2)
		place(q, at, heap(q)[(at - 1) / 2]);
	place(q, at, slot);
}

static void
sink(struct queue *q, size_t at)
{
	uint32_t slot = heap(q)[at];
	size_t count = heap_count(q), child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && is_sooner(q, heap(q)[child + 1], heap(q)[child]))
			child++;
		if (!is_sooner(q, heap(q)[child], slot))
			break;
		place(q, at, heap(q)[child]);
		at = child;
	}
	place(q, at, slot);
}

void
queue_push(struct queue *q, uint32_t slot, int64_t due_ns)
{
	queue_entry(q, slot)->due_ns = due_ns;
	buf_add(&q->heap, &slot, sizeof slot);
	rise(q, heap_count(q) - 1);
}

void
queue_pull(struct queue *q, uint32_t slot)
{
	int32_t at = queue_entry(q, slot)->heap_at;
	uint32_t last;

	if (at == QUEUE_NOWHERE)
		return;
	last = heap(q)[heap_count(q) - 1];
	buf_truncate(&q->heap, q->heap.len - sizeof last);
	queue_entry(q, slot)->heap_at = QUEUE_NOWHERE;
	if (last == slot)
		return;
	place(q, (size_t)at, last);
	rise(q, (size_t)at);
	sink(q, (size_t)queue_entry(q, last)->heap_at);
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

static bool
has_parked(struct message *m)
{
	const struct envelope *e = message_envelope(m);

	for (size_t i = 0; e != NULL && i < e->rcpt_count; i++)
		if (e->rcpts[i].state == RCPT_PARKED)
			return true;
	return e == NULL || e->parked.len > 0;
}

static void
mark_all(struct queue *q, struct entry *e, enum mark_kind kind, struct str text)
{
	struct spool_mark m = {
		.kind = kind, .message = e->message, .rcpt = SIZE_MAX, .text = text
	};

	spool_mark(q->spool, &m);
}

void
queue_obey(struct queue *q, uint32_t slot, enum queue_wish wish)
{
	struct entry *e = queue_entry(q, slot);

	switch (wish) {
	case WISH_HOLD:
		mark_all(q, e, MARK_PARK, STR("held by the administrator"));
		queue_pull(q, slot);
		e->held = true;
		break;
	case WISH_DELETE:
		mark_all(q, e, MARK_DELETE, STR("deleted by the administrator"));
		queue_drop(q, slot);
		break;
	case WISH_RETRY:
		e->now = true;
		queue_pull(q, slot);
		queue_push(q, slot, now_ns(q));
		break;
	case WISH_NONE:
		break;
	}
}

/* Where a message goes that is not active: into the heap, aside, or out. */
static void
put(struct queue *q, uint32_t slot, int64_t not_before_ns)
{
	struct entry *e = queue_entry(q, slot);
	int64_t due;

	if (next_due(q, e->message, &due)) {
		e->held = false;
		queue_push(q, slot, due > not_before_ns ? due : not_before_ns);
		message_rest(e->message);
	} else if (has_parked(e->message)) {
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
	uint32_t slot = t->slot;
	enum queue_wish wish = e->wish;

	(void)m;
	t->delivery = NULL;
	q->active--;
	e->active = false;
	e->wish = WISH_NONE;
	e->now = e->now && end->busy;
	e->again = true;
	e->age_confirmed = end->was_too_old;
	put(q, slot, earliest_ns(q, end));
	if (e->message != NULL)
		queue_obey(q, slot, wish);
	if (!q->stopping)
		queue_pump(q);
	else if (q->active == 0) /* later: the delivery that just ended still holds its message */
		loop_defer(q->options.loop, stopped, q);
}

static void
start_turn(struct queue *q, uint32_t slot)
{
	struct entry *e = queue_entry(q, slot);
	struct turn *t = q->turns;
	struct delivery_options options = {
		.config = q->options.config,
		.retry_scale = q->options.retry_scale,
		.again = e->again,
		.now = e->now,
		.age_confirmed = e->age_confirmed,
	};

	while (t->delivery != NULL)
		t++;
	queue_pull(q, slot);
	e->active = true;
	q->active++;
	t->queue = q;
	t->slot = slot;
	t->delivery = delivery_start(e->message, &options, on_turn_over, t);
}

static void
set_timer(struct queue *q)
{
	int64_t wait_ms = QUEUE_LOOK_MS;

	timer_stop(&q->timer);
	if (heap_count(q) == 0 || q->active == QUEUE_TURNS_MAX)
		return; /* a message that comes, or a turn that ends, looks again */
	wait_ms = (queue_entry(q, heap(q)[0])->due_ns - now_ns(q)) / 1000000 + 1;
	timer_set(&q->timer, wait_ms < 1               ? 1
			     : wait_ms > QUEUE_LOOK_MS ? QUEUE_LOOK_MS
						       : (uint64_t)wait_ms);
}

void
queue_pump(struct queue *q)
{
	int64_t now = now_ns(q);

	if (q->stopping)
		return;
	while (q->active < QUEUE_TURNS_MAX && heap_count(q) > 0 &&
	       queue_entry(q, heap(q)[0])->due_ns <= now)
		start_turn(q, heap(q)[0]);
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

	q->arena = arena;
	q->options = *options;
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

void
queue_add(struct message *m, void *arg)
{
	struct queue *q = arg;
	const struct envelope *envelope = message_envelope(m);
	uint32_t slot = take_slot(q);
	struct entry *e = queue_entry(q, slot);

	e->message = message_ref(m);
	e->again = envelope == NULL || now_ns(q) - envelope->received_ns > QUEUE_FRESH_NS;
	q->count++;
	put(q, slot, 0);
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
