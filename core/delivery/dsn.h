/* SPDX-License-Identifier: MIT */
/*
 * dsn -- the text of a delivery status notification (RFC 3462, 3464, 6522; RFC 3834 for its marks).
 *
 * Three parts: words for a person, fields for a program, the header of the original.
 */
#ifndef CORE_DELIVERY_DSN_H
#define CORE_DELIVERY_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct buf;

enum { DSN_HEADER_MAX = 64 * 1024, DSN_RCPTS_MAX = 1000, DSN_MAX = 1024 * 1024 };

struct dsn_rcpt {
	struct str address, original, orcpt; /* `original`, `orcpt`: "" where there is none */
	bool delayed;       /* it is late, and will be tried again; else it has failed */
	const char *status; /* "5.1.1" */
	const char *reply;  /* what was said, by us or by the other server */
	const char *why;    /* or NULL */
	struct str host;    /* the server that said it; "" */
};

struct dsn {
	const char *hostname;
	const char *id;          /* of the notification */
	const char *original_id; /* spool id */
	struct str sender;       /* to whom it goes */
	struct str envid;
	int64_t received, now; /* seconds since 1970 */
	uint64_t left_ms;      /* DELAYED: how long it will still be tried */
	uint64_t boundary;     /* a random number: the original cannot know it */
	const struct dsn_rcpt *rcpts;
	size_t count;
	struct str header; /* of the original, as much as is to be shown */
};

/* 0, or -1 where it does not fit. */
int dsn_print(const struct dsn *, struct buf *);

/* What the reader can do about a status such as "5.1.1". */
const char *dsn_advice(const char *status, bool delayed);

#endif
