/* SPDX-License-Identifier: MIT */
/* buf -- bytes that grow, born with their maximum. */
#include "core/base/buf.h"
#include "core/base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SMALLEST = 64 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	mem_free(b->p);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->over = false;
}

char *
buf_room(struct buf *b, size_t len)
{
	size_t cap = b->cap > 0 ? b->cap : SMALLEST;

	if (len > b->max - b->len) {
		b->over = true;
		return NULL;
	}
	/* One byte more than asked, so that buf_text can end it. */
	while (cap < b->len + len + 1)
		cap *= 2;
	if (cap != b->cap) {
		b->p = mem_grow(b->p, b->cap, cap);
		b->cap = cap;
	}
	return b->p + b->len;
}

void
buf_grow(struct buf *b, size_t len)
{
	assert(len < b->cap - b->len);
	b->len += len;
}

int
buf_add(struct buf *b, const void *from, size_t len)
{
	char *to = buf_room(b, len);

	if (to == NULL)
		return -1;
	if (len > 0)
		memcpy(to, from, len);
	b->len += len;
	return 0;
}

int
buf_add_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.len);
}

int
buf_add_text(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_add_byte(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_vprintf(struct buf *b, const char *format, va_list ap)
{
	va_list again;
	char *to;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	assert(len >= 0);
	to = buf_room(b, (size_t)len);
	if (to != NULL) {
		vsnprintf(to, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
	return to != NULL ? 0 : -1;
}

int
buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = buf_vprintf(b, format, ap);
	va_end(ap);
	return r;
}

void
buf_consume(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	memmove(b->p, b->p + len, b->len - len);
	b->len -= len;
}

void
buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p != NULL ? b->p : "", b->len };
}

const char *
buf_text(struct buf *b)
{
	if (b->p == NULL)
		return "";
	b->p[b->len] = '\0';
	return b->p;
}
