/* SPDX-License-Identifier: MIT */
/*
 * loop_inner -- what the files of core/loop know of a loop; nobody else includes this.
 *
 * One turn, all from one hook of libuv that runs before it waits:
 *
 *   deferred calls -> timers that are due -> the hooks of loop_on_idle
 *     -> events that connections owe their owners -> output of all connections -> wait
 *
 * So a timer, a completion and a command that came together leave in one packet each.
 */
#ifndef CORE_LOOP_LOOP_INNER_H
#define CORE_LOOP_LOOP_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "core/base/list.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"

/*
 * A hierarchical timing wheel. A timer stands on the level of the highest group of six bits in
 * which its due time differs from now, in the slot that this group names; so on each level
 * only slots after the present one are filled, and what is next is the first filled slot of
 * the lowest filled level.
 */
enum { WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_LEVELS = 8 };

struct wheel {
	uint64_t now_ms;
	uint64_t filled[WHEEL_LEVELS]; /* a bit for each slot that holds timers */
	struct link slots[WHEEL_LEVELS][WHEEL_SLOTS];
	struct link due; /* about to fire */
};

/* Something that libuv must let go of before the loop ends. */
struct loop_item {
	struct link link;
	void (*end)(struct loop_item *); /* as its close, but no owner is called */
};

enum { LOOP_INPUT_MAX = 64 * 1024 };

struct loop {
	uv_loop_t uv;
	uv_prepare_t turn;
	uv_idle_t awake;      /* active while something is left for the next turn */
	uv_async_t wake;      /* something was posted */
	uv_timer_t alarm;     /* the next slot of the wheel */
	uv_timer_t limit;     /* of loop_turn */
	bool running, single; /* in loop_run or loop_turn; in loop_turn */
	uint64_t alarm_ms;    /* what the alarm is set to, or 0 */

	struct link deferred;
	pthread_mutex_t lock;
	struct link posted; /* under the lock */
	atomic_int posted_count;
	struct link idle_hooks, items;
	struct link telling, flushing; /* connections: with events to tell, with output */

	int busy;
	uint64_t done;        /* events since the start */
	uint64_t done_before; /* this single turn */
	uint64_t longest_ns;

	bool fake;
	uint64_t fake_ms;
	_Atomic int64_t fake_wall_ns;
	int64_t wall_ns; /* sampled when libuv's clock showed wall_ms */
	uint64_t wall_ms;
	struct wheel wheel;

	/* Where input is read to; only what an owner leaves is copied. */
	char input[LOOP_INPUT_MAX];
	char plain[LOOP_INPUT_MAX]; /* the same after TLS */
};

/* Around each call out of the loop: counts it, and measures how long it held the loop. */
uint64_t loop_event_begin(struct loop *);
void loop_event_end(struct loop *, uint64_t began);

void loop_item_add(struct loop *, struct loop_item *, void (*end)(struct loop_item *));
void loop_item_remove(struct loop_item *);

void wheel_init(struct wheel *, uint64_t now_ms);
/* Fire what is due by the loop's clock, the earliest first. */
void wheel_run(struct loop *);
/* When the wheel must run again, at the latest when its next timer is due; UINT64_MAX: never. */
uint64_t wheel_next(const struct wheel *);

void conn_tell_all(struct loop *);
void conn_flush_all(struct loop *);

#endif
