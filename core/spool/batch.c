/* SPDX-License-Identifier: MIT */
/*
 * batch -- what one turn of the loop hands to the disk, and its way there and back.
 *
 *	filling batch of each stream --spool_flush--> commit thread --on_written--> item->written
 *
 * While one job is under way, the next batches fill; so under load each sync serves many.
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/loop/loop.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_BYTES = 4 * 1024 * 1024, MARKS_BYTES = 64 * 1024 };

static struct batch *
batch_create(struct stream *s)
{
	struct arena *a = arena_create(NULL);
	struct batch *b = arena_alloc(a, sizeof *b);

	b->arena = a;
	b->stream = s;
	buf_init(&b->bytes, BATCH_MAX);
	list_init(&b->link);
	list_init(&b->items);
	list_init(&b->fresh);
	return b;
}

static void
batch_destroy(struct batch *b)
{
	buf_free(&b->bytes);
	arena_destroy(b->arena);
}

struct batch *
stream_batch(struct stream *s)
{
	if (s->filling == NULL)
		s->filling = batch_create(s);
	return s->filling;
}

struct item *
batch_begin(struct batch *b, enum log_kind kind)
{
	static const char header[LOG_HEADER];
	struct item *i;

	b->open_marks = NULL;
	if (kind != 0)
		buf_add(&b->bytes, header, sizeof header);
	i = arena_alloc(b->arena, sizeof *i);
	i->kind = kind;
	i->at = b->bytes.len - (kind != 0 ? LOG_HEADER : 0);
	list_init(&i->finals);
	list_add_last(&b->items, &i->link);
	return i;
}

void
batch_end(struct batch *b, struct item *i)
{
	size_t size;

	if (i->kind == 0)
		return;
	i->length = b->bytes.len - i->at - LOG_HEADER;
	size = (size_t)log_blocks(i->length) * LOG_BLOCK;
	/* Commits stop at half of it, and marks are bounded by the messages that there are. */
	assert(!b->bytes.over && buf_room(&b->bytes, i->at + size - b->bytes.len) != NULL);
	memset(b->bytes.p + b->bytes.len, 0, i->at + size - b->bytes.len);
	buf_grow(&b->bytes, i->at + size - b->bytes.len);
}

struct str
item_payload(const struct batch *b, const struct item *i)
{
	return (struct str){ b->bytes.p + i->at + LOG_HEADER, i->length };
}

struct item *
batch_mark(struct batch *b, const char *id, const struct spool_mark *m)
{
	const char *boot = b->stream->log->spool->boot_id;
	struct item *i = b->open_marks;

	if (i != NULL && i->length < MARKS_BYTES) {
		buf_truncate(&b->bytes, i->at + LOG_HEADER + i->length);
	} else {
		i = batch_begin(b, LOG_MARKS);
		i->important = true;
	}
	record_put_mark(&b->bytes, id, m, boot);
	batch_end(b, i);
	b->open_marks = i;
	return i;
}

/* Put what has to be tried again before what came since. */
static void
requeue(struct batch *old)
{
	struct batch *b = batch_create(old->stream), *since = old->stream->filling;
	struct link *l;

	for (struct batch *from = old; from != NULL; from = from == old ? since : NULL) {
		while ((l = list_take_first(&from->items)) != NULL) {
			struct item *i = list_member(l, struct item, link),
				    *copy = batch_begin(b, i->kind);

			if (i->kind != 0)
				buf_add_str(&b->bytes, item_payload(from, i));
			copy->important = i->important;
			copy->written = i->written;
			copy->arg = i->arg;
			while ((l = list_take_first(&i->finals)) != NULL) {
				struct final *f = arena_copy(
				    b->arena, list_member(l, struct final, link), sizeof *f);

				list_add_last(&copy->finals, &f->link);
			}
			batch_end(b, copy);
		}
	}
	b->urgent = since != NULL && since->urgent;
	if (since != NULL)
		batch_destroy(since);
	old->stream->filling = b;
}

