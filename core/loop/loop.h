/* SPDX-License-Identifier: MIT */
/*
 * loop -- the event loop: one per worker, on one thread.
 *
 * core/loop is the only folder that knows libuv. Everything here is called on the loop's
 * thread unless it says otherwise.
 */
#ifndef CORE_LOOP_LOOP_H
#define CORE_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct uv_loop_s;

struct loop *loop_create(void);
void loop_destroy(struct loop *); /* closes what is left; nothing of it may be used afterwards */

/* Serve events until loop_stop. */
void loop_run(struct loop *);
void loop_stop(struct loop *);

/*
 * One turn: the events that are there; with `wait`, waits up to `wait_ms` for one.
 * Returns whether anything was done. For programs that drive the loop themselves (stories).
 */
bool loop_turn(struct loop *, bool wait, int wait_ms);

/* Work, queries, children or posted calls are under way, so that time alone is not what it waits for. */
bool loop_busy(const struct loop *);

/* Call `fn(arg)` on the loop, after the present event. loop_post may be called on any thread. */
void loop_defer(struct loop *, void (*fn)(void *arg), void *arg);
void loop_post(struct loop *, void (*fn)(void *arg), void *arg);

/* Call `fn(arg)` each time before the loop waits for events: for what is done once per batch. */
void loop_on_idle(struct loop *, void (*fn)(void *arg), void *arg);

/* What was deferred or registered for idle with this `arg` is not called any more. */
void loop_forget(struct loop *, const void *arg);

/* Call `fn(arg)` for each arrival of the signal. */
void loop_on_signal(struct loop *, int signal, void (*fn)(int signal, void *arg), void *arg);

/* The longest time that one event has held the loop since the last call, in microseconds. */
uint64_t loop_longest_us(struct loop *);

/* For the files of core/loop. */
struct uv_loop_s *loop_uv(struct loop *);
void loop_busy_add(struct loop *, int by);

#endif
