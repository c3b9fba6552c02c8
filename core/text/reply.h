/* SPDX-License-Identifier: MIT */
/*
 * reply -- what an SMTP or LMTP server answers, read from its hostile end (RFC 5321, 4.2; RFC 2034;
 * RFC 3463).
 */
#ifndef CORE_TEXT_REPLY_H
#define CORE_TEXT_REPLY_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/str.h"

enum { REPLY_LINE_MAX = 4096, REPLY_LINES_MAX = 512, REPLY_TEXT_MAX = 16 * 1024 };

struct reply {
	int code;        /* 200..599 */
	char status[12]; /* "5.1.1" of the first line, or "" */
	struct buf text; /* lines joined by LF, without codes and status; what is not clean UTF-8 as
			    \xNN */
	size_t lines;
	bool complete; /* the next reply_read begins another reply */
};

enum reply_result { REPLY_MORE, REPLY_COMPLETE, REPLY_BROKEN };

void reply_init(struct reply *);
void reply_free(struct reply *);
void reply_clear(struct reply *);

/*
 * Read from the start of `in`; `*used` bytes are done with.
 *
 * COMPLETE   one whole reply is in `reply`; bytes after it are not touched
 * MORE       the lines so far are in `reply`; call again with the rest and what has come since
 * BROKEN     no code, different codes in one reply, or over a limit: close the connection
 *
 * LF alone ends a line too. Controls in the text are escaped, not refused: the code still counts.
 */
enum reply_result reply_read(struct reply *, struct str in, size_t *used);

/* Whether "x.y.z" is a status code fit for a reply of that code (first digits equal, no leading
 * zeros; RFC 3463, 2). */
bool reply_status_fits(int code, struct str status);

#pragma GCC visibility pop
#endif
