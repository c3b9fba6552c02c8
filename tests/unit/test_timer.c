/* SPDX-License-Identifier: MIT */
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "tests/lib/check.h"

#include <stdlib.h>

struct alarm {
	struct timer timer;
	uint64_t due;
	unsigned fired;
};

static struct loop *loop;
static uint64_t last_due;
static bool in_order;

static void
on_alarm(void *arg)
{
	struct alarm *a = arg;

	in_order = in_order && a->due >= last_due && clock_ms(loop) >= a->due;
	last_due = a->due;
	a->fired++;
}

static void
begin(void)
{
	loop = loop_create();
	clock_fake(loop, 0);
	last_due = 0;
	in_order = true;
}

static void
set(struct alarm *a, uint64_t ms)
{
	a->due = clock_ms(loop) + ms;
	timer_set(&a->timer, ms);
}

static void
timers_fire_when_due_and_not_before(void)
{
	static const uint64_t spans[] = { 0, 1, 63, 64, 65, 4095, 4096, 300000, 86400000,
		UINT64_C(31536000000) };
	struct alarm a = { 0 };

	begin();
	timer_init(&a.timer, loop, on_alarm, &a);
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		a.fired = 0;
		set(&a, spans[i]);
		CHECK_INT(clock_next_timer(loop), spans[i]);
		CHECK_INT(a.fired, 0);
		if (spans[i] > 0) {
			clock_advance(loop, spans[i] - 1);
			loop_turn(loop, false, 0);
			CHECK_INT(a.fired, 0);
			CHECK_INT(clock_next_timer(loop), 1);
			clock_advance(loop, 1);
		}
		loop_turn(loop, false, 0);
		CHECK_INT(a.fired, 1);
		CHECK(!timer_is_set(&a.timer));
		CHECK_INT(clock_next_timer(loop), -1);
	}
	loop_destroy(loop);
}

/* Thousands, set and stopped at random, over days: each fires once, at its time, in order. */
static void
many_timers_fire_in_order(void)
{
	enum { COUNT = 5000 };
	struct alarm *alarms = calloc(COUNT, sizeof *alarms);
	unsigned wrong = 0;
	int64_t next;

	begin();
	srandom(7);
	for (size_t i = 0; i < COUNT; i++) {
		timer_init(&alarms[i].timer, loop, on_alarm, &alarms[i]);
		set(&alarms[i], (uint64_t)random() % (i % 3 == 0 ? 100 : 500000000));
	}
	for (size_t i = 0; i < COUNT; i += 5)
		timer_stop(&alarms[i].timer);
	for (size_t i = 0; i < COUNT; i += 10)
		set(&alarms[i], (uint64_t)random() % 1000000);
	while ((next = clock_next_timer(loop)) >= 0) {
		clock_advance(loop, (uint64_t)next + (uint64_t)random() % 5000);
		loop_turn(loop, false, 0);
	}
	for (size_t i = 0; i < COUNT; i++)
		wrong += alarms[i].fired != (i % 5 == 0 && i % 10 != 0 ? 0 : 1);
	CHECK_INT(wrong, 0);
	CHECK(in_order);
	loop_destroy(loop);
	free(alarms);
}

static struct alarm other;

static void
stop_other(void *arg)
{
	((struct alarm *)arg)->fired++;
	timer_stop(&other.timer);
}

static void
a_timer_may_stop_another_that_is_due(void)
{
	struct alarm a = { 0 };

	begin();
	other = (struct alarm){ 0 };
	timer_init(&a.timer, loop, stop_other, &a);
	timer_init(&other.timer, loop, on_alarm, &other);
	set(&a, 5);
	set(&other, 6);
	clock_advance(loop, 10);
	loop_turn(loop, false, 0);
	CHECK_INT(a.fired, 1);
	CHECK_INT(other.fired, 0);
	loop_destroy(loop);
}

static void
set_again(void *arg)
{
	struct alarm *a = arg;

	a->fired++;
	timer_set(&a->timer, 0);
}

static void
a_timer_set_again_waits_for_the_next_turn(void)
{
	struct alarm a = { 0 };

	begin();
	timer_init(&a.timer, loop, set_again, &a);
	timer_set(&a.timer, 0);
	loop_turn(loop, false, 0);
	CHECK_INT(a.fired, 1);
	loop_turn(loop, false, 0);
	CHECK_INT(a.fired, 2);
	timer_stop(&a.timer);
	loop_destroy(loop);
}

static void
real_time_fires_timers_too(void)
{
	struct alarm a = { 0 };
	uint64_t began;

	loop = loop_create();
	in_order = true;
	last_due = 0;
	timer_init(&a.timer, loop, on_alarm, &a);
	began = clock_ms(loop);
	set(&a, 20);
	while (a.fired == 0)
		loop_turn(loop, true, 1000);
	CHECK(in_order && clock_ms(loop) - began < 900);
	loop_destroy(loop);
}

void
suite_timer(void)
{
	static const struct test tests[] = {
		{ "timers fire when due and not before", timers_fire_when_due_and_not_before },
		{ "many timers fire once each and in order", many_timers_fire_in_order },
		{ "a timer may stop another that is due", a_timer_may_stop_another_that_is_due },
		{ "a timer that sets itself again waits for the next turn",
		    a_timer_set_again_waits_for_the_next_turn },
		{ "real time fires timers too", real_time_fires_timers_too },
	};

	CHECK_SUITE("timer", tests);
}
