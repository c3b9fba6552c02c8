/* SPDX-License-Identifier: MIT */
/* What is read as a date prints as one that reads the same. */
#include "core/text/date.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

enum { DAY = 86400 };
#define YEAR_0 (-62167219200 + 2 * DAY)
#define YEAR_9999 (253402300799 - 2 * DAY)

static void
check_printing(int64_t seconds)
{
	char text[DATE_TEXT_MAX];
	int64_t again;
	int zone;

	if (seconds < YEAR_0 || seconds > YEAR_9999)
		return;
	assert(date_parse(str_of(date_print(seconds, text)), &again, &zone) && again == seconds);
	assert(date_parse_rfc3339(str_of(date_print_rfc3339(seconds, text)), &again) &&
	       again == seconds);
}

FUZZ(date)
{
	struct str in = { (const char *)input, size };
	int64_t seconds;
	int zone;

	if (date_parse(in, &seconds, &zone))
		check_printing(seconds);
	if (date_parse_rfc3339(in, &seconds))
		check_printing(seconds);
	return 0;
}
