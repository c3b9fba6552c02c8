/* SPDX-License-Identifier: MIT */
/*
 * trace -- what each handler was asked and what it said, in order; printed as one log line.
 *
 *	rcpt maxrcpt next*3 1us; rcpt block.lua:9 defer 40us+1.200s (greylisted)
 *	stage handler result, how often in a row of alike, time spent, time waited, notes
 *
 * Lives in an arena. Alike steps are counted, not repeated, and there is a most: a message to a
 * thousand recipients has a short trace.
 */
#ifndef CORE_POLICY_TRACE_H
#define CORE_POLICY_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy/stage.h"
#include "core/policy/verdict.h"

struct arena;
struct buf;

enum { TRACE_STEPS_MAX = 64, TRACE_NOTE_MAX = 200 };

struct trace_step {
	enum stage stage;
	enum verdict verdict;
	const char *by;   /* outlives the trace */
	const char *note; /* or NULL */
	uint32_t count;
	uint64_t spent_ns; /* in the handler */
	uint64_t waited_ms;
};

struct trace {
	struct arena *arena;
	struct trace_step *steps;
	uint32_t count, cap;
	uint32_t lost; /* steps above the most */
	uint64_t spent_ns;
};

void trace_init(struct trace *, struct arena *);

/* Another step; `note` is copied, and cut at TRACE_NOTE_MAX bytes. */
void trace_add(struct trace *, const struct trace_step *);

/* Append the steps, "; " between them. */
void trace_print(const struct trace *, struct buf *);

#endif
