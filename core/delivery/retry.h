/* SPDX-License-Identifier: MIT */
/*
 * retry -- how long a recipient waits for its next attempt, and when enough is enough (RFC 5321, 4.5.4.1).
 *
 * `scale` shortens all times alike: the demonstration's --retry-scale.
 */
#ifndef CORE_DELIVERY_RETRY_H
#define CORE_DELIVERY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct config;

/* Nanoseconds from the `attempts`-th attempt (from 1) to the next. */
int64_t retry_wait_ns(const struct config *, double scale, uint32_t attempts);

/* A message of that age is given up; its sender is told that it is late. An age below zero (the
 * clock was set back) is neither. */
bool retry_is_over(const struct config *, double scale, int64_t age_ns);
bool retry_is_late(const struct config *, double scale, int64_t age_ns);

/*
 * When to look at a message again whose envelope says `next_ns`: then; but at once where it is
 * further away than the schedule ever puts it, because then a clock was wrong.
 */
int64_t retry_sane_ns(const struct config *, double scale, int64_t now_ns, int64_t next_ns);

#endif
