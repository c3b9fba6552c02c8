/* SPDX-License-Identifier: MIT */
/*
 * clean -- messages that wait long move out of the way, in bulk, so that old segments are free again.
 *
 *	main:     the oldest segment, once CLEAN_MAIN others came after it
 *	deferred: the oldest segment, while less than a quarter of the stream's bytes are live
 *
 *	a pool thread reads their records -> the loop appends copies to `deferred` -> one sync -> unpinned
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/spool/scan.h"

#include <string.h>

enum {
	CLEAN_MAIN = 3,
	CLEAN_PRESSED = 16,
	CLEAN_DEFERRED = 4,
	MOVE_AT_ONCE = 1000,
	MOVE_BYTES = 4 * 1024 * 1024
};

/* A message to be moved. */
struct move {
	struct message *message;
	struct log_place commit, state;
	int state_fd; /* -1: its envelope is that of the COMMIT */
	struct record_commit record;
	struct str envelope;
	bool good;
};

struct moving {
	struct arena *arena;
	struct log *log;
	struct segment *from;
	struct move *moves;
	size_t count;
	bool pressed;
	unsigned waiting; /* for copies to be written */
};

/* ---- what to move */
static uint64_t
stream_bytes(const struct stream *s, uint64_t *live)
{
	uint64_t bytes = 0;

	*live = 0;
	LIST_EACH (at, (struct link *)&s->segments) {
		struct segment *segment = list_member(at, struct segment, link);

		bytes += (uint64_t)segment->blocks * LOG_BLOCK;
		*live += segment->live_bytes;
	}
	return bytes;
}

static size_t
count_segments(const struct stream *s)
{
	size_t count = 0;

	for (const struct link *at = s->segments.next; at != &s->segments; at = at->next)
		count++;
	return count;
}

static struct segment *
oldest(struct stream *s)
{
	struct segment *first =
	    list_empty(&s->segments) ? NULL : list_member(s->segments.next, struct segment, link);

	return first != NULL && first->closed && first->pins > 0 ? first : NULL;
}

static struct segment *
segment_to_clean(struct log *log)
{
	struct stream *main = &log->streams[SEGMENT_MAIN],
		      *deferred = &log->streams[SEGMENT_DEFERRED];
	struct segment *s = count_segments(main) > CLEAN_MAIN ? oldest(main) : NULL;
	uint64_t bytes, live;

	if (s != NULL)
		return s;
	if (count_segments(deferred) <= CLEAN_DEFERRED)
		return NULL;
	bytes = stream_bytes(deferred, &live);
	return live * 4 < bytes ? oldest(deferred) : NULL;
}

/*
 * Not what is over and waits for a checkpoint, nor what has DONE marks that a copy would not carry;
 * what is being served only where it holds up a long log.
 */
static bool
may_move(const struct message *m, bool pressed)
{
	return !m->final && !m->moving && !m->stating && m->unsettled == 0 &&
	       (m->active == NULL || pressed);
}

/* ---- on a pool thread */
static void
read_move(struct moving *all, struct move *v)
{
	struct log_record commit, state;
	struct record_commit latest;

	if (read_record(all->from->fd, v->commit, all->arena, &commit, NULL) < 0 ||
	    record_get_commit(commit.payload, &v->record) < 0)
		return;
	v->envelope = v->record.envelope;
	v->good = true;
	if (v->state_fd < 0)
		return;
	v->good = read_record(v->state_fd, v->state, all->arena, &state, NULL) == 0 &&
		  record_get_commit(state.payload, &latest) == 0;
	v->envelope = latest.envelope;
}

static void
run_read(void *arg)
{
	struct moving *all = arg;

	for (size_t i = 0; i < all->count; i++)
		read_move(all, &all->moves[i]);
}

/* ---- on the loop */
static void
end_move(struct moving *all)
{
	struct log *log = all->log;

	if (--all->waiting > 0)
		return;
	all->from->readers--;
	log->cleaning = false;
	arena_destroy(all->arena);
	log_keep(log);
}

struct copy {
	struct moving *all;
	struct move *move;
};