/* One batch has come back: tell each item; what must not be lost stays for the next try. */
static bool
batch_written(struct batch *b)
{
	struct stream *s = b->stream;
	struct link again, *l;
	bool failed;

	while ((l = list_take_first(&b->fresh)) != NULL)
		list_add_last(&s->segments, l);
	list_init(&again);
	while ((l = list_take_first(&b->items)) != NULL) {
		struct item *i = list_member(l, struct item, link);

		if (i->result != SPOOL_OK && i->important)
			list_add_last(&again, l);
		else if (i->written != NULL)
			i->written(i, b);
	}
	/* Only now: who stands in a segment has been told, and pins it. */
	LIST_EACH (at, &s->segments)
		list_member(at, struct segment, link)->closed = at->next != &s->segments;
	failed = !list_empty(&again);
	while ((l = list_take_first(&again)) != NULL)
		list_add_last(&b->items, l);
	if (failed)
		requeue(b);
	batch_destroy(b);
	s->writing = NULL;
	log_keep(s->log);
	return failed;
}

static void
on_written(void *arg, enum work_result result)
{
	struct spool *spool = arg;
	bool failed = false;
	struct link *l;

	/* A thread that hangs in the disk can be neither waited for nor repeated. */
	if (result == WORK_LATE) {
		log_error("the disk under the spool has not answered for a day");
		abort();
	}
	spool->commit_running = false;
	while ((l = list_take_first(&spool->writing)) != NULL)
		failed |= batch_written(list_member(l, struct batch, link));
	/* After a failure the disk gets a second's rest, but for what a client waits for. */
	if (failed || spool->own->unsure)
		timer_set(&spool->tick, TICK_MS);
	spool_flush(spool);
}

static void
write_batches(void *arg)
{
	struct spool *spool = arg;

	LIST_EACH (at, &spool->writing)
		batch_write(list_member(at, struct batch, link));
}

/* Take the batches that are due; with `all`, also those that only wait for company. */
static bool
take_batches(struct spool *spool, bool all)
{
	LIST_EACH (at, &spool->logs) {
		struct log *log = list_member(at, struct log, link);

		for (int i = 0; i < STREAMS; i++) {
			struct stream *s = &log->streams[i];
			struct batch *b = s->filling;

			if (b == NULL || !(all || b->urgent || b->bytes.len > MARKS_BYTES))
				continue;
			list_add_last(&spool->writing, &b->link);
			s->writing = b;
			s->filling = NULL;
		}
	}
	return !list_empty(&spool->writing);
}

static void
flush(struct spool *spool, bool all)
{
	if (spool->commit_running || spool->closing || !take_batches(spool, all))
		return;
	spool->commit_running = true;
	work_start(spool->commit, spool, write_batches, on_written, spool);
}

void
spool_flush(struct spool *spool)
{
	flush(spool, false);
}

static void
on_flush(void *arg)
{
	struct spool *spool = arg;

	spool->flush_deferred = false;
	if (spool->closing)
		return;
	spool_run_later(spool);
	flush(spool, false);
}

void
spool_flush_soon(struct spool *spool)
{
	if (spool->flush_deferred || spool->closing)
		return;
	spool->flush_deferred = true;
	loop_defer(spool->loop, on_flush, spool);
}

void
spool_flush_here(struct spool *spool)
{
	/* What is done may ask for more; a disk that fails is asked a second time and no more. */
	for (int round = 0; round < 4 && take_batches(spool, true); round++) {
		spool->commit_running = true;
		write_batches(spool);
		on_written(spool, WORK_DONE);
	}
}

/* The stream ends: what could not be written is dropped. */
void
batch_drop(struct stream *s)
{
	if (s->filling != NULL)
		batch_destroy(s->filling);
	s->filling = NULL;
}
