/* SPDX-License-Identifier: MIT */
/*
 * option -- what a module can be told: parsing, defaults, units and documentation in one table.
 */
#ifndef CORE_POLICY_OPTION_H
#define CORE_POLICY_OPTION_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_IS_END,
	OPTION_IS_INT,      /* int64_t */
	OPTION_IS_BOOL,     /* bool */
	OPTION_IS_STRING,   /* const char *, never NULL */
	OPTION_IS_PATH,     /* const char *; relative to the data folder, made absolute */
	OPTION_IS_DURATION, /* uint64_t milliseconds; "30s" */
	OPTION_IS_SIZE,     /* uint64_t bytes; "10M" */
	OPTION_IS_LIST      /* const struct option_list *, never NULL */
};

struct option_list {
	size_t count;
	const char *const *items;
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;
	const char *initial; /* the default, as one would write it; NULL: must be given */
	const char *summary;
};

#define OPTION(type_, struct_, field_, initial_, summary_) \
	{ \
#		field_, type_, offsetof(struct_, field_), initial_, summary_ \
	}
#define OPTION_INT(s, f, initial, summary) OPTION(OPTION_IS_INT, s, f, #initial, summary)
#define OPTION_BOOL(s, f, initial, summary) OPTION(OPTION_IS_BOOL, s, f, #initial, summary)
#define OPTION_STRING(s, f, initial, summary) OPTION(OPTION_IS_STRING, s, f, initial, summary)
#define OPTION_PATH(s, f, initial, summary) OPTION(OPTION_IS_PATH, s, f, initial, summary)
#define OPTION_DURATION(s, f, initial, summary) OPTION(OPTION_IS_DURATION, s, f, initial, summary)
#define OPTION_SIZE(s, f, initial, summary) OPTION(OPTION_IS_SIZE, s, f, initial, summary)
#define OPTION_LIST(s, f, initial, summary) OPTION(OPTION_IS_LIST, s, f, initial, summary)
#define OPTION_END \
	{ \
		NULL, OPTION_IS_END, 0, NULL, NULL \
	}

#pragma GCC visibility pop
#endif
