/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "tests/lib/check.h"

#include <string.h>

static char order[8];

static void
note(void *arg)
{
	strncat(order, arg, sizeof order - strlen(order) - 1);
}

static void
cleanups_newest_first(void)
{
	struct arena *parent = arena_create(NULL), *child = arena_create(parent);

	order[0] = '\0';
	arena_cleanup(parent, note, "a");
	arena_cleanup(parent, note, "b");
	arena_cleanup(child, note, "c");
	arena_destroy(parent);
	CHECK_TEXT(order, "bac");
}

static void
memory_is_zeroed_after_reset(void)
{
	struct arena *a = arena_create(NULL);
	char *p = arena_alloc(a, 100);
	bool zero = true;

	memset(p, 'x', 100);
	arena_reset(a);
	p = arena_alloc(a, 100);
	for (int i = 0; i < 100; i++)
		zero = zero && p[i] == 0;
	CHECK(zero);
	arena_destroy(a);
}

static void
a_destroyed_child_leaves_its_siblings(void)
{
	struct arena *parent = arena_create(NULL), *one = arena_create(parent),
		     *two = arena_create(parent);

	order[0] = '\0';
	arena_cleanup(one, note, "1");
	arena_cleanup(two, note, "2");
	arena_destroy(two);
	CHECK_TEXT(order, "2");
	arena_destroy(parent);
	CHECK_TEXT(order, "21");
}

static void
large_and_small_pieces_do_not_overlap(void)
{
	struct arena *a = arena_create(NULL);
	char *p[200];

	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_alloc(a, i * 37 + 1);
		memset(p[i], (int)i, i * 37 + 1);
	}
	for (size_t i = 0; i < 200; i++)
		CHECK((unsigned char)p[i][0] == i && (unsigned char)p[i][i * 37] == i);
	CHECK_TEXT(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_destroy(a);
}

void
suite_arena(void)
{
	static const struct test tests[] = {
		{ "cleanups run newest first, before the children end", cleanups_newest_first },
		{ "memory is zeroed after a reset", memory_is_zeroed_after_reset },
		{ "a destroyed child leaves its siblings", a_destroyed_child_leaves_its_siblings },
		{ "large and small pieces do not overlap", large_and_small_pieces_do_not_overlap },
	};

	CHECK_SUITE("arena", tests);
}
