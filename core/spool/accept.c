/* SPDX-License-Identifier: MIT */
/*
 * accept -- spool_commit and spool_mark: what is asked of the spool becomes records.
 *
 *	spool_commit --body in a file: synced first--> COMMIT in the batch --> done(OK), found(message)
 *	spool_mark --> MARKS in the batch --> message over, where it was the last
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"

#include <errno.h>
#include <string.h>

/* A commit on its way; lives in the arena that becomes the active message's. */
struct pending {
	struct arena *arena;
	struct spool *spool;
	struct envelope *envelope;
	struct str head;
	struct body *body;
	uint64_t skip;
	struct spool_mark *marks;
	size_t mark_count;
	void (*done)(enum spool_result, void *);
	void *arg;
	enum spool_result result;
};

static struct spool_mark *
copy_marks(struct arena *a, const struct spool_mark *from, size_t count)
{
	struct spool_mark *marks = arena_copy(a, from, count * sizeof *from);

	for (size_t i = 0; i < count; i++) {
		marks[i].text = str_copy(a, from[i].text);
		marks[i].mailbox = str_copy(a, from[i].mailbox);
		marks[i].base_name = str_copy(a, from[i].base_name);
		message_ref(marks[i].message)->bound++;
		/* One record stands in one stream. */
		assert(marks[i].message->segment == NULL || marks[0].message->segment == NULL ||
		       message_stream(marks[i].message) == message_stream(marks[0].message));
	}
	return marks;
}

static void
answer(struct pending *p)
{
	for (size_t i = 0; i < p->mark_count; i++) {
		p->marks[i].message->bound--;
		message_unref(p->marks[i].message);
	}
	p->done(p->result, p->arg);
}

static void
on_refused(void *arg)
{
	struct pending *p = arg;

	if (p->body != NULL)
		body_discard(p->body);
	answer(p);
	arena_destroy(p->arena);
}

static void
refuse(struct pending *p, enum spool_result result)
{
	p->result = result;
	spool_later(p->spool, on_refused, p);
}

/* ---- after the sync */

/* The marks inside a COMMIT are durable with it. */
static void
apply_marks(struct pending *p)
{
	for (size_t i = 0; i < p->mark_count; i++) {
		const struct spool_mark *m = &p->marks[i];

		if (m->message->final)
			continue;
		message_apply(m->message, m);
		if (m->message->final)
			m->message->durable = 1;
		message_settled(m->message);
	}
}

/* Keep the text at hand for the delivery that follows, where memory allows. */
static void
keep_text(struct pending *p, struct active *active)
{
	struct spool *spool = p->spool;
	struct str body = { "", 0 };

	if (p->body != NULL && body_is_in_file(p->body)) {
		body_release(p->body);
		return;
	}
	if (p->body != NULL)
		body = str_from(body_in_memory(p->body), p->skip);
	if (spool->text_held > TEXT_IN_MEMORY) {
		if (p->body != NULL)
			body_release(p->body);
		return;
	}
	active->in_memory = true;
	active->head = p->head;
	active->tail = body;
	active->body = p->body;
	active->held = p->head.len + body.len;
	spool->text_held += active->held;
}

static void
on_commit_written(struct item *i, struct batch *b)
{
	struct pending *p = i->arg;
	struct spool *spool = p->spool;
	struct record_commit commit;
	struct str payload = item_payload(b, i);
	struct message *m;

	p->result = i->result;
	if (i->result != SPOOL_OK) {
		if (i->result == SPOOL_FAILED)
			spool->stats.failed_syncs++;
		on_refused(p);
		return;
	}
	spool->stats.commits++;
	m = message_ref(message_create(spool, p->envelope, i->segment, i->block, 0));
	message_activate(m, p->arena, p->envelope);
	record_get_commit(payload, &commit);
	message_set_pieces(m, &commit, payload);
	keep_text(p, m->active);
	apply_marks(p);
	answer(p);
	if (envelope_is_live(m->active->envelope)) {
		spool->found(m, spool->found_arg);
	} else {
		m->final = m->durable = 1;
		message_settled(m);
	}
	message_unref(m);
}

/* ---- before it */

/* Where its marks count; else the main stream. */
static struct stream *
target(const struct pending *p)
{
	if (p->mark_count > 0 && p->marks[0].message->segment != NULL)
		return message_stream(p->marks[0].message);
	return &p->spool->own->streams[SEGMENT_MAIN];
}

