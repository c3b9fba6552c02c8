/* SPDX-License-Identifier: MIT */
/* leaf -- one recipient in its turn of delivery, and what came of it; for the files of core/delivery. */
#ifndef CORE_DELIVERY_LEAF_H
#define CORE_DELIVERY_LEAF_H

#include "core/delivery/attempt.h"

enum fate { FATE_NONE, FATE_DELIVERED, FATE_DEFERRED, FATE_FAILED, FATE_PARKED, FATE_DISCARDED };

struct leaf {
	size_t rcpt; /* index in the envelope */
	struct route route;
	enum route_result routed;
	struct attempt *attempt; /* its place in it is `in_attempt` */
	size_t in_attempt;

	enum fate fate;
	const char *status; /* "2.0.0" */
	const char *reply;  /* the deliverer's words, or why it was not tried */
	const char *why;    /* of FAILED where it is not the reply: "could not be ... within 5d" */
	bool warn;          /* DEFERRED, and its sender is to be told */
	int64_t next_ns;    /* of DEFERRED */
	const struct attempt_result *stored; /* of DELIVERED into a local mailbox; NULL */
};

const char *fate_name(enum fate); /* "delivered" */

#endif
