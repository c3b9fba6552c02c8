/* SPDX-License-Identifier: MIT */
/* check -- what unit tests share: suites as tables, and comparisons that print got and want. */
#include "tests/lib/check.h"

#include "core/base/arena.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
check_suite(const char *name, const struct test *tests, size_t count)
{
	CU_pSuite suite = CU_add_suite(name, NULL, NULL);

	for (size_t i = 0; i < count; i++)
		CU_add_test(suite, tests[i].sentence, tests[i].fn);
}

static void
report(bool ok, const char *text, const char *file, int line)
{
	CU_assertImplementation(ok, (unsigned)line, text, file, "", CU_FALSE);
}

void
check_true(bool ok, const char *what, const char *file, int line)
{
	report(ok, what, file, line);
}

void
check_str(struct str got, struct str want, const char *what, const char *file, int line)
{
	char text[1024];
	bool ok = str_eq(got, want);

	if (!ok)
		snprintf(text, sizeof text, "%.100s: got \"%.*s\" (%zu bytes), want \"%.*s\" (%zu)",
		    what, got.len > 300 ? 300 : (int)got.len, got.p, got.len,
		    want.len > 300 ? 300 : (int)want.len, want.p, want.len);
	report(ok, ok ? what : text, file, line);
}

void
check_int(int64_t got, int64_t want, const char *what, const char *file, int line)
{
	char text[400];

	if (got != want)
		snprintf(text, sizeof text, "%.200s: got %lld, want %lld", what, (long long)got,
		    (long long)want);
	report(got == want, got == want ? what : text, file, line);
}

const char *
check_vectors(const char *topic)
{
	static char path[4096];
	const char *root = getenv("VECTORS"), *source = getenv("srcdir");

	if (root != NULL)
		snprintf(path, sizeof path, "%s/%s", root, topic);
	else
		snprintf(path, sizeof path, "%s/../shared/vectors/%s",
		    source != NULL ? source : ".", topic);
	if (access(path, R_OK) == 0)
		return path;
	printf("SKIP: no vectors at %s\n", path);
	return NULL;
}

const char *
check_read(struct arena *arena, const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = "";
	long size;

	report(f != NULL, path, __FILE__, __LINE__);
	if (f == NULL)
		return text;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = arena_alloc(arena, (size_t)size + 1);
	size = (long)fread(text, 1, (size_t)size, f);
	text[size] = '\0';
	fclose(f);
	return text;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static char root[] = "/tmp/postern-unit-XXXXXX";

static void
remove_root(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
check_folder(void)
{
	static char path[64];
	static unsigned count;

	if (count == 0) {
		if (mkdtemp(root) == NULL)
			abort();
		atexit(remove_root);
	}
	snprintf(path, sizeof path, "%s/%u", root, count++);
	if (mkdir(path, 0700) < 0)
		abort();
	return path;
}
