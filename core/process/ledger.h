/* SPDX-License-Identifier: MIT */
/*
 * ledger -- what each worker is doing at this moment, in memory that outlives it: a crash has a
 * name.
 *
 * Each thread of a worker has an entry; the core fills it in around every call of a module or a
 * script. When the worker dies, the master reads what it was doing and logs it. The beat tells
 * whether its loop still turns.
 */
#ifndef CORE_PROCESS_LEDGER_H
#define CORE_PROCESS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"

struct ledger;

enum { LEDGER_TEXT_MAX = 40, LEDGER_THREADS = 24, LEDGER_DEPTH = 3 };

/* One call under way. */
struct ledger_entry {
	uint32_t busy;     /* 0: between calls */
	uint32_t died;     /* the signal that this very thread died of, or 0 */
	uint64_t since_ms; /* monotonic */
	struct ip client;
	char by[LEDGER_TEXT_MAX];   /* "maxrcpt" or "block.lua:5" */
	char what[LEDGER_TEXT_MAX]; /* the stage or the ability's function: "rcpt", "deliver" */
	char id[LEDGER_TEXT_MAX];   /* of the message, or "" */
};

/* Shared memory for `fd` (a memfd of ledger_size bytes), whose column `column` this process writes;
 * fd -1: private. */
size_t ledger_size(void);
struct ledger *ledger_open(int fd, unsigned column, struct err *);
void ledger_close(struct ledger *);

/* In the worker: write the entry of the calling thread into this ledger, and note deadly signals
 * there. */
void ledger_set_here(struct ledger *);

/*
 * Around each call: `by` and `what` are copied, cut where longer. `id` and `client` may be NULL.
 * Calls may nest: a protocol's that leads to a handler's.
 * Costs a few nanoseconds. Where no ledger is here, does nothing that matters.
 */
void ledger_enter(const char *by, const char *what, const char *id, const struct ip *client);
void ledger_leave(void);

/* The loop turns. */
void ledger_beat(struct ledger *);

/* In the master: how often a column has beaten; what it was doing when it died (false: nothing);
 * forget it. */
uint64_t ledger_beats(const struct ledger *, unsigned column);
bool ledger_last(const struct ledger *, unsigned column, struct ledger_entry *);
void ledger_clear_column(struct ledger *, unsigned column);

#endif
