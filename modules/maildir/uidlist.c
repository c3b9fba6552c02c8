/* SPDX-License-Identifier: MIT */
/* uidlist -- which message has which UID: lines read and written (see uidlist.h for the format). */
#include "modules/maildir/uidlist.h"

#include <string.h>

static const struct str head_name = { "postern-uidlist 1 ", 18 };

void
uidlist_init(struct uidlist *l, struct arena *arena)
{
	*l = (struct uidlist){ .arena = arena, .next = 1 };
	buf_init(&l->entries, SIZE_MAX / 2);
}

void
uidlist_free(struct uidlist *l)
{
	buf_free(&l->entries);
}

size_t
uidlist_count(const struct uidlist *l)
{
	return l->entries.len / sizeof(struct uid_entry);
}

struct uid_entry *
uidlist_at(const struct uidlist *l, size_t i)
{
	return (struct uid_entry *)(void *)l->entries.p + i;
}

struct uid_entry *
uidlist_find(const struct uidlist *l, uint32_t uid)
{
	size_t from = 0, to = uidlist_count(l);

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		struct uid_entry *e = uidlist_at(l, middle);

		if (e->uid == uid)
			return e;
		if (e->uid < uid)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

bool
uidlist_name_is_valid(struct str name)
{
	if (name.len == 0 || name.len > UIDLIST_NAME_MAX || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f || name.p[i] == '/')
			return false;
	return true;
}

/* UIDs only go up: an entry at or below what was there before is no entry. */
static struct uid_entry *
push(struct uidlist *l, struct uid_entry e)
{
	size_t count = uidlist_count(l);

	if (e.uid == 0 || e.uid == UINT32_MAX ||
	    (count > 0 && uidlist_at(l, count - 1)->uid >= e.uid))
		return NULL;
	e.name = str_copy(l->arena, e.name);
	e.fields = str_copy(l->arena, e.fields);
	e.pop3 = str_copy(l->arena, e.pop3);
	buf_add(&l->entries, &e, sizeof e);
	if (l->next <= e.uid)
		l->next = e.uid + 1;
	return uidlist_at(l, count);
}

static bool
number32(struct str s, uint32_t *value)
{
	uint64_t n;

	if (!str_number(s, UINT32_MAX, &n))
		return false;
	*value = (uint32_t)n;
	return true;
}

/* What POP3 may say as a name (RFC 1939, 7). */
static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* One field of a line; what does not mean anything to us is kept all the same. */
static void
read_field(struct str field, struct uid_entry *e)
{
	struct str value = str_from(field, 1);
	uint64_t n;

	switch (field.p[0]) {
	case 'W':
		if (str_number(value, INT64_MAX, &n))
			e->size = n;
		break;
	case 'D':
		if (str_number(value, INT64_MAX / 1000000000, &n))
			e->date = (int64_t)n;
		break;
	case 'P':
		if (is_printable(value))
			e->pop3 = value;
		break;
	}
}

/* "2 W2481 D1276533073 :1276533073.M242P34.kurkku" */
static bool
read_entry(struct str line, struct uid_entry *e)
{
	struct str uid, field;

	*e = (struct uid_entry){ 0 };
	if (!str_cut(&line, ' ', &uid) || !number32(uid, &e->uid))
		return false;
	e->fields = (struct str){ line.p, 0 };
	while (line.len > 0 && line.p[0] != ':') {
		if (!str_cut(&line, ' ', &field) || field.len == 0)
			return false;
		read_field(field, e);
	}
	if (line.len == 0)
		return false;
	e->fields.len = (size_t)(line.p - e->fields.p);
	e->name = str_from(line, 1);
	return uidlist_name_is_valid(e->name);
}

/* "postern-uidlist 1 V1763712000 N4" */
static bool
read_head(struct uidlist *l, struct str line)
{
	struct str word;
	uint32_t validity = 0, next = 0;
	bool more = true;

	if (!str_starts(line, head_name))
		return false;
	line = str_from(line, head_name.len);
	while (more) {
		more = str_cut(&line, ' ', &word);
		if (word.len > 1 && word.p[0] == 'V' && !number32(str_from(word, 1), &validity))
			return false;
		if (word.len > 1 && word.p[0] == 'N' && !number32(str_from(word, 1), &next))
			return false;
	}
	if (validity == 0 || next == 0)
		return false;
	l->validity = validity;
	if (l->next < next)
		l->next = next;
	return true;
}

/* Eight digits of lower case; false: they are not. */
static bool
read_hex32(const char *p, uint32_t *n)
{
	static const char digits[16] = "0123456789abcdef";

	*n = 0;
	for (int i = 0; i < 8; i++) {
		const char *at = memchr(digits, p[i], sizeof digits);

		if (at == NULL)
			return false;
		*n = *n << 4 | (uint32_t)(at - digits);
	}
	return true;
}

static bool
read_line(struct uidlist *l, struct str line)
{
	struct uid_entry e;
	struct str rest;
	uint32_t crc;

	if (line.len < UIDLIST_LINE_MIN || line.p[8] != ' ' || !read_hex32(line.p, &crc))
		return false;
	rest = str_from(line, 9);
	if (crc != crc32c(0, rest.p, rest.len))
		return false;
	if (l->validity == 0 && uidlist_count(l) == 0 && read_head(l, rest))
		return true;
	return read_entry(rest, &e) && push(l, e) != NULL;
}

/* The UIDs of damaged lines may have been announced: they are never given again. */
static void
skip_uids(struct uidlist *l, size_t damaged)
{
	uint64_t next = (uint64_t)l->next + damaged / UIDLIST_LINE_MIN + 1;

	l->damaged += damaged;
	l->next = next > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)next;
}