static void
enqueue(struct pending *p)
{
	struct spool *spool = p->spool;
	struct stream *s = target(p);
	struct batch *b = stream_batch(s);
	struct record_piece file;
	struct item *i;

	/* The log for which its text was synced has ended meanwhile. */
	if (p->body != NULL && body_is_in_file(p->body) && body_log(p->body) != s->log) {
		refuse(p, SPOOL_FAILED);
		return;
	}
	if (b->bytes.len > BATCH_MAX / 2 - p->head.len || p->head.len > BATCH_MAX / 4) {
		refuse(p, SPOOL_FULL);
		return;
	}
	i = batch_begin(b, LOG_COMMIT);
	i->written = on_commit_written;
	i->arg = p;
	record_put_envelope(&b->bytes, 0, p->envelope);
	record_put_text(&b->bytes, p->head);
	if (p->body != NULL && body_is_in_file(p->body)) {
		body_describe(p->body, p->skip, &file);
		record_put_file(&b->bytes, &file);
	} else if (p->body != NULL) {
		record_put_text(&b->bytes, str_from(body_in_memory(p->body), p->skip));
	}
	for (size_t n = 0; n < p->mark_count; n++)
		record_put_mark(&b->bytes, p->marks[n].message->id, &p->marks[n], spool->boot_id);
	batch_end(b, i);
	b->urgent = true;
	spool_flush_soon(spool);
}

static void
on_body_synced(int code, void *arg)
{
	struct pending *p = arg;

	if (code == 0 && !p->spool->closing)
		enqueue(p);
	else
		refuse(p, code == ENOSPC || code == EDQUOT ? SPOOL_FULL : SPOOL_FAILED);
}

void
spool_commit(struct spool *spool, const struct spool_commit *c,
    void (*done)(enum spool_result, void *), void *arg)
{
	struct arena *a = arena_create(spool->arena);
	struct pending *p = arena_alloc(a, sizeof *p);
	uint64_t size = c->body != NULL ? body_size(c->body) : 0;

	assert(c->skip <= size && strlen(c->envelope->id) > 0);
	*p = (struct pending){
		.arena = a,
		.spool = spool,
		.envelope = envelope_copy(a, c->envelope),
		.head = str_copy(a, c->head),
		.body = c->body,
		.skip = c->skip,
		.marks = copy_marks(a, c->marks, c->mark_count),
		.mark_count = c->mark_count,
		.done = done,
		.arg = arg,
	};
	p->envelope->size = c->head.len + size - c->skip;
	if (c->body != NULL && body_is_in_file(c->body))
		body_sync(c->body, target(p)->log, on_body_synced, p);
	else
		enqueue(p);
}

/* ---- marks */
void
message_apply(struct message *m, const struct spool_mark *mark)
{
	bool ends_all = mark->rcpt == SIZE_MAX && rcpt_is_final(mark_becomes(mark->kind));

	/* What is at rest has to be loaded before one of its recipients is spoken of. */
	assert(m->active != NULL || ends_all);
	if (m->active != NULL) {
		envelope_apply(m->active->arena, m->active->envelope, mark);
		m->next_ns = envelope_next_ns(m->active->envelope);
	}
	m->changed = 1;
	if (ends_all || !envelope_is_live(m->active->envelope)) {
		m->final = 1;
		m->next_ns = INT64_MAX;
	}
}

static void
on_marks_written(struct item *i, struct batch *b)
{
	struct link *l;

	(void)b;
	while ((l = list_take_first(&i->finals)) != NULL) {
		struct message *m = list_member(l, struct final, link)->message;

		m->durable = 1;
		message_settled(m);
		message_unref(m);
	}
}

void
spool_mark(struct spool *spool, const struct spool_mark *mark)
{
	struct message *m = mark->message;
	struct batch *b;
	struct item *i;

	if (m->final || m->segment == NULL)
		return;
	b = stream_batch(message_stream(m));
	i = batch_mark(b, m->id, mark);
	i->written = on_marks_written;
	message_apply(m, mark);
	if (mark->kind == MARK_DONE && mark->mailbox.len > 0)
		ledger_add(spool, m, mark);
	if (m->final) {
		struct final *f = arena_alloc(b->arena, sizeof *f);

		f->message = message_ref(m);
		list_add_last(&i->finals, &f->link);
	}
	if (!timer_is_set(&spool->mark_timer))
		timer_set(&spool->mark_timer, MARK_WAIT_MS);
}
