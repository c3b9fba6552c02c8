/* SPDX-License-Identifier: MIT */
/*
 * names -- users and mailboxes as names of folders: never two for one, never out of the root.
 *
 * A user is DOMAIN/LOCAL; of both, bytes other than [0-9A-Za-z_+=-] and a '.' that is not the first
 * are written %XX, and so is a '-' at the start. A mailbox is Maildir++: levels joined by '.', in
 * modified UTF-7 (RFC 3501, 5.1.3) as Dovecot writes it; a '.' within a level is in base64 too.
 */
#include "modules/maildir/maildir.h"

#include <string.h>

enum { LEVELS_MAX = 32 };

static const char base64[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       strchr("_+=", c) != NULL;
}

static void
escape(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c != '\0' && (is_plain(c) || (i > 0 && (c == '.' || c == '-'))))
			buf_add_byte(to, c);
		else
			buf_printf(to, "%%%02X", (unsigned char)c);
	}
}

/* What was built, into the caller's room; -1: too long. */
static int
give(struct buf *b, char *to, size_t size)
{
	int result = -1;

	if (!b->over && b->len > 0 && b->len < size) {
		memcpy(to, b->p, b->len);
		to[b->len] = '\0';
		result = 0;
	}
	buf_free(b);
	return result;
}

int
name_of_user(struct str user, char *to, size_t size)
{
	ptrdiff_t at = str_find_last(user, '@');
	struct buf b;
	size_t domain;

	if (at <= 0 || (size_t)at + 1 == user.len)
		return -1;
	buf_init(&b, size);
	escape(&b, str_from(user, (size_t)at + 1));
	domain = b.len;
	buf_add_byte(&b, '/');
	escape(&b, (struct str){ user.p, (size_t)at });
	if (domain > 255 || b.len - domain - 1 > 255) {
		buf_free(&b);
		return -1;
	}
	return give(&b, to, size);
}

/* ---- modified UTF-7 */

/* One code point of valid UTF-8. */
static uint32_t
take_point(struct str *s)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t point = len == 1 ? c : c & (0xffu >> (len + 1));

	for (size_t i = 1; i < len && i < s->len; i++)
		point = point << 6 | ((unsigned char)s->p[i] & 0x3f);
	*s = str_from(*s, len);
	return point;
}

static bool
is_direct(uint32_t point)
{
	return point >= 0x20 && point < 0x7f && point != '.' && point != '/';
}

/* UTF-16 units as base64 without padding. */
struct units {
	struct buf *to;
	uint32_t bits;
	unsigned count;
};

static void
add_unit(struct units *u, uint32_t unit)
{
	u->bits = u->bits << 16 | unit;
	for (u->count += 16; u->count >= 6; u->count -= 6)
		buf_add_byte(u->to, base64[u->bits >> (u->count - 6) & 63]);
	u->bits &= (1u << u->count) - 1;
}

/* The code points at the start of `level` that do not stand for themselves, as "&...-". */
static void
encode_run(struct buf *to, struct str *level)
{
	struct units u = { .to = to };

	buf_add_byte(to, '&');
	while (level->len > 0 && !is_direct((unsigned char)level->p[0])) {
		uint32_t point = take_point(level);

		if (point > 0xffff)
			add_unit(&u, 0xd800 + ((point - 0x10000) >> 10));
		add_unit(&u, point > 0xffff ? 0xdc00 + (point & 0x3ff) : point);
	}
	if (u.count > 0)
		buf_add_byte(to, base64[u.bits << (6 - u.count) & 63]);
	buf_add_byte(to, '-');
}

static void
encode_level(struct buf *to, struct str level)
{
	while (level.len > 0) {
		if (!is_direct((unsigned char)level.p[0])) {
			encode_run(to, &level);
			continue;
		}
		buf_add_byte(to, level.p[0]);
		if (level.p[0] == '&')
			buf_add_byte(to, '-');
		level = str_from(level, 1);
	}
}

static bool
level_is_valid(struct str level)
{
	return level.len > 0 && !str_eq(level, STR(".")) && !str_eq(level, STR("..")) &&
	       utf8_is_clean(level);
}

int
name_of_mailbox(struct str name, char *to, size_t size)
{
	struct str level;
	struct buf b;
	bool more = true;

	if (str_eq_nocase(name, STR("INBOX"))) {
		memcpy(to, ".", 2);
		return 0;
	}
	buf_init(&b, 255);
	for (int levels = 0; more; levels++) {
		more = str_cut(&name, '/', &level);
		if (levels == LEVELS_MAX || !level_is_valid(level)) {
			buf_free(&b);
			return -1;
		}
		buf_add_byte(&b, '.');
		encode_level(
		    &b, levels == 0 && str_eq_nocase(level, STR("INBOX")) ? STR("INBOX") : level);
	}
	return give(&b, to, size);
}

/* ---- and back */

static void
add_utf8(struct buf *to, uint32_t point)
{
	unsigned extra = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const unsigned char lead[4] = { 0, 0xc0, 0xe0, 0xf0 };

	buf_add_byte(to, (char)(lead[extra] | point >> (6 * extra)));
	while (extra-- > 0)
		buf_add_byte(to, (char)(0x80 | (point >> (6 * extra) & 0x3f)));
}

/* The base64 of one run; false: it is none. */
static bool
decode_run(struct buf *to, struct str run)
{
	uint32_t bits = 0, high = 0;
	unsigned count = 0;

	for (size_t i = 0; i < run.len; i++) {
		const char *at = memchr(base64, run.p[i], 64);
		uint32_t unit;

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - base64);
		count += 6;
		if (count < 16)
			continue;
		count -= 16;
		unit = bits >> count & 0xffff;
		bits &= (1u << count) - 1;
		if (unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
			continue;
		}
		add_utf8(to, high == 0 ? unit : 0x10000 + ((high - 0xd800) << 10) + (unit & 0x3ff));
		high = 0;
	}
	return true;
}

static bool
decode(struct str dir, struct buf *to)
{
	struct str run;

	while (dir.len > 0) {
		char c = dir.p[0];

		dir = str_from(dir, 1);
		if (c != '&') {
			buf_add_byte(to, c == '.' ? '/' : c);
			continue;
		}
		if (!str_cut(&dir, '-', &run))
			return false;
		if (run.len == 0)
			buf_add_byte(to, '&');
		else if (!decode_run(to, run))
			return false;
	}
	return true;
}

/* Only what we would write ourselves is a mailbox's name: so the way back is injective too. */
int
name_to_mailbox(struct str dir, struct buf *to)
{
	char again[256];

	buf_clear(to);
	if (dir.len < 2 || dir.p[0] != '.' || !decode(str_from(dir, 1), to))
		return -1;
	if (name_of_mailbox(buf_str(to), again, sizeof again) < 0 || !str_eq(str_of(again), dir))
		return -1;
	return 0;
}
