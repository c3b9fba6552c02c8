/* SPDX-License-Identifier: MIT */
/*
 * str -- bytes with a length: how text from the network is held.
 *
 * A `struct str` borrows; it owns nothing and need not end in NUL. Passed by value.
 */
#ifndef CORE_BASE_STR_H
#define CORE_BASE_STR_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
	const char *p;
	size_t len;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_FMT(s) (int)(s).len, (s).p /* for "%.*s" */

struct str str_of(const char *);                  /* of a C string; NULL gives the empty one */
struct str str_copy(struct arena *, struct str);  /* a copy with a NUL behind it */
struct str str_lower(struct arena *, struct str); /* a copy, A-Z made lower case */

bool str_eq(struct str, struct str);
bool str_eq_nocase(struct str, struct str); /* ASCII letters only */
bool str_starts(struct str, struct str prefix);
bool str_starts_nocase(struct str, struct str prefix);
bool str_ends_nocase(struct str, struct str suffix);
int str_compare(struct str, struct str); /* as memcmp, the shorter first */

/* The index of the first `c`, or -1. */
ptrdiff_t str_find(struct str, char c);
ptrdiff_t str_find_last(struct str, char c);

struct str str_from(struct str, size_t start); /* without the first `start` bytes */
struct str str_trim(struct str);               /* without spaces and tabs at both ends */
bool str_cut(struct str *rest, char c,
    struct str *before); /* split at the first `c`; false: none, `before` = all */

/* Digits only, no sign, at least one: true and the value; false also where it is over `max`. */
bool str_number(struct str, uint64_t max, uint64_t *value);

#pragma GCC visibility pop
#endif
