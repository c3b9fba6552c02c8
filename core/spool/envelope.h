/* SPDX-License-Identifier: MIT */
/*
 * envelope -- what is known of a message besides its text, as it is queued (RFC 5321, 2.3.1).
 *
 * Encoded in the log as tagged, length-prefixed fields: an unknown tag is skipped, so that an
 * older server reads what a newer one wrote.
 */
#ifndef CORE_SPOOL_ENVELOPE_H
#define CORE_SPOOL_ENVELOPE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/str.h"

struct arena;
struct buf;

enum { SPOOL_ID_MAX = 24 }; /* with the NUL */

enum rcpt_state {
	RCPT_QUEUED, /* to be attempted */
	RCPT_DELIVERED,
	RCPT_FAILED, /* and its DSN, where one is due, is queued */
	RCPT_PARKED,
	RCPT_DISCARDED,
	RCPT_DELETED /* by the administrator */
};

struct envelope_rcpt {
	struct str address;  /* canonical */
	struct str original; /* before aliases and redirects; "" where the same */
	struct str notify, orcpt;
	struct str deliverer; /* set by a policy's route; "" */
	struct str route_host;
	uint16_t route_port;
	/* what changes while it is queued */
	enum rcpt_state state;
	uint32_t attempts;
	int64_t next_ns; /* wall clock; 0: at once */
	bool warned;     /* a "delayed" notification was sent */
	struct str last; /* the last reply or reason; at most 512 bytes */
};

struct envelope {
	char id[SPOOL_ID_MAX];
	int64_t received_ns;
	struct str sender; /* canonical; "" for <> */
	struct str envid, ret;
	bool body_8bit, utf8;
	struct str via, helo, user, policy;
	struct ip client;
	uint64_t size;     /* bytes of the message as delivered */
	struct str parked; /* the reason, or "" */
	struct str owner;  /* of a parked message: who parked it */
	bool
	    is_notification; /* a DSN of ours: its failure is never told to anyone but postmaster */
	size_t rcpt_count;
	struct envelope_rcpt *rcpts;
};

int envelope_encode(const struct envelope *, struct buf *);
/* Into the arena; hostile bytes give -1 and a sentence. */
int envelope_decode(struct arena *, struct str, struct envelope *, struct err *);
/* A deep copy. */
struct envelope *envelope_copy(struct arena *, const struct envelope *);

#pragma GCC visibility pop
#endif