size_t
uidlist_read(struct uidlist *l, struct str text)
{
	size_t used = 0;
	ptrdiff_t end;

	while ((end = str_find(str_from(text, used), '\n')) >= 0) {
		if (!read_line(l, (struct str){ text.p + used, (size_t)end }))
			skip_uids(l, (size_t)end);
		used += (size_t)end + 1;
	}
	return used;
}

struct uid_entry *
uidlist_add(struct uidlist *l, struct str name, uint64_t size, int64_t date, struct str pop3)
{
	struct uid_entry e = {
		.uid = l->next, .name = name, .size = size, .date = date, .pop3 = pop3
	};
	struct buf fields;
	struct uid_entry *added;

	buf_init(&fields, 1024);
	if (size > 0)
		buf_printf(&fields, "W%llu ", (unsigned long long)size);
	if (date > 0)
		buf_printf(&fields, "D%lld ", (long long)date);
	if (pop3.len > 0) {
		buf_add_byte(&fields, 'P');
		buf_add_str(&fields, pop3);
		buf_add_byte(&fields, ' ');
	}
	e.fields = buf_str(&fields);
	added = push(l, e);
	buf_free(&fields);
	return added;
}

static void
print_line(struct buf *to, struct str rest)
{
	buf_printf(to, "%08x ", crc32c(0, rest.p, rest.len));
	buf_add_str(to, rest);
	buf_add_byte(to, '\n');
}

void
uidlist_print_head(const struct uidlist *l, struct buf *to)
{
	struct buf line;

	buf_init(&line, 256);
	buf_add_str(&line, head_name);
	buf_printf(&line, "V%u N%u", l->validity, l->next);
	print_line(to, buf_str(&line));
	buf_free(&line);
}

void
uidlist_print(const struct uid_entry *e, struct buf *to)
{
	struct buf line;

	buf_init(&line, 16 * 1024);
	buf_printf(&line, "%u ", e->uid);
	buf_add_str(&line, e->fields);
	buf_add_byte(&line, ':');
	buf_add_str(&line, e->name);
	print_line(to, buf_str(&line));
	buf_free(&line);
}

/* Base name: without the flags (":2,S"). */
static struct str
base_of(struct str name)
{
	struct str base;

	str_cut(&name, ':', &base);
	return base;
}

/*
 * Version 3: "25017 W2481 P0001 :1276533073.M242P34.kurkku:2,F"; version 1: "25017 1276533073..."
 * A P without a value: POP3 has named the message by its base name.
 */
static void
read_dovecot_line(struct uidlist *l, struct str line, unsigned version)
{
	struct uid_entry e = { 0 };
	struct str uid, field;
	bool by_name = false;

	if (!str_cut(&line, ' ', &uid) || !number32(uid, &e.uid))
		return;
	while (version == 3 && line.len > 0 && line.p[0] != ':') {
		if (!str_cut(&line, ' ', &field) || field.len == 0)
			return;
		if (field.p[0] == 'W' || field.p[0] == 'P')
			read_field(field, &e);
		by_name = by_name || str_eq(field, STR("P"));
	}
	if (version == 3)
		line = str_from(line, 1);
	line = base_of(line);
	if (e.uid < l->next || !uidlist_name_is_valid(line))
		return;
	if (by_name && is_printable(line))
		e.pop3 = line;
	l->next = e.uid;
	uidlist_add(l, line, e.size, 0, e.pop3);
}

/* "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1" or "1 1275660208 25022" */
static bool
read_dovecot_head(struct str line, unsigned *version, uint32_t *validity, uint32_t *next)
{
	struct str word;
	bool more = true;

	*validity = *next = 0;
	str_cut(&line, ' ', &word);
	if (!number32(word, version) || (*version != 1 && *version != 3))
		return false;
	if (*version == 1)
		return str_cut(&line, ' ', &word) && number32(word, validity) &&
		       number32(line, next) && *validity > 0;
	while (more) {
		more = str_cut(&line, ' ', &word);
		if (word.len > 1 && word.p[0] == 'V' && !number32(str_from(word, 1), validity))
			return false;
		if (word.len > 1 && word.p[0] == 'N' && !number32(str_from(word, 1), next))
			return false;
	}
	return *validity > 0;
}

bool
uidlist_read_dovecot(struct uidlist *l, struct str text)
{
	struct str line;
	unsigned version;
	uint32_t next;

	str_cut(&text, '\n', &line);
	if (!read_dovecot_head(line, &version, &l->validity, &next))
		return false;
	while (str_cut(&text, '\n', &line))
		read_dovecot_line(l, line, version);
	if (l->next < next)
		l->next = next;
	return true;
}
