/* SPDX-License-Identifier: MIT */
#include "core/base/random.h"
#include "core/text/date.h"
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void
use_zone(const char *zone)
{
	if (zone != NULL)
		setenv("TZ", zone, 1);
	else
		unsetenv("TZ");
	tzset();
}

static void
dates_in_all_their_forms(void)
{
	static const struct {
		const char *in;
		int64_t seconds;
		int zone;
	} rows[] = {
		{ "Thu, 01 Jan 1970 00:00:00 +0000", 0, 0 },
		{ "Sat, 21 Nov 2026 07:30:00 +0000", 1795246200, 0 },
		{ "Sat, 21 Nov 2026 08:30:00 +0100", 1795246200, 60 },
		{ "21 Nov 2026 07:30 +0000", 1795246200, 0 },
		{ "21 nov 26 07:30 gmt", 1795246200, 0 },
		{ "Fri, 20 Nov 2026 23:30:00 PST", 1795246200, -480 },
		{ "21 Nov 2026 07:30:00 Z", 1795246200, 0 },
		{ "21 Nov 2026 07:30:00", 1795246200, 0 },
		{ "Sat (day), (a (b \\) c)) 21\r\n Nov 2026 07 : 30 : 00 +0000 (UTC)", 1795246200,
		    0 },
		{ "Mon, 21 Nov 2026 07:30:00 +0000", 1795246200,
		    0 }, /* the wrong day is not our business */
		{ "21 Nov 2026 07:30:00 -2359", 1795246200 + (23 * 60 + 59) * 60, -(23 * 60 + 59) },
		{ "29 Feb 2024 12:00:00 +0000", 1709208000, 0 },
		{ "29 Feb 2000 00:00:00 +0000", 951782400, 0 },
		{ "31 Dec 1998 23:59:60 +0000", 915148800, 0 },
		{ "31 Dec 1969 23:59:59 +0000", -1, 0 },
		{ "1 Jan 99 00:00:00 +0000", 915148800, 0 },
		{ "1 Jan 100 00:00:00 +0000", 946684800, 0 },
		{ "1 Jan 0000 00:00:00 +0000", -62167219200, 0 },
		{ "31 Dec 9999 23:59:59 +0000", 253402300799, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seconds = -99;
		int zone = -99;

		CHECK_INT_AT(date_parse(str_of(rows[i].in), &seconds, &zone), true, rows[i].in);
		CHECK_INT_AT(seconds, rows[i].seconds, rows[i].in);
		CHECK_INT_AT(zone, rows[i].zone, rows[i].in);
	}
}

/* Row D13 */
static void
what_is_no_date(void)
{
	static const char *const rows[] = {
		"",
		" ",
		"junk",
		"Sat,",
		"21 Nov",
		"21 Nov 2026",
		"21 Nov 2026 07",
		"21 Nov 2026 07:",
		"21 Nov 99999999999 07:30:00 +0000",
		"21 Nov 10000 07:30:00 +0000",
		"21 Nov 1 07:30:00 +0000",
		"21 Nov 2026 07:30:00 +9999",
		"21 Nov 2026 07:30:00 +2400",
		"21 Nov 2026 07:30:00 +0060",
		"21 Nov 2026 07:30:00 +000",
		"21 Nov 2026 07:30:00 +00000",
		"21 Nov 2026 07:30:00 +",
		"21 Nov 2026 24:00:00 +0000",
		"21 Nov 2026 07:60:00 +0000",
		"21 Nov 2026 07:30:61 +0000",
		"0 Nov 2026 07:30:00 +0000",
		"31 Nov 2026 07:30:00 +0000",
		"29 Feb 2026 07:30:00 +0000",
		"29 Feb 1900 07:30:00 +0000",
		"29 Feb 2100 07:30:00 +0000",
		"32 Dec 2026 07:30:00 +0000",
		"-1 Dec 2026 07:30:00 +0000",
		"21 Foo 2026 07:30:00 +0000",
		"Foo, 21 Nov 2026 07:30:00 +0000",
		"21 Nov 2026 07:30:00 +0000 x",
		"21 Nov 2026 07:30:00 GMT+1",
		"(21 Nov 2026 07:30:00 +0000",
		"2026-11-21T07:30:00Z",
		"99999999999999999999999999 Nov 2026 07:30 +0000",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seconds = 7;
		int zone = 7;

		CHECK_INT_AT(date_parse(str_of(rows[i]), &seconds, &zone), false, rows[i]);
		CHECK_INT_AT(seconds + zone, 14, rows[i]);
	}
}

static void
dates_of_the_log(void)
{
	static const struct {
		const char *in;
		bool valid;
		int64_t seconds;
	} rows[] = {
		{ "2026-11-21T07:30:00Z", true, 1795246200 },
		{ "2026-11-21t08:30:00.999+01:00", true, 1795246200 },
		{ "2026-11-21 07:30:00-00:00", true, 1795246200 },
		{ "1970-01-01T00:00:00Z", true, 0 },
		{ "0000-01-01T00:00:00Z", true, -62167219200 },
		{ "9999-12-31T23:59:59Z", true, 253402300799 },
		{ "2026-11-21T07:30:00", false, 0 },
		{ "2026-11-21", false, 0 },
		{ "2026-11-21T07:30Z", false, 0 },
		{ "2026-11-31T07:30:00Z", false, 0 },
		{ "2026-00-21T07:30:00Z", false, 0 },
		{ "2026-13-21T07:30:00Z", false, 0 },
		{ "2026-11-21T07:30:00+24:00", false, 0 },
		{ "2026-11-21T07:30:00+0100", false, 0 },
		{ "2026-11-21T07:30:00.Z", false, 0 },
		{ "2026-11-21T07:30:00Zx", false, 0 },
		{ "12026-11-21T07:30:00Z", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seconds = 0;

		CHECK_INT_AT(
		    date_parse_rfc3339(str_of(rows[i].in), &seconds), rows[i].valid, rows[i].in);
		CHECK_INT_AT(seconds, rows[i].seconds, rows[i].in);
	}
}

static void
printed_with_the_local_zone(void)
{
	char text[DATE_TEXT_MAX];

	use_zone("UTC0");
	CHECK_TEXT(date_print(1795246200, text), "Sat, 21 Nov 2026 07:30:00 +0000");
	CHECK_TEXT(date_print(0, text), "Thu, 01 Jan 1970 00:00:00 +0000");
	CHECK_TEXT(date_print(951782400, text), "Tue, 29 Feb 2000 00:00:00 +0000");
	CHECK_TEXT(date_print_rfc3339(1795246200, text), "2026-11-21T07:30:00+00:00");
	CHECK_TEXT(date_print(-62165075400, text), "Tue, 25 Jan 0000 19:30:00 +0000");
	use_zone("XXX-5:45");
	CHECK_TEXT(date_print(1795246200, text), "Sat, 21 Nov 2026 13:15:00 +0545");
	CHECK_TEXT(date_print_rfc3339(1795246200, text), "2026-11-21T13:15:00+05:45");
	use_zone("XXX3:30");
	CHECK_TEXT(date_print(0, text), "Wed, 31 Dec 1969 20:30:00 -0330");
	use_zone("UTC0");
	CHECK_TEXT(date_print(INT64_MAX, text), "Thu, 30 Dec 9999 23:59:59 +0000");
	CHECK_TEXT(date_print(INT64_MIN, text), "Sun, 02 Jan 0000 00:00:00 +0000");
	use_zone(NULL);
}

static void
what_we_print_we_read_back(void)
{
	static const char *const places[] = { "UTC0", "XXX-14", "XXX+12", "XXX-5:45",
		"CET-1CEST,M3.5.0,M10.5.0/3", "XXX0:00:30" };
	size_t wrong = 0;

	for (int i = 0; i < 30000; i++) {
		int64_t seconds = (int64_t)(random_number() % 315500000000) - 62100000000, one = 0,
			two = 0;
		char text[DATE_TEXT_MAX];
		int zone;

		if (i % 5000 == 0)
			use_zone(places[i / 5000]);
		wrong +=
		    !date_parse(str_of(date_print(seconds, text)), &one, &zone) || one != seconds;
		wrong += !date_parse_rfc3339(str_of(date_print_rfc3339(seconds, text)), &two) ||
			 two != seconds;
	}
	CHECK_INT(wrong, 0);
	use_zone(NULL);
}

void
suite_date(void)
{
	static const struct test tests[] = {
		{ "dates in all their forms", dates_in_all_their_forms },
		{ "what is no date", what_is_no_date },
		{ "dates of the log", dates_of_the_log },
		{ "printed with the local zone", printed_with_the_local_zone },
		{ "what we print we read back", what_we_print_we_read_back },
	};

	CHECK_SUITE("date", tests);
}
