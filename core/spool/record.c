/* SPDX-License-Identifier: MIT */
/* record -- the payloads of the log as structs: written, read, and applied to an envelope. */
#include "core/spool/record.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/spool/field.h"

#include <string.h>

/* Tags of START; of COMMIT, STATE and MARKS; of ABORT and CHECKPOINT. */
enum { START_READS = 1, START_BOOT, START_CREATED };
enum { TAG_GENERATION = 1, TAG_ENVELOPE, TAG_MARK, TAG_TEXT, TAG_FILE };
enum { FILE_NAME = 1, FILE_SKIP, FILE_LENGTH, FILE_CRC };
enum { PLACE_INCARNATION = 1, PLACE_BLOCK };
enum {
	MARK_TAG_ID = 1,
	MARK_TAG_KIND,
	MARK_TAG_RCPT,
	MARK_TAG_NEXT,
	MARK_TAG_ATTEMPTS,
	MARK_TAG_WARNED,
	MARK_TAG_TEXT,
	MARK_TAG_MAILBOX,
	MARK_TAG_BASE,
	MARK_TAG_SIZE,
	MARK_TAG_CRC,
	MARK_TAG_BOOT
};
enum { MARK_TEXT_MAX = 512 };

/* Copy a text that becomes a name: false where it is too long, or no name for a file. */
static bool
take_name(struct str from, char *to, size_t size)
{
	if (from.len == 0 || from.len >= size || from.p[0] == '.' || str_find(from, '/') >= 0 ||
	    str_find(from, '\0') >= 0)
		return false;
	memcpy(to, from.p, from.len);
	to[from.len] = '\0';
	return true;
}

void
record_put_start(struct buf *to, const struct record_start *start)
{
	field_add_number(to, START_READS, start->reads);
	field_add(to, START_BOOT, start->boot);
	field_add_number(to, START_CREATED, (uint64_t)start->created_ns);
}

int
record_get_start(struct str payload, struct record_start *start)
{
	struct field f;
	int got;

	*start = (struct record_start){ .reads = 0 };
	while ((got = field_next(&payload, &f)) == 1) {
		if (f.tag == START_READS)
			start->reads = (uint32_t)field_number(f);
		else if (f.tag == START_BOOT)
			start->boot = f.value;
		else if (f.tag == START_CREATED)
			start->created_ns = (int64_t)field_number(f);
	}
	return got;
}

void
record_put_envelope(struct buf *to, uint32_t generation, const struct envelope *e)
{
	size_t begun;

	field_add_number(to, TAG_GENERATION, generation);
	begun = field_begin(to, TAG_ENVELOPE);
	envelope_encode(e, to);
	field_end(to, begun);
}

void
record_put_encoded(struct buf *to, uint32_t generation, struct str envelope)
{
	field_add_number(to, TAG_GENERATION, generation);
	field_add(to, TAG_ENVELOPE, envelope);
}

void
record_put_text(struct buf *to, struct str text)
{
	field_add(to, TAG_TEXT, text);
}

void
record_put_file(struct buf *to, const struct record_piece *piece)
{
	size_t begun = field_begin(to, TAG_FILE);

	field_add(to, FILE_NAME, str_of(piece->file));
	field_add_number(to, FILE_SKIP, piece->skip);
	field_add_number(to, FILE_LENGTH, piece->length);
	field_add_number(to, FILE_CRC, piece->crc);
	field_end(to, begun);
}

static int
get_file(struct str bytes, struct record_piece *piece)
{
	bool named = false;
	struct field f;
	int got;

	while ((got = field_next(&bytes, &f)) == 1) {
		if (f.tag == FILE_NAME)
			named = take_name(f.value, piece->file, sizeof piece->file);
		else if (f.tag == FILE_SKIP)
			piece->skip = field_number(f);
		else if (f.tag == FILE_LENGTH)
			piece->length = field_number(f);
		else if (f.tag == FILE_CRC)
			piece->crc = (uint32_t)field_number(f);
	}
	/* Sizes of files are signed to the kernel. */
	return got < 0 || !named || piece->skip > INT64_MAX / 4 || piece->length > INT64_MAX / 4
		   ? -1
		   : 0;
}

