/* SPDX-License-Identifier: MIT */
/*
 * utf8 -- code points in bytes that claim to be UTF-8 (RFC 3629).
 *
 *	lead bytes   length   smallest code point (below it: an overlong form)
 *	00..7f       1
 *	c2..df       2        U+0080
 *	e0..ef       3        U+0800
 *	f0..f4       4        U+10000
 */
#include "core/base/utf8.h"

static size_t
length_of(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

size_t
utf8_next(struct str s, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s.len > 0 ? length_of((unsigned char)s.p[0]) : 0;
	uint32_t c;

	if (len == 0 || len > s.len)
		return 0;
	c = (unsigned char)s.p[0];
	if (len > 1)
		c &= 0xffu >> (len + 1);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.p[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (next & 0x3f);
	}
	if (c < smallest[len] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*code = c;
	return len;
}

bool
utf8_is_shown(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },         /* controls */
		{ 0x61c, 0x61c }, { 0x200e, 0x200f },   /* marks of direction */
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, /* separators; embeddings and isolates */
	};

	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	return true;
}
