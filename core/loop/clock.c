/* SPDX-License-Identifier: MIT */
/* clock -- what time it is: monotonic for deadlines, wall for headers and logs. */
#include "core/loop/loop_inner.h"
#include "core/base/log.h"

#include <assert.h>
#include <time.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

uint64_t
clock_ms(struct loop *loop)
{
	if (loop->fake)
		return loop->fake_ms;
	/* Outside of a turn libuv's sample may be as old as the program's start. */
	if (!loop->running)
		uv_update_time(&loop->uv);
	return uv_now(&loop->uv);
}

int64_t
clock_wall_ns(struct loop *loop)
{
	struct timespec t;

	if (loop->fake)
		return atomic_load(&loop->fake_wall_ns);
	if (loop->wall_ns == 0 || !loop->running || loop->wall_ms != uv_now(&loop->uv)) {
		clock_gettime(CLOCK_REALTIME, &t);
		loop->wall_ns = (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
		loop->wall_ms = uv_now(&loop->uv);
	}
	return loop->wall_ns;
}

int64_t
clock_wall(struct loop *loop)
{
	return clock_wall_ns(loop) / NS_PER_S;
}

/* The log's lines come from all threads. */
static int64_t
log_time(void *arg)
{
	struct loop *loop = arg;

	return atomic_load(&loop->fake_wall_ns);
}

void
clock_fake(struct loop *loop, int64_t wall_ns)
{
	loop->fake_ms = clock_ms(loop);
	loop->fake = true;
	atomic_store(&loop->fake_wall_ns, wall_ns);
	uv_timer_stop(&loop->alarm);
	log_set_clock(log_time, loop);
}

void
clock_advance(struct loop *loop, uint64_t ms)
{
	assert(loop->fake);
	loop->fake_ms += ms;
	atomic_fetch_add(&loop->fake_wall_ns, (int64_t)ms * NS_PER_MS);
}
