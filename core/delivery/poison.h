/* SPDX-License-Identifier: MIT */
/*
 * poison -- messages whose delivery kills the worker: noticed by those who come after, and kept apart.
 *
 * The file `delivering` in the data folder, mapped by all workers, has a slot for each message that
 * is being delivered. A worker that dies leaves its slots behind; whoever adopts such a message
 * finds it there. Nothing is synced: after a loss of power the file is empty, because no message
 * was to blame for that.
 */
#ifndef CORE_DELIVERY_POISON_H
#define CORE_DELIVERY_POISON_H

#include <stdbool.h>

#include "core/base/err.h"

struct arena;
struct poison;

enum { POISON_CRASHES = 2 }; /* so often, then it is parked */

/* NULL with err: deliveries go on all the same, and nothing is noticed (all calls take NULL). */
struct poison *poison_open(struct arena *, const char *data, struct err *);

/* A message was found: how many workers have died of it, or beside it. */
unsigned poison_crashes(struct poison *, const char *id);

/* Around each delivery. After one that came to its end, the message is above suspicion. */
void poison_begin(struct poison *, const char *id);
void poison_end(struct poison *, const char *id);

#endif