/* The copy is durable: the message stands there from now on. */
static void
on_copied(struct item *i, struct batch *b)
{
	struct copy *c = i->arg;
	struct message *m = c->move->message;
	struct str payload = item_payload(b, i);
	struct record_commit commit;

	m->moving = 0;
	segment_unpin(m->segment, m);
	if (c->all->from->stream->use == SEGMENT_MAIN &&
	    i->segment->newest_source < c->all->from->incarnation)
		i->segment->newest_source = c->all->from->incarnation;
	m->block = i->block;
	m->generation++;
	m->state_segment = NULL;
	segment_pin(i->segment, m);
	if (m->active != NULL && record_get_commit(payload, &commit) == 0)
		message_set_pieces(m, &commit, payload);
	message_settled(m);
	message_unref(m);
	end_move(c->all);
}

static void
append_copy(struct moving *all, struct move *v)
{
	struct message *m = v->message;
	struct batch *b = stream_batch(&all->log->streams[SEGMENT_DEFERRED]);
	struct item *i = batch_begin(b, LOG_COMMIT);
	struct copy *c = arena_alloc(all->arena, sizeof *c);
	uint32_t generation = m->generation + 1u;

	*c = (struct copy){ all, v };
	i->important = true;
	i->written = on_copied;
	i->arg = c;
	if (m->active != NULL)
		record_put_envelope(&b->bytes, generation, m->active->envelope);
	else
		record_put_encoded(&b->bytes, generation, v->envelope);
	for (size_t n = 0; n < v->record.piece_count; n++) {
		if (v->record.pieces[n].text.p != NULL)
			record_put_text(&b->bytes, v->record.pieces[n].text);
		else
			record_put_file(&b->bytes, &v->record.pieces[n]);
	}
	batch_end(b, i);
	b->urgent = true;
	m->changed = 0;
	/* From here on its marks go where the copy goes, behind it. */
	m->moving = 1;
	all->waiting++;
}

static void
on_read(void *arg, enum work_result result)
{
	struct moving *all = arg;

	if (result == WORK_LATE)
		return; /* its thread may still use it; this segment is not cleaned again */
	all->waiting = 1;
	for (size_t i = 0; i < all->count; i++) {
		struct move *v = &all->moves[i];

		if (v->good && may_move(v->message, all->pressed) &&
		    v->message->segment == all->from && !all->log->spool->closing) {
			append_copy(all, v);
			continue;
		}
		if (!v->good)
			log_error("message %s cannot be read and is not moved", v->message->id);
		message_unref(v->message);
	}
	spool_flush_soon(all->log->spool);
	end_move(all);
}

static struct move
describe(struct message *m)
{
	struct move v = { .message = message_ref(m),
		.commit = { m->segment->incarnation, m->block },
		.state_fd = -1 };

	if (m->state_segment != NULL) {
		v.state_fd = m->state_segment->fd;
		v.state = (struct log_place){ m->state_segment->incarnation, m->state_block };
	}
	return v;
}

void
log_clean(struct log *log)
{
	struct segment *from = log->cleaning ? NULL : segment_to_clean(log);
	struct arena *a;
	struct moving *all;
	uint64_t bytes = 0;

	if (count_segments(&log->streams[SEGMENT_MAIN]) > CHECKPOINT_SEGMENTS)
		checkpoint_soon(log->spool);
	if (from == NULL)
		return;
	a = arena_create(log->spool->arena);
	all = arena_alloc(a, sizeof *all);
	*all = (struct moving){ .arena = a,
		.log = log,
		.from = from,
		.moves = arena_alloc(a, MOVE_AT_ONCE * sizeof *all->moves) };
	all->pressed = count_segments(&log->streams[SEGMENT_MAIN]) > CLEAN_PRESSED;
	LIST_EACH (at, &from->messages) {
		struct message *m = list_member(at, struct message, link);

		if (all->count == MOVE_AT_ONCE || bytes >= MOVE_BYTES)
			break;
		if (!may_move(m, all->pressed))
			continue;
		all->moves[all->count++] = describe(m);
		bytes += m->size;
	}
	if (all->count == 0) {
		arena_destroy(a);
		return;
	}
	from->readers++;
	log->cleaning = true;
	if (work_start(log->spool->disk, &log->cleaning, run_read, on_read, all) == 0)
		return;
	for (size_t i = 0; i < all->count; i++)
		message_unref(all->moves[i].message);
	from->readers--;
	log->cleaning = false;
	arena_destroy(a);
}
