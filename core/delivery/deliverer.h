/* SPDX-License-Identifier: MIT */
/*
 * deliverer -- the ability to hand a queued message on: into a mailbox, to another server.
 *
 * `blocking` deliverers are straight-line C, called on a pool thread with a deadline; others are
 * called on the loop and finish later by attempt_finish.
 */
#ifndef CORE_DELIVERY_DELIVERER_H
#define CORE_DELIVERY_DELIVERER_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/spool/envelope.h"

struct attempt; /* one message, some of its recipients, one destination */

enum outcome { OUTCOME_DELIVERED, OUTCOME_DEFERRED, OUTCOME_FAILED };

struct deliverer {
	size_t size; /* sizeof(struct deliverer) */
	bool blocking;
	/* Every recipient gets its attempt_result before attempt_finish (or, blocking, before this returns). */
	void (*deliver)(void *conf, struct attempt *);
	/* The attempt is over time or the server stops: finish soon. NULL: nothing to do. */
	void (*cancel)(void *conf, struct attempt *);
};

/* The envelope, with the recipients of this attempt only. */
const struct envelope *attempt_envelope(const struct attempt *);
size_t attempt_rcpt_count(const struct attempt *);
const struct envelope_rcpt *attempt_rcpt(const struct attempt *, size_t i);
/* The index of the recipient in its envelope, for names that must not repeat. */
size_t attempt_rcpt_index(const struct attempt *, size_t i);
/* The canonical user of a local recipient: "alice@example.test". */
struct str attempt_mailbox(const struct attempt *, size_t i);
struct str attempt_host(const struct attempt *); /* of the route; "" where it names none */
uint16_t attempt_port(const struct attempt *);
/* An earlier attempt may have succeeded without this server knowing (it died between the two). */
bool attempt_is_again(const struct attempt *);

uint64_t attempt_size(const struct attempt *);
int64_t attempt_read(struct attempt *, uint64_t offset, void *, size_t len, struct err *);
bool attempt_in_memory(struct attempt *, struct str piece[2]);
bool attempt_is_cancelled(const struct attempt *);

/*
 * status "2.0.0", "4.2.2", ...; reply: what to log and to tell the sender, one line, copied.
 */
void
attempt_result(struct attempt *, size_t i, enum outcome, const char *status, const char *reply);
/* Besides, for a local mailbox: where it is, so that the checkpoint can make it durable. */
void attempt_stored(struct attempt *, size_t i, const char *mailbox_path, const char *base_name,
    uint64_t size, uint32_t crc);
void attempt_finish(struct attempt *);

#pragma GCC visibility pop
#endif
