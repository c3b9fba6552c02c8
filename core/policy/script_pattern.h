/* SPDX-License-Identifier: MIT */
/*
 * script_pattern -- Lua's patterns (Lua 5.4 manual, 6.4.1), with every step counted.
 *
 * Lua's own find, match, gmatch and gsub are C functions that no hook interrupts; a short pattern
 * can keep them busy for years (THREATS.md, L3). Classes are those of ASCII, whatever the locale.
 */
#ifndef CORE_POLICY_SCRIPT_PATTERN_H
#define CORE_POLICY_SCRIPT_PATTERN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

enum { PATTERN_CAPTURES_MAX = 32, PATTERN_ITEMS_MAX = 512, PATTERN_SETS_MAX = 32 };

struct pattern_item {
	uint8_t kind, repeat;
	uint8_t a, b; /* a byte, a class letter, a capture's number, the two of %bxy */
	uint8_t set;
};

struct pattern {
	bool anchored;
	size_t count;
	struct pattern_item items[PATTERN_ITEMS_MAX];
	size_t set_count;
	uint32_t sets[PATTERN_SETS_MAX][8]; /* a bit for each byte */
};

struct pattern_capture {
	const char *start;
	ptrdiff_t len; /* or one of these */
};
enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct pattern_match {
	struct str subject;
	size_t capture_count;
	struct pattern_capture captures[PATTERN_CAPTURES_MAX];
	const char *end; /* behind what matched */
	/* Called for every PATTERN_STEPS steps; may not return. */
	void (*charge)(void *arg, unsigned steps);
	void *arg;
	unsigned steps;
};
enum { PATTERN_STEPS = 256 };

/* Read a pattern; without `anchor` a leading '^' is a byte like others. NULL, or what is wrong with
 * it. */
const char *pattern_compile(struct pattern *, struct str text, bool anchor);

/* Try to match at `start` of the subject. */
bool pattern_try(const struct pattern *, struct pattern_match *, const char *start);

/* Replace find, match, gmatch and gsub in the table on top of the stack. */
void pattern_open(lua_State *);

#endif
