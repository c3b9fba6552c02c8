/* SPDX-License-Identifier: MIT */
/* main -- runs the unit tests; `run NAME ...` only those suites. */
#include "tests/lib/check.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	void (*add)(void);
} suites[] = {
#define SUITE(name) { #name, suite_##name },
#include "tests/unit/suites.h"
#undef SUITE
};

/* Some modules' sources are linked into this program, which loads modules too: both are the same. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_odr_violation=0";
}

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int
main(int argc, char **argv)
{
	unsigned failed;

	CU_initialize_registry();
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
		if (wanted(suites[i].name, argc, argv))
			suites[i].add();
	CU_run_all_tests();
	for (CU_pFailureRecord f = CU_get_failure_list(); f != NULL; f = f->pNext)
		printf("FAIL %s: %s: %s:%u: %s\n", f->pSuite != NULL ? f->pSuite->pName : "",
		    f->pTest != NULL ? f->pTest->pName : "", f->strFileName, f->uiLineNumber,
		    f->strCondition);
	failed = CU_get_number_of_tests_failed();
	printf("unit: %u passed, %u failed\n", CU_get_number_of_tests_run() - failed, failed);
	CU_cleanup_registry();
	return failed > 0;
}
