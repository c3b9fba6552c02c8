/* SPDX-License-Identifier: MIT */
/*
 * timer -- deadlines by the hundred thousand: embedded, no allocation, constant time to set and stop.
 */
#ifndef CORE_LOOP_TIMER_H
#define CORE_LOOP_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/list.h"

struct loop;

struct timer {
	struct link link;
	struct loop *loop;
	uint64_t due_ms;
	void (*fn)(void *arg);
	void *arg;
};

void timer_init(struct timer *, struct loop *, void (*fn)(void *arg), void *arg);
/* Fire once, `ms` from now (never inside this call); set again, the earlier setting is forgotten. */
void timer_set(struct timer *, uint64_t ms);
void timer_stop(struct timer *);
bool timer_is_set(const struct timer *);

#endif
