/* SPDX-License-Identifier: MIT */
/*
 * bounce -- records what became of recipients, and tells the sender (RFC 3461, 3464).
 *
 * A notification and the marks of the recipients that it tells of are one commit: after a crash
 * there are both or neither. There is none for the null sender, and none about a notification
 * (RFC 5321, 6.1): that is logged, and the message ends.
 */
#ifndef CORE_DELIVERY_BOUNCE_H
#define CORE_DELIVERY_BOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/delivery/leaf.h"

struct config;
struct envelope;
struct message;
struct spool;

struct bounce_options {
	const struct config *config;
	struct message *message;
	const struct envelope *envelope;
	const struct leaf *leaves; /* and what they refer to: alive until `done` */
	size_t leaf_count;
	bool silent; /* a policy said that nobody is told */
	int64_t now_ns;
	int64_t retry_ns;    /* when to come back where the notification cannot be queued */
	uint64_t give_up_ms; /* for the words of a delay */
};

/* Whether the sender is to be told of it: failed or late, and asked for (NOTIFY), and possible. */
bool bounce_is_due(const struct envelope *, const struct leaf *);

/*
 * Record all. False: it is done. True: a notification is on its way to the disk, and `done` is
 * called later; `told` false: it could not be queued, and those recipients were deferred instead.
 */
bool bounce_record(
    struct spool *, const struct bounce_options *, void (*done)(bool told, void *arg), void *arg);

#endif