static int
get_piece(struct field f, struct record_commit *commit)
{
	struct record_piece *piece = &commit->pieces[commit->piece_count];

	if (commit->piece_count == RECORD_PIECES_MAX)
		return -1;
	commit->piece_count++;
	if (f.tag == TAG_FILE)
		return get_file(f.value, piece);
	piece->text = f.value;
	piece->length = f.value.len;
	return 0;
}

int
record_get_commit(struct str payload, struct record_commit *commit)
{
	struct field f;
	int got;

	*commit = (struct record_commit){ .marks = payload };
	while ((got = field_next(&payload, &f)) == 1) {
		if (f.tag == TAG_GENERATION)
			commit->generation = (uint32_t)field_number(f);
		else if (f.tag == TAG_ENVELOPE)
			commit->envelope = f.value;
		else if ((f.tag == TAG_TEXT || f.tag == TAG_FILE) && get_piece(f, commit) < 0)
			return -1;
	}
	return got < 0 || commit->envelope.len == 0 ? -1 : 0;
}

void
record_put_mark(struct buf *to, const char *id, const struct spool_mark *m, const char *boot)
{
	size_t begun = field_begin(to, TAG_MARK);
	struct str text = m->text;

	if (text.len > MARK_TEXT_MAX)
		text.len = MARK_TEXT_MAX;
	field_add(to, MARK_TAG_ID, str_of(id));
	field_add_number(to, MARK_TAG_KIND, (uint64_t)m->kind + 1);
	field_add_number(to, MARK_TAG_RCPT, m->rcpt == SIZE_MAX ? 0 : m->rcpt + 1);
	field_add_number(to, MARK_TAG_NEXT, (uint64_t)m->next_ns);
	field_add_number(to, MARK_TAG_ATTEMPTS, m->attempts);
	field_add_number(to, MARK_TAG_WARNED, m->warned);
	field_add(to, MARK_TAG_TEXT, text);
	if (m->mailbox.len > 0) {
		field_add(to, MARK_TAG_MAILBOX, m->mailbox);
		field_add(to, MARK_TAG_BASE, m->base_name);
		field_add_number(to, MARK_TAG_SIZE, m->size);
		field_add_number(to, MARK_TAG_CRC, m->crc);
		field_add(to, MARK_TAG_BOOT, str_of(boot));
	}
	field_end(to, begun);
}

static void
get_mark_field(struct field f, struct record_mark *r)
{
	struct spool_mark *m = &r->mark;

	switch (f.tag) {
	case MARK_TAG_ID:
		take_name(f.value, r->id, sizeof r->id);
		break;
	case MARK_TAG_KIND:
		m->kind = (enum mark_kind)(field_number(f) - 1);
		break;
	case MARK_TAG_RCPT:
		m->rcpt = field_number(f) - 1;
		break;
	case MARK_TAG_NEXT:
		m->next_ns = (int64_t)field_number(f);
		break;
	case MARK_TAG_ATTEMPTS:
		m->attempts = (uint32_t)field_number(f);
		break;
	case MARK_TAG_WARNED:
		m->warned = field_number(f) != 0;
		break;
	case MARK_TAG_TEXT:
		m->text = f.value;
		break;
	case MARK_TAG_MAILBOX:
		m->mailbox = f.value;
		break;
	case MARK_TAG_BASE:
		m->base_name = f.value;
		break;
	case MARK_TAG_SIZE:
		m->size = field_number(f);
		break;
	case MARK_TAG_CRC:
		m->crc = (uint32_t)field_number(f);
		break;
	case MARK_TAG_BOOT:
		r->boot = f.value;
		break;
	default:
		break;
	}
}

