/* SPDX-License-Identifier: MIT */
/* str -- bytes with a length: how text from the network is held. */
#include "core/base/str.h"
#include "core/base/arena.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

struct str
str_of(const char *s)
{
	return (struct str){ s != NULL ? s : "", s != NULL ? strlen(s) : 0 };
}

struct str
str_copy(struct arena *a, struct str s)
{
	return (struct str){ arena_copy(a, s.p, s.len), s.len };
}

struct str
str_lower(struct arena *a, struct str s)
{
	char *p = arena_copy(a, s.p, s.len);

	for (size_t i = 0; i < s.len; i++)
		p[i] = lower(p[i]);
	return (struct str){ p, s.len };
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){ s.p, prefix.len }, prefix);
}

bool
str_starts_nocase(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq_nocase((struct str){ s.p, prefix.len }, prefix);
}

bool
str_ends_nocase(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq_nocase(str_from(s, s.len - suffix.len), suffix);
}

int
str_compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

ptrdiff_t
str_find(struct str s, char c)
{
	const char *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return at != NULL ? at - s.p : -1;
}

ptrdiff_t
str_find_last(struct str s, char c)
{
	const char *at = s.len > 0 ? memrchr(s.p, c, s.len) : NULL;

	return at != NULL ? at - s.p : -1;
}

struct str
str_from(struct str s, size_t start)
{
	if (start > s.len)
		start = s.len;
	/* Nothing is added to the NULL of an empty one: that would be undefined. */
	return start > 0 ? (struct str){ s.p + start, s.len - start } : s;
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

bool
str_cut(struct str *rest, char c, struct str *before)
{
	ptrdiff_t at = str_find(*rest, c);

	if (at < 0) {
		*before = *rest;
		*rest = str_from(*rest, rest->len);
		return false;
	}
	*before = (struct str){ rest->p, (size_t)at };
	*rest = str_from(*rest, (size_t)at + 1);
	return true;
}

bool
str_number(struct str s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
			return false;
	}
	if (n > max)
		return false;
	*value = n;
	return true;
}
