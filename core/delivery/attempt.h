/* SPDX-License-Identifier: MIT */
/*
 * attempt -- one call of a deliverer: one message, some of its recipients, one destination.
 *
 * It owns copies of all that the deliverer sees, because a thread that hangs may look at them for
 * ever: then the attempt is lost, its recipients are deferred, and its memory stays.
 */
#ifndef CORE_DELIVERY_ATTEMPT_H
#define CORE_DELIVERY_ATTEMPT_H

#include "core/delivery/deliverer.h"
#include "core/delivery/route.h"

struct config;
struct message;

enum {
	ATTEMPT_RCPTS_MAX = 50,          /* recipients of one call */
	ATTEMPT_MS_MAX = 30 * 60 * 1000, /* then it is cancelled */
	ATTEMPT_CANCEL_MS = 30 * 1000    /* and so much later given up for lost */
};

struct attempt_result {
	bool given;
	enum outcome outcome;
	char status[12];
	const char *reply;
	/* of a local mailbox; NULL otherwise */
	const char *mailbox, *base_name;
	uint64_t size;
	uint32_t crc;
};

/* `again`: see attempt_is_again. The route is copied. */
struct attempt *
attempt_create(struct message *, const struct envelope *, const struct route *, bool again);
/* Before attempt_start: another recipient of the same destination. */
void attempt_add(struct attempt *, size_t rcpt, struct str mailbox);
/* Whether it goes to the same destination, and has room. */
bool attempt_takes(const struct attempt *, const struct route *);

/* `over` is called once, later. -1: the pool is full; nothing will be called. */
int attempt_start(struct attempt *, void (*over)(struct attempt *, void *arg), void *arg);
void attempt_cancel(struct attempt *);

/* After `over`. A recipient without a result was deferred by us, with a reason. */
const struct attempt_result *attempt_result_of(const struct attempt *, size_t i);
void attempt_destroy(struct attempt *);

#endif
