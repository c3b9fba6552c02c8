/* SPDX-License-Identifier: MIT */
#include "core/policy/trace.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "tests/lib/check.h"

#include <string.h>

static struct arena *arena;
static struct trace trace;

static void
begin(void)
{
	arena = arena_create(NULL);
	trace_init(&trace, arena);
}

static void
add(enum stage stage, const char *by, enum verdict verdict, uint64_t ns, uint64_t ms,
    const char *note)
{
	trace_add(&trace, &(struct trace_step){ stage, verdict, by, note, 0, ns, ms });
}

static void
end(const char *want)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	trace_print(&trace, &b);
	CHECK_STR(buf_str(&b), str_of(want));
	buf_free(&b);
	arena_destroy(arena);
}

static void
steps_stand_in_order(void)
{
	begin();
	add(STAGE_CONNECT, "a.lua:1", VERDICT_NEXT, 1499, 0, NULL);
	add(STAGE_RCPT, "maxrcpt", VERDICT_DEFER, 1500, 0, NULL);
	add(STAGE_MESSAGE, "a.lua:9", VERDICT_REJECT, 0, 1200, "greylisted");
	end("connect a.lua:1 next 1us; rcpt maxrcpt defer 2us; message a.lua:9 reject 0us+1.200s "
	    "(greylisted)");
}

static void
alike_steps_are_counted(void)
{
	const char *one = "one", *two = "two";

	begin();
	for (int i = 0; i < 1000; i++) {
		add(STAGE_RCPT, one, VERDICT_NEXT, 1000, 0, NULL);
		add(STAGE_RCPT, two, VERDICT_NEXT, 2000, 0, NULL);
	}
	add(STAGE_RCPT, two, VERDICT_REJECT, 0, 0, NULL);
	end("rcpt one next*1000 1000us; rcpt two next*1000 2000us; rcpt two reject 0us");
}

static void
there_is_a_most(void)
{
	struct buf b;

	begin();
	for (int i = 0; i < TRACE_STEPS_MAX + 5; i++)
		add(STAGE_RCPT, "x", VERDICT_NEXT, 0, 0, arena_printf(arena, "%d", i));
	buf_init(&b, 64 * 1024);
	trace_print(&trace, &b);
	CHECK(strstr(buf_text(&b), "(63); and 5 more") != NULL);
	buf_free(&b);
	arena_destroy(arena);
}

void
suite_trace(void)
{
	static const struct test tests[] = {
		{ "steps stand in order, with time, wait and note", steps_stand_in_order },
		{ "alike steps are counted", alike_steps_are_counted },
		{ "there is a most", there_is_a_most },
	};

	CHECK_SUITE("trace", tests);
}
