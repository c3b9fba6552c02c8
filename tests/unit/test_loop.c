/* SPDX-License-Identifier: MIT */
#include "core/base/log.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "tests/lib/check.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char notes[64];

static void
note(void *arg)
{
	strncat(notes, arg, sizeof notes - strlen(notes) - 1);
}

static struct loop *again_loop;

static void
note_and_defer(void *arg)
{
	note(arg);
	loop_defer(again_loop, note, "!");
}

static void
deferred_calls_come_later_and_in_order(void)
{
	struct loop *loop = again_loop = loop_create();

	notes[0] = '\0';
	loop_defer(loop, note_and_defer, "a");
	loop_defer(loop, note, "b");
	CHECK_TEXT(notes, "");
	CHECK(loop_busy(loop));
	CHECK(loop_turn(loop, true, 1000));
	CHECK_TEXT(notes, "ab");
	CHECK(loop_turn(loop, true, 1000));
	CHECK_TEXT(notes, "ab!");
	CHECK(!loop_busy(loop));
	CHECK(!loop_turn(loop, false, 0));
	loop_destroy(loop);
}

static void *
post_from_thread(void *arg)
{
	loop_post(arg, note, "p");
	return NULL;
}

static void
a_thread_may_post(void)
{
	struct loop *loop = loop_create();
	pthread_t id;

	notes[0] = '\0';
	CHECK_INT(pthread_create(&id, NULL, post_from_thread, loop), 0);
	pthread_join(id, NULL);
	CHECK(loop_busy(loop));
	CHECK(loop_turn(loop, true, 1000));
	CHECK_TEXT(notes, "p");
	CHECK(!loop_busy(loop));
	loop_destroy(loop);
}

static void
what_is_forgotten_is_not_called(void)
{
	struct loop *loop = loop_create();
	char own[] = "x";

	notes[0] = '\0';
	loop_defer(loop, note, own);
	loop_on_idle(loop, note, own);
	loop_defer(loop, note, "y");
	loop_forget(loop, own);
	loop_turn(loop, false, 0);
	CHECK_TEXT(notes, "y");
	loop_destroy(loop);
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
a_loop_runs_until_stopped(void)
{
	struct loop *loop = loop_create();

	notes[0] = '\0';
	loop_on_idle(loop, note, "i");
	loop_defer(loop, stop, loop);
	loop_run(loop);
	CHECK_TEXT(notes, "i");
	loop_destroy(loop);
}

static void
on_usr1(int number, void *arg)
{
	CHECK_INT(number, SIGUSR1);
	note(arg);
}

static void
signals_become_events(void)
{
	struct loop *loop = loop_create();

	notes[0] = '\0';
	loop_on_signal(loop, SIGUSR1, on_usr1, "s");
	kill(getpid(), SIGUSR1);
	while (notes[0] == '\0' && loop_turn(loop, true, 1000))
		;
	CHECK_TEXT(notes, "s");
	loop_destroy(loop);
}

static void
what_is_left_at_the_end_is_freed(void)
{
	struct loop *loop = loop_create();

	loop_defer(loop, note, "x");
	loop_post(loop, note, "y");
	loop_destroy(loop);
	CHECK(true); /* LeakSanitizer is the judge */
}

static void
a_fake_clock_moves_only_when_advanced(void)
{
	struct loop *loop = loop_create();
	uint64_t before;

	clock_fake(loop, INT64_C(1700000000) * 1000000000);
	before = clock_ms(loop);
	loop_turn(loop, false, 0);
	CHECK_INT(clock_ms(loop), before);
	CHECK_INT(clock_wall(loop), 1700000000);
	clock_advance(loop, 90500);
	CHECK_INT(clock_ms(loop), before + 90500);
	CHECK_INT(clock_wall(loop), 1700000090);
	loop_destroy(loop);
}

static void
keep_line(struct str line, void *arg)
{
	strncat(arg, line.p, 19 < line.len ? 19 : line.len);
}

static void
the_log_follows_a_fake_clock(void)
{
	struct loop *loop = loop_create();
	char line[40] = "", real[40] = "";

	clock_fake(loop,
	    INT64_C(946728000) *
		1000000000); /* 2000-01-01T12:00Z; noon, so the day is the same nearly everywhere */
	log_capture(keep_line, line);
	log_info("hello");
	loop_destroy(loop);
	log_capture(keep_line, real);
	log_info("hello");
	log_capture(NULL, NULL);
	CHECK_STR(((struct str){ line, 10 }), STR("2000-01-01"));
	CHECK(strncmp(real, "2000", 4) != 0);
}

static void
a_long_event_is_measured(void)
{
	struct loop *loop = loop_create();

	loop_defer(loop, note, "x");
	loop_turn(loop, false, 0);
	(void)loop_longest_us(loop);
	CHECK_INT(loop_longest_us(loop), 0);
	loop_destroy(loop);
}

void
suite_loop(void)
{
	static const struct test tests[] = {
		{ "deferred calls come later and in order",
		    deferred_calls_come_later_and_in_order },
		{ "a thread may post a call", a_thread_may_post },
		{ "what is forgotten is not called", what_is_forgotten_is_not_called },
		{ "a loop runs until it is stopped", a_loop_runs_until_stopped },
		{ "signals become events", signals_become_events },
		{ "what is left at the end is freed", what_is_left_at_the_end_is_freed },
		{ "a fake clock moves only when advanced", a_fake_clock_moves_only_when_advanced },
		{ "the log follows a fake clock, until the loop ends",
		    the_log_follows_a_fake_clock },
		{ "the longest event is forgotten when told", a_long_event_is_measured },
	};

	CHECK_SUITE("loop", tests);
}
