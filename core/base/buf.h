/* SPDX-License-Identifier: MIT */
/*
 * buf -- bytes that grow, born with their maximum.
 *
 * Embedded by value in its owner. An addition that would pass the maximum adds nothing and
 * returns -1; the buffer then stays "over" so that a series of additions needs one check.
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#pragma GCC visibility push(default)

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct buf {
	char *p;
	size_t len;
	size_t cap;
	size_t max; /* bytes; never more */
	bool over;  /* an addition was refused since init or clear */
};

void buf_init(struct buf *, size_t max);
void buf_free(struct buf *);  /* frees the bytes; may be used again with the same maximum */
void buf_clear(struct buf *); /* no bytes, the memory kept */

int buf_add(struct buf *, const void *, size_t len);
int buf_add_str(struct buf *, struct str);
int buf_add_text(struct buf *, const char *);
int buf_add_byte(struct buf *, char);
int buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *, const char *format, va_list) __attribute__((format(printf, 2, 0)));

/* Room for `len` more bytes at the end, to be filled and then counted with buf_grow; NULL over the
 * maximum. */
char *buf_room(struct buf *, size_t len);
void buf_grow(struct buf *, size_t len);

/* Remove the first `len` bytes. */
void buf_consume(struct buf *, size_t len);
void buf_truncate(struct buf *, size_t len);

struct str buf_str(const struct buf *);

/* The content as a C string, valid until the next change. */
const char *buf_text(struct buf *);

#pragma GCC visibility pop
#endif
