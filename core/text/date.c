/* SPDX-License-Identifier: MIT */
/*
 * date -- times as mail writes them (RFC 5322, 3.3 and 4.3), and as logs do (RFC 3339).
 *
 *	date-time = [ day-name "," ] day month year hour ":" minute [ ":" second ] [ zone ]
 *
 * with comments and folding between any two of them. No locale has a say in it.
 */
#include "core/text/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, YEAR_MAX = 9999 };

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

/* Zones by name (RFC 5322, 4.3); all others, and single letters, are UTC. */
static const struct {
	struct str name;
	int minutes;
} zones[] = {
	{ STR("EST"), -5 * 60 },
	{ STR("EDT"), -4 * 60 },
	{ STR("CST"), -6 * 60 },
	{ STR("CDT"), -5 * 60 },
	{ STR("MST"), -7 * 60 },
	{ STR("MDT"), -6 * 60 },
	{ STR("PST"), -8 * 60 },
	{ STR("PDT"), -7 * 60 },
};

struct date {
	int64_t year, month, day; /* month and day from 1 */
	int64_t hour, minute, second;
	int64_t zone_minutes;
};

/* ---- the calendar: days of a year that begins in March, so that a leap day is its last */

static int64_t
days_before(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	/* 400 years are 146097 days; year 0 is a leap year, and March 1 of it day 0. */
	return y * 365 + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) + (m * 306 + 5) / 10 + day - 1;
}

static int64_t
days_in(int64_t year, int64_t month)
{
	return month == 12 ? 31 : days_before(year, month + 1, 1) - days_before(year, month, 1);
}

/* Seconds since 1970; a leap second is the one after it. */
static int64_t
seconds_of(const struct date *d)
{
	int64_t day = days_before(d->year, d->month, d->day) - days_before(1970, 1, 1);

	return day * DAY + d->hour * HOUR + (d->minute - d->zone_minutes) * MINUTE + d->second;
}

static bool
exists(const struct date *d)
{
	return d->year >= 0 && d->year <= YEAR_MAX && d->month >= 1 && d->month <= 12 &&
	       d->day >= 1 && d->day <= days_in(d->year, d->month) && d->hour < 24 &&
	       d->minute < 60 && d->second <= 60;
}

/* ---- printing */

/* The date at `seconds` in local time. A zone has whole minutes here, whatever history says. */
static struct date
local_date(int64_t seconds)
{
	static const struct date first = { .month = 1, .day = 1 },
				 last = { YEAR_MAX, 12, 31, 23, 59, 59, 0 };
	int64_t day, left, lowest = seconds_of(&first) + DAY, highest = seconds_of(&last) - DAY;
	struct date d = { 0 };
	struct tm tm = { 0 };

	seconds = seconds < lowest ? lowest : seconds > highest ? highest : seconds;
	localtime_r(&(time_t){ seconds }, &tm);
	d.zone_minutes = tm.tm_gmtoff / MINUTE;
	seconds += d.zone_minutes * MINUTE - seconds_of(&first);
	day = seconds / DAY;
	left = seconds % DAY;
	d.hour = left / HOUR;
	d.minute = left % HOUR / MINUTE;
	d.second = left % MINUTE;
	/* Without leap days: too late by up to seven years. */
	d.year = day / 365;
	while (days_before(d.year, 1, 1) - days_before(0, 1, 1) > day)
		d.year--;
	day -= days_before(d.year, 1, 1) - days_before(0, 1, 1);
	for (d.month = 1; day >= days_in(d.year, d.month); d.month++)
		day -= days_in(d.year, d.month);
	d.day = day + 1;
	return d;
}

static void
print_zone(int64_t minutes, const char *colon, char to[8])
{
	unsigned size = (unsigned)(minutes < 0 ? -minutes : minutes);

	snprintf(
	    to, 8, "%c%02u%.1s%02u", minutes < 0 ? '-' : '+', size / 60 % 100, colon, size % 60);
}

const char *
date_print(int64_t seconds, char *to)
{
	struct date d = local_date(seconds);
	/* The first two months of year 0 are before day 0, a Wednesday. */
	int64_t week_day = (days_before(d.year, d.month, d.day) + 9 * 7 + 3) % 7;
	char zone[8];

	print_zone(d.zone_minutes, "", zone);
	snprintf(to, DATE_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d %s", days[week_day],
	    (int)d.day, months[d.month - 1], (int)d.year, (int)d.hour, (int)d.minute, (int)d.second,
	    zone);
	return to;
}

const char *
date_print_rfc3339(int64_t seconds, char *to)
{
	struct date d = local_date(seconds);
	char zone[8];

	print_zone(d.zone_minutes, ":", zone);
	snprintf(to, DATE_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%s", (int)d.year, (int)d.month,
	    (int)d.day, (int)d.hour, (int)d.minute, (int)d.second, zone);
	return to;
}

/* ---- reading */

/* Past white space, line ends and comments, which nest; one that is not closed takes the rest. */
static void
skip_cfws(struct str *in)
{
	size_t depth = 0, n = 0;

	for (; n < in->len; n++) {
		char c = in->p[n];

		if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth > 0 && c == '\\')
			n++;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	*in = str_from(*in, n);
}

