/* SPDX-License-Identifier: MIT */
/*
 * clock -- what time it is: monotonic for deadlines, wall for headers and logs.
 *
 * Both are sampled once per turn of the loop. Where a fake clock rules (stories), time moves
 * only by clock_advance.
 */
#ifndef CORE_LOOP_CLOCK_H
#define CORE_LOOP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

uint64_t clock_ms(struct loop *);     /* monotonic milliseconds */
int64_t clock_wall_ns(struct loop *); /* nanoseconds since 1970 */
int64_t clock_wall(struct loop *);    /* seconds since 1970 */

/* From now on time stands still at `wall_ns` until it is advanced. The log follows. */
void clock_fake(struct loop *, int64_t wall_ns);
/* Move a fake clock; timers that come due fire in later turns, in their order. */
void clock_advance(struct loop *, uint64_t ms);
/* Milliseconds until the next timer of this loop, or -1 where none is set. */
int64_t clock_next_timer(struct loop *);

#endif
