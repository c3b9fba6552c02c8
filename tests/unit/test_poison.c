/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/delivery/poison.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A worker that dies while it delivers. */
static void
die_delivering(struct poison *p, const char *id)
{
	pid_t child = fork();

	if (child == 0) {
		poison_begin(p, id);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void
crashes_are_counted_until_one_ends_well(void)
{
	struct arena *a = arena_create(NULL);
	struct err err;
	struct poison *p = poison_open(a, check_folder(), &err);

	CHECK(p != NULL);
	CHECK_INT(poison_crashes(p, "a1"), 0);
	die_delivering(p, "a1");
	CHECK_INT(poison_crashes(p, "a2"), 0);
	CHECK_INT(poison_crashes(p, "a1"), 1);
	CHECK_INT(poison_crashes(p, "a1"), 1);
	die_delivering(p, "a1");
	CHECK_INT(poison_crashes(p, "a1"), POISON_CRASHES);
	poison_begin(p, "a1");
	poison_end(p, "a1");
	CHECK_INT(poison_crashes(p, "a1"), 0);
	arena_destroy(a);
}

static void
another_worker_sees_what_was_left(void)
{
	struct arena *a = arena_create(NULL), *b = arena_create(NULL);
	const char *folder = check_folder();
	struct err err;
	struct poison *p = poison_open(a, folder, &err), *q;

	die_delivering(p, "b1");
	arena_destroy(a);
	q = poison_open(b, folder, &err);
	CHECK_INT(poison_crashes(q, "b1"), 1);
	arena_destroy(b);
}

static void
very_many_deliveries_find_room(void)
{
	struct arena *a = arena_create(NULL);
	struct err err;
	struct poison *p = poison_open(a, check_folder(), &err);
	char id[24];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 10000; i++) {
			snprintf(id, sizeof id, "c%d", i);
			poison_begin(p, id);
		}
		for (int i = 0; i < 10000; i++) {
			snprintf(id, sizeof id, "c%d", i);
			poison_end(p, id);
		}
	}
	die_delivering(p, "c7");
	CHECK_INT(poison_crashes(p, "c7"), 1);
	CHECK_INT(poison_crashes(NULL, "c7"), 0);
	poison_begin(NULL, "c7");
	poison_end(NULL, "c7");
	arena_destroy(a);
}

void
suite_poison(void)
{
	static const struct test tests[] = {
		{ "crashes are counted until one ends well",
		    crashes_are_counted_until_one_ends_well },
		{ "another worker sees what was left", another_worker_sees_what_was_left },
		{ "very many deliveries find room", very_many_deliveries_find_room },
	};

	CHECK_SUITE("poison", tests);
}
