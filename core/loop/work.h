/* SPDX-License-Identifier: MIT */
/*
 * work -- what may block (disks, hashes, databases) runs on threads of bounded pools.
 *
 * The functions on a pool's threads get their input by value in `arg` and touch no session,
 * no Lua and no loop. A pool is bounded in threads and in waiting jobs; one owner (a module,
 * a mail root) may hold at most half of the threads. A thread that does not come back within
 * the pool's `hang_ms` is written off and replaced, up to WORK_LOST_MAX.
 */
#ifndef CORE_LOOP_WORK_H
#define CORE_LOOP_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct work_pool;

enum { WORK_LOST_MAX = 16 };

enum work_result {
	WORK_DONE,
	WORK_LATE /* written off: `run` may still be running, so `arg` must stay alive; `done` is not called again */
};

struct work_pool *work_pool_create(
    struct loop *, const char *name, unsigned threads, unsigned waiting_max, uint64_t hang_ms);
/* Waits for the running jobs; those that wait are dropped without a call. */
void work_pool_destroy(struct work_pool *);

/*
 * Run `run(arg)` on a thread, then `done(arg, result)` on the loop. `owner` is compared only.
 * Returns 0, or -1 where `waiting_max` jobs wait: nothing will be called; say "busy, try later".
 */
int work_start(struct work_pool *, const void *owner, void (*run)(void *arg),
    void (*done)(void *arg, enum work_result), void *arg);

size_t work_waiting(const struct work_pool *);
unsigned work_lost(const struct work_pool *);

#endif