static int
get_mark(struct str bytes, struct record_mark *r)
{
	char base[256];
	struct field f;
	int got;

	*r = (struct record_mark){ .mark = { .kind = MARK_KINDS, .rcpt = SIZE_MAX } };
	while ((got = field_next(&bytes, &f)) == 1)
		get_mark_field(f, r);
	if (got < 0 || r->id[0] == '\0' || (unsigned)r->mark.kind >= MARK_KINDS)
		return -1;
	if (r->mark.text.len > MARK_TEXT_MAX)
		r->mark.text.len = MARK_TEXT_MAX;
	/* What names a file must be able to; a DONE without it is one that needs no settling. */
	if (r->mark.mailbox.len > 0 &&
	    (r->mark.mailbox.p[0] != '/' || str_find(r->mark.mailbox, '\0') >= 0 ||
		!take_name(r->mark.base_name, base, sizeof base)))
		return -1;
	return 1;
}

int
record_next_mark(struct str *rest, struct record_mark *r)
{
	struct field f;
	int got;

	while ((got = field_next(rest, &f)) == 1)
		if (f.tag == TAG_MARK && get_mark(f.value, r) == 1)
			return 1;
	return got;
}

void
record_put_place(struct buf *to, struct log_place place)
{
	field_add_number(to, PLACE_INCARNATION, place.incarnation);
	field_add_number(to, PLACE_BLOCK, place.block);
}

int
record_get_place(struct str payload, struct log_place *place)
{
	struct field f;
	int got;

	*place = (struct log_place){ .incarnation = 0 };
	while ((got = field_next(&payload, &f)) == 1) {
		if (f.tag == PLACE_INCARNATION)
			place->incarnation = field_number(f);
		else if (f.tag == PLACE_BLOCK)
			place->block = (uint32_t)field_number(f);
	}
	return got < 0 || place->incarnation == 0 ? -1 : 0;
}

/* clang-format off */
static const struct {
	enum rcpt_state becomes;
	bool on_final; /* applies to a recipient that is final, when it names one */
} effects[MARK_KINDS] = {
	[MARK_DONE]      = { RCPT_DELIVERED, false },
	[MARK_DEFER]     = { RCPT_QUEUED,    false },
	[MARK_FAIL]      = { RCPT_FAILED,    false },
	[MARK_PARK]      = { RCPT_PARKED,    false },
	[MARK_RELEASE]   = { RCPT_QUEUED,    false },
	[MARK_DISCARD]   = { RCPT_DISCARDED, false },
	[MARK_DELETE]    = { RCPT_DELETED,   false },
	[MARK_REDELIVER] = { RCPT_QUEUED,    true  },
};
/* clang-format on */

enum rcpt_state
mark_becomes(enum mark_kind kind)
{
	return effects[kind].becomes;
}

bool
rcpt_is_final(enum rcpt_state state)
{
	return state != RCPT_QUEUED && state != RCPT_PARKED;
}

static void
apply_to(struct arena *a, struct envelope_rcpt *r, const struct spool_mark *m)
{
	if (rcpt_is_final(r->state) && !effects[m->kind].on_final)
		return;
	r->state = effects[m->kind].becomes;
	r->next_ns = m->next_ns;
	if (m->attempts > 0)
		r->attempts = m->attempts;
	r->warned = r->warned || m->warned;
	if (m->text.len > 0)
		r->last =
		    str_copy(a, (struct str){ m->text.p,
				    m->text.len < MARK_TEXT_MAX ? m->text.len : MARK_TEXT_MAX });
}

void
envelope_apply(struct arena *a, struct envelope *e, const struct spool_mark *m)
{
	size_t first = m->rcpt == SIZE_MAX ? 0 : m->rcpt;
	size_t end = m->rcpt == SIZE_MAX ? e->rcpt_count : m->rcpt + 1;

	if (end > e->rcpt_count)
		return;
	for (size_t i = first; i < end; i++)
		apply_to(a, &e->rcpts[i], m);
}

bool
envelope_is_live(const struct envelope *e)
{
	for (size_t i = 0; i < e->rcpt_count; i++)
		if (!rcpt_is_final(e->rcpts[i].state))
			return true;
	return false;
}

int64_t
envelope_next_ns(const struct envelope *e)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < e->rcpt_count; i++)
		if (e->rcpts[i].state == RCPT_QUEUED && e->rcpts[i].next_ns < next)
			next = e->rcpts[i].next_ns;
	return next;
}
