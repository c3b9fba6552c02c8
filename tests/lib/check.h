/* SPDX-License-Identifier: MIT */
/* check -- what unit tests share: suites as tables, and comparisons that print got and want. */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct arena;

#define SUITE(name) void suite_##name(void);
#include "tests/unit/suites.h"
#undef SUITE

struct test {
	const char *sentence; /* "a child dies with its parent" */
	void (*fn)(void);
};

/* Register the tests; for suite_x(). */
void check_suite(const char *name, const struct test *, size_t count);
#define CHECK_SUITE(name, tests) check_suite(name, tests, sizeof(tests) / sizeof(tests)[0])

void check_true(bool, const char *what, const char *file, int line);
void check_str(struct str got, struct str want, const char *what, const char *file, int line);
void check_int(int64_t got, int64_t want, const char *what, const char *file, int line);

#define CHECK(condition) check_true(condition, #condition, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str(got, want, #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) check_str(str_of(got), str_of(want), #got, __FILE__, __LINE__)
#define CHECK_INT(got, want) check_int((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
/* In a table-driven test: `what` names the row. */
#define CHECK_STR_AT(got, want, row) check_str(got, want, row, __FILE__, __LINE__)
#define CHECK_INT_AT(got, want, row) \
	check_int((int64_t)(got), (int64_t)(want), row, __FILE__, __LINE__)

/* The folder of third-party vectors (VECTORS, else ../shared/vectors of the source), or NULL: the
 * test prints that it is skipped. */
const char *check_vectors(const char *topic);

/* A whole file, in the arena; "" where it cannot be read, which is a failure. */
const char *check_read(struct arena *, const char *path);

/* A fresh folder for this test, removed at the program's end. */
const char *check_folder(void);

#endif
