/* SPDX-License-Identifier: MIT */
/*
 * envelope -- what is known of a message besides its text, as fields in the log.
 *
 * The two tables are the format: tags are never given a new meaning.
 */
#include "core/spool/envelope.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/spool/field.h"

#include <assert.h>
#include <string.h>

enum { RCPTS_MAX = 100 * 1000, RCPT_TAG = 32 };

enum type { TEXT, FLAG, NUMBER_16, NUMBER_32, NUMBER_64 };

struct row {
	uint16_t tag;
	enum type type;
	size_t offset;
	size_t max; /* a text is cut here; 0: as long as it is */
};

/* clang-format off */
static const struct row envelope_rows[] = {
	{  2, NUMBER_64, offsetof(struct envelope, received_ns), 0 },
	{  3, TEXT,      offsetof(struct envelope, sender), 0 },
	{  4, TEXT,      offsetof(struct envelope, envid), 0 },
	{  5, TEXT,      offsetof(struct envelope, ret), 0 },
	{  6, FLAG,      offsetof(struct envelope, body_8bit), 0 },
	{  7, FLAG,      offsetof(struct envelope, utf8), 0 },
	{  8, TEXT,      offsetof(struct envelope, via), 0 },
	{  9, TEXT,      offsetof(struct envelope, helo), 0 },
	{ 10, TEXT,      offsetof(struct envelope, user), 0 },
	{ 11, TEXT,      offsetof(struct envelope, policy), 0 },
	{ 13, NUMBER_64, offsetof(struct envelope, size), 0 },
	{ 14, TEXT,      offsetof(struct envelope, parked), 512 },
	{ 15, TEXT,      offsetof(struct envelope, owner), 0 },
	{ 16, FLAG,      offsetof(struct envelope, is_notification), 0 },
	{  0, TEXT, 0, 0 },
};

static const struct row rcpt_rows[] = {
	{  1, TEXT,      offsetof(struct envelope_rcpt, address), 0 },
	{  2, TEXT,      offsetof(struct envelope_rcpt, original), 0 },
	{  3, TEXT,      offsetof(struct envelope_rcpt, notify), 0 },
	{  4, TEXT,      offsetof(struct envelope_rcpt, orcpt), 0 },
	{  5, TEXT,      offsetof(struct envelope_rcpt, deliverer), 0 },
	{  6, TEXT,      offsetof(struct envelope_rcpt, route_host), 0 },
	{  7, NUMBER_16, offsetof(struct envelope_rcpt, route_port), 0 },
	{  8, NUMBER_32, offsetof(struct envelope_rcpt, state), 0 },
	{  9, NUMBER_32, offsetof(struct envelope_rcpt, attempts), 0 },
	{ 10, NUMBER_64, offsetof(struct envelope_rcpt, next_ns), 0 },
	{ 11, FLAG,      offsetof(struct envelope_rcpt, warned), 0 },
	{ 12, TEXT,      offsetof(struct envelope_rcpt, last), 512 },
	{  0, TEXT, 0, 0 },
};
/* clang-format on */

/* Besides the rows: 1 the id, 12 the client's address (16 bytes), RCPT_TAG one recipient each. */
enum { ID_TAG = 1, CLIENT_TAG = 12 };

static_assert(sizeof(enum rcpt_state) == sizeof(uint32_t), "a state is written as 32 bits");

static uint64_t
number_at(const struct row *row, const char *at)
{
	switch (row->type) {
	case FLAG:
		return *(const bool *)(const void *)at;
	case NUMBER_16:
		return *(const uint16_t *)(const void *)at;
	case NUMBER_32:
		return *(const uint32_t *)(const void *)at;
	default:
		return *(const uint64_t *)(const void *)at;
	}
}

static void
encode_rows(const struct row *row, const void *from, struct buf *to)
{
	for (; row->tag != 0; row++) {
		const char *at = (const char *)from + row->offset;
		struct str text;

		if (row->type != TEXT) {
			field_add_number(to, row->tag, number_at(row, at));
			continue;
		}
		text = *(const struct str *)(const void *)at;
		if (row->max > 0 && text.len > row->max)
			text.len = row->max;
		field_add(to, row->tag, text);
	}
}

