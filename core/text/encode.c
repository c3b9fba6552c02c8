/* SPDX-License-Identifier: MIT */
/* encode -- base64 (RFC 4648), xtext (RFC 3461, 4), hex, and questions about UTF-8 (RFC 3629). */
#include "core/text/encode.h"
#include "core/base/buf.h"
#include "core/base/utf8.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Give back a buffer to its length before, for `return undo(...)` from a decoder. */
static int
undo(struct buf *to, size_t len)
{
	buf_truncate(to, len);
	return -1;
}

/* The six bits that a character stands for, or -1. */
static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last `padding` are '=', to three bytes or fewer. */
static int
base64_group(const char *in, unsigned padding, struct buf *to)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		int value = i < 4 - padding ? base64_value(in[i]) : 0;

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
	}
	if ((bits & ((1u << 8 * padding) - 1)) != 0)
		return -1;
	return buf_add(
	    to, (char[]){ (char)(bits >> 16), (char)(bits >> 8), (char)bits }, 3 - padding);
}

int
base64_decode(struct str in, struct buf *to)
{
	size_t start = to->len;

	if (in.len % 4 != 0)
		return -1;
	for (; in.len > 0; in = str_from(in, 4)) {
		unsigned padding = 0;

		if (in.len == 4 && in.p[3] == '=')
			padding = in.p[2] == '=' ? 2 : 1;
		if (base64_group(in.p, padding, to) < 0)
			return undo(to, start);
	}
	return 0;
}

int
base64_encode(struct str in, struct buf *to)
{
	const unsigned char *p = (const unsigned char *)in.p;
	size_t left = in.len;
	char *out;

	if (in.len > SIZE_MAX / 2 || (out = buf_room(to, (in.len + 2) / 3 * 4)) == NULL)
		return -1;
	for (; left > 0; p += 3, out += 4) {
		uint32_t bits = (uint32_t)p[0] << 16;

		bits |= left > 1 ? (uint32_t)p[1] << 8 : 0;
		bits |= left > 2 ? p[2] : 0;
		out[0] = base64_alphabet[bits >> 18];
		out[1] = base64_alphabet[bits >> 12 & 63];
		out[2] = left > 1 ? base64_alphabet[bits >> 6 & 63] : '=';
		out[3] = left > 2 ? base64_alphabet[bits & 63] : '=';
		left -= left < 3 ? left : 3;
	}
	buf_grow(to, (in.len + 2) / 3 * 4);
	return 0;
}

static int
hex_value(char c, bool lower_too)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return lower_too && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the first two digits make, or -1. */
static int
hex_byte(struct str s, bool lower_too)
{
	int high = s.len >= 2 ? hex_value(s.p[0], lower_too) : -1;
	int low = high >= 0 ? hex_value(s.p[1], lower_too) : -1;

	return low >= 0 ? high << 4 | low : -1;
}

/* xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "=". */
static bool
is_xchar(char c)
{
	return c >= '!' && c <= '~' && c != '+' && c != '=';
}

/* xtext = *( xchar / hexchar ); hexchar = ASCII "+" immediately followed by two upper case
 * hexadecimal digits. */
int
xtext_decode(struct str in, struct buf *to)
{
	size_t start = to->len;

	while (in.len > 0) {
		bool coded = in.p[0] == '+';
		int byte = coded               ? hex_byte(str_from(in, 1), false)
			   : is_xchar(in.p[0]) ? in.p[0]
					       : -1;

		if (byte < 0 || buf_add_byte(to, (char)byte) < 0)
			return undo(to, start);
		in = str_from(in, coded ? 3 : 1);
	}
	if (!utf8_is_clean(str_from(buf_str(to), start)))
		return undo(to, start);
	return 0;
}

int
xtext_encode(struct str in, struct buf *to)
{
	size_t start = to->len;

	for (size_t i = 0; i < in.len; i++) {
		int r = is_xchar(in.p[i]) ? buf_add_byte(to, in.p[i])
					  : buf_printf(to, "+%02X", (unsigned char)in.p[i]);

		if (r < 0)
			return undo(to, start);
	}
	return 0;
}

int
hex_encode(struct str in, struct buf *to)
{
	static const char digits[] = "0123456789abcdef";
	char *out;

	if (in.len > SIZE_MAX / 2 || (out = buf_room(to, in.len * 2)) == NULL)
		return -1;
	for (size_t i = 0; i < in.len; i++) {
		out[2 * i] = digits[(unsigned char)in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 15];
	}
	buf_grow(to, in.len * 2);
	return 0;
}

int
hex_decode(struct str in, struct buf *to)
{
	size_t start = to->len;

	for (; in.len > 0; in = str_from(in, 2)) {
		int byte = hex_byte(in, true);

		if (byte < 0 || buf_add_byte(to, (char)byte) < 0)
			return undo(to, start);
	}
	return 0;
}

bool
utf8_is_valid(struct str s)
{
	uint32_t code;
	size_t len;

	for (; s.len > 0; s = str_from(s, len))
		if ((len = utf8_next(s, &code)) == 0)
			return false;
	return true;
}

bool
utf8_is_clean(struct str s)
{
	uint32_t code;
	size_t len;

	for (; s.len > 0; s = str_from(s, len))
		if ((len = utf8_next(s, &code)) == 0 || !utf8_is_shown(code))
			return false;
	return true;
}

size_t
utf8_length(struct str s)
{
	size_t count = 0, len;
	uint32_t code;

	for (; s.len > 0; s = str_from(s, len > 0 ? len : 1), count++)
		len = utf8_next(s, &code);
	return count;
}