/* `least` to `most` digits, and no digit behind them. Returns how many; 0: not there. */
static size_t
take_digits(struct str *in, size_t least, size_t most, int64_t *value)
{
	size_t n = 0;

	*value = 0;
	for (; n < in->len && in->p[n] >= '0' && in->p[n] <= '9'; n++) {
		if (n == most)
			return 0;
		*value = *value * 10 + (in->p[n] - '0');
	}
	*in = str_from(*in, n);
	return n >= least ? n : 0;
}

static bool
take(struct str *in, char c)
{
	if (in->len == 0 || in->p[0] != c)
		return false;
	*in = str_from(*in, 1);
	return true;
}

static struct str
take_word(struct str *in)
{
	struct str word = { in->p, 0 };

	while (word.len < in->len &&
	       ((in->p[word.len] | 0x20) >= 'a' && (in->p[word.len] | 0x20) <= 'z'))
		word.len++;
	*in = str_from(*in, word.len);
	return word;
}

/* Counted from 1; 0: none of them. */
static int
name_index(struct str word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(word, str_of(names[i])))
			return (int)i + 1;
	return 0;
}

/* day-name "," ; the comma was not always there */
static bool
take_day_name(struct str *in)
{
	struct str word = take_word(in);

	if (word.len > 0 && name_index(word, days, COUNT(days)) == 0)
		return false;
	skip_cfws(in);
	if (word.len > 0 && take(in, ','))
		skip_cfws(in);
	return true;
}

/* day month year; years of two and three digits count as RFC 5322, 4.3 says */
static bool
take_day(struct str *in, struct date *d)
{
	size_t digits;

	if (take_digits(in, 1, 2, &d->day) == 0)
		return false;
	skip_cfws(in);
	d->month = name_index(take_word(in), months, COUNT(months));
	skip_cfws(in);
	digits = take_digits(in, 2, 4, &d->year);
	if (digits == 3 || (digits == 2 && d->year >= 50))
		d->year += 1900;
	else if (digits == 2)
		d->year += 2000;
	skip_cfws(in);
	return digits > 0;
}

/* hour ":" minute [ ":" second ] */
static bool
take_time(struct str *in, struct date *d)
{
	if (take_digits(in, 1, 2, &d->hour) == 0)
		return false;
	skip_cfws(in);
	if (!take(in, ':'))
		return false;
	skip_cfws(in);
	if (take_digits(in, 2, 2, &d->minute) == 0)
		return false;
	skip_cfws(in);
	if (!take(in, ':'))
		return true;
	skip_cfws(in);
	if (take_digits(in, 2, 2, &d->second) == 0)
		return false;
	skip_cfws(in);
	return true;
}

/* zone = ( "+" / "-" ) 4DIGIT / names */
static bool
take_zone(struct str *in, struct date *d)
{
	bool west = take(in, '-'), east = !west && take(in, '+');
	struct str word;
	int64_t hhmm;

	if (west || east) {
		if (take_digits(in, 4, 4, &hhmm) == 0 || hhmm % 100 >= 60 || hhmm / 100 >= 24)
			return false;
		d->zone_minutes = (hhmm / 100 * 60 + hhmm % 100) * (west ? -1 : 1);
		return true;
	}
	word = take_word(in);
	for (size_t i = 0; i < COUNT(zones); i++)
		if (str_eq_nocase(word, zones[i].name))
			d->zone_minutes = zones[i].minutes;
	return true;
}

bool
date_parse(struct str in, int64_t *seconds, int *zone_minutes)
{
	struct date d = { 0 };

	skip_cfws(&in);
	if (!take_day_name(&in) || !take_day(&in, &d) || !take_time(&in, &d) || !take_zone(&in, &d))
		return false;
	skip_cfws(&in);
	if (in.len > 0 || !exists(&d))
		return false;
	*seconds = seconds_of(&d);
	*zone_minutes = (int)d.zone_minutes;
	return true;
}

/* "Z", or "+hh:mm" */
static bool
take_offset(struct str *in, struct date *d)
{
	bool west;
	int64_t hours, minutes;

	if (take(in, 'Z') || take(in, 'z'))
		return true;
	west = take(in, '-');
	if (!west && !take(in, '+'))
		return false;
	if (take_digits(in, 2, 2, &hours) == 0 || !take(in, ':') ||
	    take_digits(in, 2, 2, &minutes) == 0)
		return false;
	d->zone_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
	return hours < 24 && minutes < 60;
}

bool
date_parse_rfc3339(struct str in, int64_t *seconds)
{
	struct date d = { 0 };
	int64_t fraction;

	if (take_digits(&in, 4, 4, &d.year) == 0 || !take(&in, '-') ||
	    take_digits(&in, 2, 2, &d.month) == 0 || !take(&in, '-') ||
	    take_digits(&in, 2, 2, &d.day) == 0)
		return false;
	if (!take(&in, 'T') && !take(&in, 't') && !take(&in, ' '))
		return false;
	if (take_digits(&in, 2, 2, &d.hour) == 0 || !take(&in, ':') ||
	    take_digits(&in, 2, 2, &d.minute) == 0 || !take(&in, ':') ||
	    take_digits(&in, 2, 2, &d.second) == 0)
		return false;
	if (take(&in, '.') && take_digits(&in, 1, 9, &fraction) == 0)
		return false;
	if (!take_offset(&in, &d) || in.len > 0 || !exists(&d))
		return false;
	*seconds = seconds_of(&d);
	return true;
}
