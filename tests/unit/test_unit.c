/* SPDX-License-Identifier: MIT */
#include "core/text/unit.h"
#include "tests/lib/check.h"

struct row {
	const char *text;
	int64_t want; /* -1: none */
	const char *printed;
};

static void
durations_are_read_and_printed(void)
{
	static const struct row rows[] = {
		{ "30s", 30000, "30s" },
		{ "250ms", 250, "250ms" },
		{ "1h30m", 5400000, "90m" },
		{ "5d", 432000000, "5d" },
		{ "1w", 604800000, "1w" },
		{ "60", -1, NULL },
		{ "0", 0, "0s" },
		{ "5M", 300000, "5m" },
		{ "", -1, NULL },
		{ "s", -1, NULL },
		{ "5x", -1, NULL },
		{ "5m30", -1, NULL },
		{ "-5s", -1, NULL },
		{ "5 s", -1, NULL },
		{ "99999999999999999999s", -1, NULL },
		{ "9223372036854775807w", -1, NULL },
		{ "9223372036854775807ms9223372036854775807ms", -1, NULL },
	};
	char text[UNIT_TEXT_MAX];
	uint64_t got;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool ok = unit_duration(str_of(rows[i].text), &got);

		CHECK_INT_AT(ok ? (int64_t)got : -1, rows[i].want, rows[i].text);
		if (ok && rows[i].printed != NULL)
			CHECK_STR_AT(str_of(unit_print_duration(got, text)),
			    str_of(rows[i].printed), rows[i].text);
	}
}

static void
sizes_are_read_and_printed(void)
{
	static const struct row rows[] = {
		{ "512", 512, "512" },
		{ "64K", 65536, "64K" },
		{ "10M", 10485760, "10M" },
		{ "10mb", 10485760, "10M" },
		{ "2G", 2147483648, "2G" },
		{ "0", 0, "0" },
		{ "1536", 1536, "1536" },
		{ "", -1, NULL },
		{ "B", -1, NULL },
		{ "10T", -1, NULL },
		{ "1K1K", -1, NULL },
		{ "-1", -1, NULL },
		{ "9999999999G", -1, NULL },
	};
	char text[UNIT_TEXT_MAX];
	uint64_t got;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool ok = unit_size(str_of(rows[i].text), &got);

		CHECK_INT_AT(ok ? (int64_t)got : -1, rows[i].want, rows[i].text);
		if (ok && rows[i].printed != NULL)
			CHECK_STR_AT(str_of(unit_print_size(got, text)), str_of(rows[i].printed),
			    rows[i].text);
	}
}

void
suite_unit(void)
{
	static const struct test tests[] = {
		{ "durations are read and printed", durations_are_read_and_printed },
		{ "sizes are read and printed", sizes_are_read_and_printed },
	};

	CHECK_SUITE("unit", tests);
}
