/* SPDX-License-Identifier: MIT */
/*
 * queue_heap -- the messages of the queue: slots that are used again, and a heap by the time that
 * each is due.
 */
#include "core/delivery/queue_inner.h"

#include "core/spool/spool.h"

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

uint32_t
queue_take(struct queue *q)
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

/* The slot of the message that is due first, or -1. */
int64_t
queue_first(const struct queue *q)
{
	return heap_count(q) > 0 ? (int64_t)heap(q)[0] : -1;
}
