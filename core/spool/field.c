/* SPDX-License-Identifier: MIT */
/* field -- tagged, length-prefixed fields: how every payload of the log is written. */
#include "core/spool/field.h"
#include "core/base/buf.h"

#include <assert.h>

void
put_le(void *to, uint64_t value, size_t bytes)
{
	unsigned char *p = to;

	for (size_t i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

uint64_t
get_le(const void *from, size_t bytes)
{
	const unsigned char *p = from;
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

static void
add_header(struct buf *b, uint16_t tag, size_t len)
{
	char header[FIELD_HEADER];

	assert(len <= UINT32_MAX);
	put_le(header, tag, 2);
	put_le(header + 2, len, 4);
	buf_add(b, header, sizeof header);
}

void
field_add(struct buf *b, uint16_t tag, struct str value)
{
	if (value.len == 0)
		return;
	add_header(b, tag, value.len);
	buf_add_str(b, value);
}

void
field_add_number(struct buf *b, uint16_t tag, uint64_t value)
{
	char bytes[8];

	if (value == 0)
		return;
	put_le(bytes, value, 8);
	field_add(b, tag, (struct str){ bytes, 8 });
}

size_t
field_begin(struct buf *b, uint16_t tag)
{
	size_t begun = b->len;

	add_header(b, tag, 0);
	return begun;
}

void
field_end(struct buf *b, size_t begun)
{
	if (b->over)
		return;
	put_le(b->p + begun + 2, b->len - begun - FIELD_HEADER, 4);
}

int
field_next(struct str *rest, struct field *f)
{
	size_t len;

	if (rest->len == 0)
		return 0;
	if (rest->len < FIELD_HEADER)
		return -1;
	len = get_le(rest->p + 2, 4);
	if (len > rest->len - FIELD_HEADER)
		return -1;
	f->tag = (uint16_t)get_le(rest->p, 2);
	f->value = (struct str){ rest->p + FIELD_HEADER, len };
	*rest = str_from(*rest, FIELD_HEADER + len);
	return 1;
}

uint64_t
field_number(struct field f)
{
	return f.value.len == 8 ? get_le(f.value.p, 8) : 0;
}
