/* SPDX-License-Identifier: MIT */
#include "core/base/nearest.h"
#include "tests/lib/check.h"

static const char *
meant(const char *wanted)
{
	static const char *const known[] = { "hostname", "data", "log", "workers", "run", "user",
		NULL };
	struct nearest n = { .wanted = str_of(wanted) };

	for (size_t i = 0; known[i] != NULL; i++)
		nearest_try(&n, known[i]);
	return n.best;
}

static void
slips_are_recognised(void)
{
	static const struct {
		const char *wanted, *best;
	} rows[] = {
		{ "hostnmae", "hostname" },
		{ "hostame", "hostname" },
		{ "dta", "data" },
		{ "worker", "workers" },
		{ "rnu", "run" },
		{ "usr", "user" },
		{ "hostname", "hostname" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_STR_AT(str_of(meant(rows[i].wanted)), str_of(rows[i].best), rows[i].wanted);
}

static void
other_words_are_not(void)
{
	static const char *const rows[] = { "", "x", "certificate", "zzzz",
		"a-name-that-is-longer-than-anything-one-would-call-an-option" };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK(meant(rows[i]) == NULL);
}

void
suite_nearest(void)
{
	static const struct test tests[] = {
		{ "slips are recognised", slips_are_recognised },
		{ "other words are not", other_words_are_not },
	};

	CHECK_SUITE("nearest", tests);
}
