/* SPDX-License-Identifier: MIT */
/* timer -- deadlines by the hundred thousand: a hierarchical timing wheel (Varghese and Lauck). */
#include "core/loop/timer.h"
#include "core/loop/loop_inner.h"

#include <assert.h>

/* Longer than any deadline, and still far from the wheel's end. */
static const uint64_t LONGEST_MS = UINT64_C(1) << 46;

void
wheel_init(struct wheel *w, uint64_t now_ms)
{
	w->now_ms = now_ms;
	list_init(&w->due);
	for (size_t level = 0; level < WHEEL_LEVELS; level++)
		for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
}

static void
wheel_put(struct wheel *w, struct timer *t)
{
	uint64_t differ = t->due_ms ^ w->now_ms;
	unsigned level = differ == 0 ? 0 : (63 - (unsigned)__builtin_clzll(differ)) / WHEEL_BITS;
	unsigned slot = t->due_ms >> (level * WHEEL_BITS) & (WHEEL_SLOTS - 1);

	assert(level < WHEEL_LEVELS);
	list_add_last(&w->slots[level][slot], &t->link);
	w->filled[level] |= UINT64_C(1) << slot;
}

/* Take the timer out; where it was alone its only neighbour is the head, which tells the slot. */
static void
wheel_remove(struct wheel *w, struct timer *t)
{
	struct link *first = &w->slots[0][0], *head = t->link.next;
	bool alone = head == t->link.prev;

	list_remove(&t->link);
	if (alone && head >= first && head < first + WHEEL_LEVELS * WHEEL_SLOTS) {
		size_t at = (size_t)(head - first);

		w->filled[at / WHEEL_SLOTS] &= ~(UINT64_C(1) << at % WHEEL_SLOTS);
	}
}

/* The first filled slot; false where all are empty. */
static bool
wheel_first(const struct wheel *w, unsigned *level, unsigned *slot)
{
	for (*level = 0; *level < WHEEL_LEVELS; (*level)++) {
		if (w->filled[*level] == 0)
			continue;
		*slot = (unsigned)__builtin_ctzll(w->filled[*level]);
		return true;
	}
	return false;
}

/* When a slot begins, given that the bits above it are those of now. */
static uint64_t
slot_start(const struct wheel *w, unsigned level, unsigned slot)
{
	unsigned shift = level * WHEEL_BITS;
	uint64_t above = w->now_ms >> (shift + WHEEL_BITS) << (shift + WHEEL_BITS);

	return above | (uint64_t)slot << shift;
}

uint64_t
wheel_next(const struct wheel *w)
{
	unsigned level, slot;

	if (!list_empty(&w->due))
		return 0;
	return wheel_first(w, &level, &slot) ? slot_start(w, level, slot) : UINT64_MAX;
}

/* Move the wheel to `now_ms`, and what came due on the way, in order, to the list of due timers. */
static void
wheel_advance(struct wheel *w, uint64_t now_ms)
{
	unsigned level, slot;
	struct link *l;

	while (wheel_first(w, &level, &slot) && slot_start(w, level, slot) <= now_ms) {
		struct link *head = &w->slots[level][slot];

		w->now_ms = slot_start(w, level, slot);
		w->filled[level] &= ~(UINT64_C(1) << slot);
		while ((l = list_take_first(head)) != NULL) {
			if (level == 0)
				list_add_last(&w->due, l);
			else
				wheel_put(w, list_member(l, struct timer, link));
		}
	}
	if (now_ms > w->now_ms)
		w->now_ms = now_ms;
}

void
wheel_run(struct loop *loop)
{
	struct wheel *w = &loop->wheel;
	struct link *l;

	wheel_advance(w, clock_ms(loop));
	while ((l = list_take_first(&w->due)) != NULL) {
		struct timer *t = list_member(l, struct timer, link);
		uint64_t began = loop_event_begin(loop);

		t->fn(t->arg);
		loop_event_end(loop, began);
	}
}

void
timer_init(struct timer *t, struct loop *loop, void (*fn)(void *), void *arg)
{
	list_init(&t->link);
	t->loop = loop;
	t->due_ms = 0;
	t->fn = fn;
	t->arg = arg;
}

void
timer_set(struct timer *t, uint64_t ms)
{
	struct wheel *w = &t->loop->wheel;

	timer_stop(t);
	t->due_ms = clock_ms(t->loop) + (ms < LONGEST_MS ? ms : LONGEST_MS);
	if (t->due_ms < w->now_ms)
		t->due_ms = w->now_ms;
	wheel_put(w, t);
}

void
timer_stop(struct timer *t)
{
	if (timer_is_set(t))
		wheel_remove(&t->loop->wheel, t);
}

bool
timer_is_set(const struct timer *t)
{
	return !list_empty(&t->link);
}

int64_t
clock_next_timer(struct loop *loop)
{
	const struct wheel *w = &loop->wheel;
	uint64_t now = clock_ms(loop), first = UINT64_MAX;
	unsigned level, slot;

	if (!list_empty(&w->due))
		return 0;
	if (!wheel_first(w, &level, &slot))
		return -1;
	for (const struct link *l = w->slots[level][slot].next; l != &w->slots[level][slot];
	     l = l->next) {
		const struct timer *t = list_member(l, struct timer, link);

		if (t->due_ms < first)
			first = t->due_ms;
	}
	return first > now ? (int64_t)(first - now) : 0;
}
