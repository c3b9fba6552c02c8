/* SPDX-License-Identifier: MIT */
/* unit -- durations and sizes as people write them: "30s", "1h30m", "10M". */
#include "core/text/unit.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
	struct str name;
	uint64_t worth;
};

/* Largest first, for printing. */
static const struct unit durations[] = {
	{ STR("w"), 7 * 86400000ull },
	{ STR("d"), 86400000 },
	{ STR("h"), 3600000 },
	{ STR("m"), 60000 },
	{ STR("s"), 1000 },
	{ STR("ms"), 1 },
};
static const struct unit sizes[] = {
	{ STR("G"), 1ull << 30 },
	{ STR("M"), 1ull << 20 },
	{ STR("K"), 1ull << 10 },
	{ STR(""), 1 },
};
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The digits at the start of `rest`, removed. */
static bool
take_number(struct str *rest, uint64_t *value)
{
	size_t n = 0;

	while (n < rest->len && rest->p[n] >= '0' && rest->p[n] <= '9')
		n++;
	if (!str_number((struct str){ rest->p, n }, UINT64_MAX / 2, value))
		return false;
	*rest = str_from(*rest, n);
	return true;
}

/* The letters at the start of `rest`, removed, as one of the units; NULL: none of them. */
static const struct unit *
take_unit(struct str *rest, const struct unit *units, size_t count)
{
	struct str word = { rest->p, 0 };

	while (word.len < rest->len && (rest->p[word.len] < '0' || rest->p[word.len] > '9'))
		word.len++;
	*rest = str_from(*rest, word.len);
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(word, units[i].name))
			return &units[i];
	return NULL;
}

static bool
add_product(uint64_t *sum, uint64_t number, uint64_t worth)
{
	uint64_t product;

	return !__builtin_mul_overflow(number, worth, &product) &&
	       !__builtin_add_overflow(*sum, product, sum) && *sum <= INT64_MAX;
}

bool
unit_duration(struct str text, uint64_t *ms)
{
	const struct unit *u;
	uint64_t number, sum = 0;

	if (str_eq(text, STR("0"))) {
		*ms = 0;
		return true;
	}
	if (text.len == 0)
		return false;
	while (text.len > 0) {
		if (!take_number(&text, &number) ||
		    (u = take_unit(&text, durations, COUNT(durations))) == NULL ||
		    !add_product(&sum, number, u->worth))
			return false;
	}
	*ms = sum;
	return true;
}

bool
unit_size(struct str text, uint64_t *bytes)
{
	const struct unit *u;
	uint64_t number, sum = 0;

	if (text.len > 1 && (text.p[text.len - 1] == 'B' || text.p[text.len - 1] == 'b'))
		text.len--;
	if (!take_number(&text, &number) || (u = take_unit(&text, sizes, COUNT(sizes))) == NULL ||
	    text.len > 0 || !add_product(&sum, number, u->worth))
		return false;
	*bytes = sum;
	return true;
}

/* The largest unit that divides the value: 5400 s are "90m", not "1h30m", which is as easy to read.
 */
static const char *
print(uint64_t value, const struct unit *units, size_t count, const char *zero, char *to)
{
	size_t i = 0;

	if (value == 0) {
		snprintf(to, UNIT_TEXT_MAX, "%s", zero);
		return to;
	}
	while (i + 1 < count && value % units[i].worth != 0)
		i++;
	snprintf(
	    to, UNIT_TEXT_MAX, "%" PRIu64 "%.*s", value / units[i].worth, STR_FMT(units[i].name));
	return to;
}

const char *
unit_print_duration(uint64_t ms, char *to)
{
	return print(ms, durations, COUNT(durations), "0s", to);
}

const char *
unit_print_size(uint64_t bytes, char *to)
{
	return print(bytes, sizes, COUNT(sizes), "0", to);
}