int
envelope_encode(const struct envelope *e, struct buf *to)
{
	field_add(to, ID_TAG, str_of(e->id));
	encode_rows(envelope_rows, e, to);
	field_add(
	    to, CLIENT_TAG, (struct str){ (const char *)e->client.bytes, sizeof e->client.bytes });
	for (size_t i = 0; i < e->rcpt_count; i++) {
		size_t begun = field_begin(to, RCPT_TAG);

		encode_rows(rcpt_rows, &e->rcpts[i], to);
		field_end(to, begun);
	}
	return to->over ? -1 : 0;
}

static void
set_number(const struct row *row, char *at, uint64_t n)
{
	switch (row->type) {
	case FLAG:
		*(bool *)(void *)at = n != 0;
		break;
	case NUMBER_16:
		*(uint16_t *)(void *)at = (uint16_t)n;
		break;
	case NUMBER_32:
		*(uint32_t *)(void *)at = (uint32_t)n;
		break;
	default:
		*(uint64_t *)(void *)at = n;
	}
}

/* Take the field where a row has its tag. */
static void
decode_row(const struct row *row, struct arena *a, struct field f, void *to)
{
	char *at;

	while (row->tag != 0 && row->tag != f.tag)
		row++;
	if (row->tag == 0)
		return;
	at = (char *)to + row->offset;
	if (row->type != TEXT) {
		set_number(row, at, field_number(f));
		return;
	}
	if (row->max > 0 && f.value.len > row->max)
		f.value.len = row->max;
	*(struct str *)(void *)at = str_copy(a, f.value);
}

static int
decode_rcpt(struct arena *a, struct str bytes, struct envelope_rcpt *r)
{
	struct field f;
	int got;

	while ((got = field_next(&bytes, &f)) == 1)
		decode_row(rcpt_rows, a, f, r);
	return got < 0 || r->state > RCPT_DELETED ? -1 : 0;
}

/* How many recipients the fields hold; -1: these are no fields. */
static ptrdiff_t
count_rcpts(struct str bytes)
{
	ptrdiff_t count = 0;
	struct field f;
	int got;

	while ((got = field_next(&bytes, &f)) == 1)
		count += f.tag == RCPT_TAG;
	return got < 0 || count > RCPTS_MAX ? -1 : count;
}

/* An id names files and lines of the log: nothing but letters and digits. */
static bool
id_is_good(struct str id)
{
	if (id.len == 0 || id.len >= SPOOL_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return false;
	}
	return true;
}

static int
decode_field(struct arena *a, struct field f, struct envelope *e)
{
	if (f.tag == RCPT_TAG)
		return decode_rcpt(a, f.value, &e->rcpts[e->rcpt_count++]);
	if (f.tag == CLIENT_TAG && f.value.len == sizeof e->client.bytes)
		memcpy(e->client.bytes, f.value.p, f.value.len);
	if (f.tag == ID_TAG && id_is_good(f.value)) {
		memcpy(e->id, f.value.p, f.value.len);
		e->id[f.value.len] = '\0';
	}
	decode_row(envelope_rows, a, f, e);
	return 0;
}

int
envelope_decode(struct arena *a, struct str bytes, struct envelope *e, struct err *err)
{
	ptrdiff_t count = count_rcpts(bytes);
	struct field f;

	*e = (struct envelope){ .rcpt_count = 0 };
	if (count < 0)
		return err_set(err, "an envelope is damaged");
	e->rcpts = arena_alloc(a, (size_t)count * sizeof *e->rcpts);
	while (field_next(&bytes, &f) == 1)
		if (decode_field(a, f, e) < 0)
			return err_set(err, "the envelope of %s has a damaged recipient", e->id);
	if (e->id[0] == '\0')
		return err_set(err, "an envelope has no valid id");
	return 0;
}

static void
copy_rows(const struct row *row, struct arena *a, void *in)
{
	for (; row->tag != 0; row++) {
		struct str *text = (struct str *)(void *)((char *)in + row->offset);

		if (row->type == TEXT)
			*text = str_copy(a, *text);
	}
}

struct envelope *
envelope_copy(struct arena *a, const struct envelope *from)
{
	struct envelope *e = arena_copy(a, from, sizeof *from);

	copy_rows(envelope_rows, a, e);
	e->rcpts = arena_copy(a, from->rcpts, from->rcpt_count * sizeof *from->rcpts);
	for (size_t i = 0; i < e->rcpt_count; i++)
		copy_rows(rcpt_rows, a, &e->rcpts[i]);
	return e;
}
