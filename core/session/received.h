/* SPDX-License-Identifier: MIT */
/* received -- the trace field that each server puts on top of a message (RFC 5321, 4.4; RFC 3848).
 */
#ifndef CORE_SESSION_RECEIVED_H
#define CORE_SESSION_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/ip.h"
#include "core/base/str.h"

struct buf;

struct received {
	const char *via; /* "smtp", "submission", "lmtp", ... */
	struct str helo; /* as the client said it */
	struct ip client;
	const char *hostname; /* ours */
	const char *id;
	struct str rcpt; /* where there is one only; "" */
	bool esmtp, secure, authenticated, utf8;
	int64_t seconds; /* since 1970 */
};

/*
 * Append the field with its CRLF. Nothing that the client said can end a comment or a line. Where
 * an authenticated user connects from is nobody's business: neither name nor address is told.
 */
int received_print(struct buf *, const struct received *);

#endif
