/* SPDX-License-Identifier: MIT */
/*
 * message -- a queued message in memory: active while it is served, else 100 bytes.
 *
 *	at rest --message_load--> active --message_rest: STATE is written--> at rest
 *	active --its last mark durable, its mailbox files too--> over: its log space is free
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/spool/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 };

/* ---- structs, used again */
static struct message *
take_struct(struct spool *spool)
{
	struct message *m = spool->unused;

	if (m == NULL) {
		struct message *chunk = arena_alloc(spool->arena, CHUNK * sizeof *chunk);

		for (size_t i = 0; i < CHUNK; i++) {
			chunk[i].link.next = (struct link *)(void *)spool->unused;
			spool->unused = &chunk[i];
		}
		m = spool->unused;
	}
	spool->unused = (struct message *)(void *)m->link.next;
	*m = (struct message){ .spool = spool };
	list_init(&m->link);
	return m;
}

struct message *
message_create(struct spool *spool, const struct envelope *e, struct segment *s, uint32_t block,
    uint32_t generation)
{
	struct message *m = take_struct(spool);

	assert(strlen(e->id) < sizeof m->id);
	memcpy(m->id, e->id, sizeof m->id);
	m->refs = 1; /* the spool's, until it is over */
	m->block = block;
	m->generation = (uint16_t)generation;
	m->size = e->size < UINT32_MAX ? (uint32_t)e->size : UINT32_MAX;
	m->next_ns = envelope_next_ns(e);
	segment_pin(s, m);
	spool->stats.messages++;
	spool->stats.bytes_live += e->size;
	return m;
}

struct stream *
message_stream(const struct message *m)
{
	return m->moving ? &m->segment->stream->log->streams[SEGMENT_DEFERRED] : m->segment->stream;
}

void
message_activate(struct message *m, struct arena *a, struct envelope *e)
{
	struct active *active = arena_alloc(a, sizeof *active);

	active->arena = a;
	active->envelope = e;
	m->active = active;
}

/* Where the text stands: by its COMMIT, whose payload begins right behind the record's header. */
void
message_set_pieces(struct message *m, const struct record_commit *commit, struct str payload)
{
	uint64_t base = (uint64_t)m->block * LOG_BLOCK + LOG_HEADER;
	struct active *active = m->active;

	pthread_mutex_lock(&m->spool->lock);
	active->piece_count = commit->piece_count;
	for (size_t i = 0; i < commit->piece_count; i++) {
		const struct record_piece *from = &commit->pieces[i];
		struct piece *to = &active->pieces[i];

		*to = (struct piece){ .length = from->length };
		if (from->text.p != NULL) {
			to->segment = m->segment;
			to->offset = base + (uint64_t)(from->text.p - payload.p);
			continue;
		}
		to->file = arena_strdup(active->arena, from->file);
		to->offset = from->skip;
		m->has_file = 1;
	}
	pthread_mutex_unlock(&m->spool->lock);
}

static void
deactivate(struct message *m)
{
	struct active *active = m->active;

	if (active == NULL)
		return;
	m->active = NULL;
	m->spool->text_held -= active->held;
	if (active->body != NULL)
		body_release(active->body);
	arena_destroy(active->arena);
}

/* Also at the end of the spool: then without its segment's leave. */
void
message_destroy(struct message *m)
{
	struct spool *spool = m->spool;

	deactivate(m);
	list_remove(&m->link);
	m->link.next = (struct link *)(void *)spool->unused;
	spool->unused = m;
}

struct message *
message_ref(struct message *m)
{
	m->refs++;
	return m;
}

void
message_unref(struct message *m)
{
	assert(m->refs > 0);
	if (--m->refs == 0)
		message_destroy(m);
}

const char *
message_id(const struct message *m)
{
	return m->id;
}

struct spool *
message_spool(const struct message *m)
{
	return m->spool;
}

uint64_t
message_size(const struct message *m)
{
	return m->size;
}

int64_t
message_next_ns(const struct message *m)
{
	return m->next_ns;
}

const struct envelope *
message_envelope(struct message *m)
{
	m->resting = 0;
	return m->active != NULL ? m->active->envelope : NULL;
}

/* ---- the end */

/* A job that reads a message's records; the segment stays until it is done. */
struct load {
	struct arena *arena;
	struct message *message;
	struct segment *segment;
	int fd, state_fd, body_fd;
	struct log_place commit_place, state_place;
	struct record_commit commit;
	struct str payload;
	struct envelope *envelope;
	int result;
	struct err err;
	void (*ready)(struct message *, int, void *);
	void *arg;
};

static struct load *
load_create(struct message *m)
{
	struct arena *a = arena_create(m->spool->arena);
	struct load *l = arena_alloc(a, sizeof *l);

	l->arena = a;
	l->message = message_ref(m);
	l->segment = m->segment;
	l->fd = m->segment->fd;
	l->body_fd = m->segment->stream->log->folder.body_fd;
	l->commit_place = (struct log_place){ m->segment->incarnation, m->block };
	l->state_fd = -1;
	if (m->state_segment != NULL) {
		l->state_fd = m->state_segment->fd;
		l->state_place =
		    (struct log_place){ m->state_segment->incarnation, m->state_block };
	}
	m->segment->readers++;
	return l;
}

/* Its memory goes, but where it became the active message's. */
static void
load_end(struct load *l)
{
	struct message *m = l->message;

	l->segment->readers--;
	if (m->active == NULL || m->active->arena != l->arena)
		arena_destroy(l->arena);
	message_unref(m);
}

static void
run_remove_files(void *arg)
{
	struct load *l = arg;
	struct log_record record;

	l->result = read_record(l->fd, l->commit_place, l->arena, &record, &l->err);
	if (l->result < 0 || record_get_commit(record.payload, &l->commit) < 0)
		return;
	for (size_t i = 0; i < l->commit.piece_count; i++)
		if (l->commit.pieces[i].text.p == NULL)
			unlinkat(l->body_fd, l->commit.pieces[i].file, 0);
}

static void
on_files_removed(void *arg, enum work_result result)
{
	struct load *l = arg;
	struct log *log = l->segment->stream->log;

	if (result == WORK_LATE)
		return;
	load_end(l);
	log_keep(log);
}

/* Its log space is free. What is said of it in the log stays as long as the message's record itself. */
void
message_over(struct message *m)
{
	struct segment *s = m->segment;
	struct load *l;

	if (m->has_file) {
		l = load_create(m);
		/* Else an orphan: removed when the log is opened again. */
		if (work_start(m->spool->disk, l, run_remove_files, on_files_removed, l) < 0)
			load_end(l);
	}
	segment_unpin(s, m);
	m->segment = NULL;
	list_add_last(&m->spool->over, &m->link);
	m->spool->stats.messages--;
	m->spool->stats.bytes_live -= m->size;
	message_unref(m);
	if (s->pins == 0)
		log_keep(s->stream->log);
}

void
message_settled(struct message *m)
{
	if (m->final && m->durable && m->unsettled == 0 && !m->moving && m->segment != NULL)
		message_over(m);
}

/* ---- rest, and load */
static void
on_state_written(struct item *i, struct batch *b)
{
	struct message *m = i->arg;

	(void)b;
	m->state_segment = i->segment;
	m->state_block = i->block;
	m->stating = 0;
	if (m->resting)
		message_rest(m);
	message_unref(m);
}

void
message_rest(struct message *m)
{
	struct batch *b;
	struct item *i;

	m->resting = m->stating;
	if (m->active == NULL || m->final || m->moving || m->stating || m->bound > 0)
		return;
	if (!m->changed) {
		deactivate(m);
		return;
	}
	m->resting = m->stating = 1;
	m->changed = 0;
	b = stream_batch(message_stream(m));
	i = batch_begin(b, LOG_STATE);
	i->important = true;
	i->written = on_state_written;
	i->arg = message_ref(m);
	record_put_envelope(&b->bytes, m->generation, m->active->envelope);
	batch_end(b, i);
	if (!timer_is_set(&m->spool->mark_timer))
		timer_set(&m->spool->mark_timer, MARK_WAIT_MS);
}

static void
run_load(void *arg)
{
	struct load *l = arg;
	struct log_record record, state;
	struct record_commit latest;

	l->result = read_record(l->fd, l->commit_place, l->arena, &record, &l->err);
	if (l->result < 0)
		return;
	l->payload = record.payload;
	l->result = record_get_commit(record.payload, &l->commit);
	latest = l->commit;
	if (l->result == 0 && l->state_fd >= 0) {
		l->result = read_record(l->state_fd, l->state_place, l->arena, &state, &l->err);
		if (l->result == 0)
			l->result = record_get_commit(state.payload, &latest);
	}
	l->envelope = arena_alloc(l->arena, sizeof *l->envelope);
	if (l->result == 0)
		l->result = envelope_decode(l->arena, latest.envelope, l->envelope, &l->err);
}

static void
on_loaded(void *arg, enum work_result result)
{
	struct load *l = arg;
	struct message *m = l->message;
	bool ok = result == WORK_DONE && l->result == 0;
	bool moved = m->segment != l->segment && m->segment != NULL;
	void (*ready)(struct message *, int result, void *arg);
	void *ready_arg;

	if (!ok)
		log_error("cannot read message %s: %s", m->id,
		    result == WORK_DONE ? l->err.text : "the disk does not answer");
	if (ok && m->active == NULL && m->segment == l->segment) {
		message_activate(m, l->arena, l->envelope);
		message_set_pieces(m, &l->commit, l->payload);
	}
	/* Before anybody is told, who may let the message rest and so end what was loaded. */
	message_ref(m);
	ready = l->ready;
	ready_arg = l->arg;
	if (result != WORK_LATE)
		load_end(l);
	/* It moved meanwhile: look where it is now. */
	if (ok && m->active == NULL && moved)
		message_load(m, ready, ready_arg);
	else
		ready(m, m->active != NULL ? 0 : -1, ready_arg);
	message_unref(m);
}

static void
on_load_refused(void *arg)
{
	on_loaded(arg, WORK_DONE);
}

void
message_load(struct message *m, void (*ready)(struct message *, int, void *), void *arg)
{
	struct load *l;

	assert(m->segment != NULL);
	m->resting = 0;
	l = load_create(m);
	l->ready = ready;
	l->arg = arg;
	if (work_start(m->spool->disk, l, run_load, on_loaded, l) == 0)
		return;
	/* The pool is full: here, then, but not before this call has returned. */
	l->result = err_set(&l->err, "too much is asked of the disk");
	spool_later(m->spool, on_load_refused, l);
}

/* ---- its text */
bool
message_in_memory(struct message *m, struct str piece[2])
{
	const struct active *active = m->active;

	if (active == NULL || !active->in_memory)
		return false;
	piece[0] = active->head;
	piece[1] = active->tail;
	return true;
}

static int64_t
read_memory(const struct active *active, uint64_t offset, void *to, size_t len)
{
	struct str from = active->head;

	if (offset >= from.len) {
		offset -= from.len;
		from = active->tail;
	}
	if (offset >= from.len)
		return 0;
	if (len > from.len - offset)
		len = from.len - offset;
	memcpy(to, from.p + offset, len);
	return (int64_t)len;
}

static int64_t
read_file(struct message *m, int body_fd, const struct piece *p, uint64_t offset, void *to,
    size_t len, struct err *err)
{
	int fd = openat(body_fd, p->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t got;

	if (fd < 0)
		return err_errno(err, "cannot open the text of %s", m->id);
	got = read_all(fd, to, len, p->offset + offset);
	if (got <= 0)
		err_errno(err, "cannot read the text of %s", m->id);
	close(fd);
	return got > 0 ? got : -1;
}

static int64_t
read_segment(struct message *m, const struct piece *p, uint64_t offset, void *to, size_t len,
    struct err *err)
{
	int64_t got = read_all(p->segment->fd, to, len, p->offset + offset);

	return got > 0 ? got : err_errno(err, "cannot read the text of %s", m->id);
}

int64_t
message_read(struct message *m, uint64_t offset, void *to, size_t len, struct err *err)
{
	struct active *active = m->active;
	struct piece piece;
	int body_fd;
	int64_t got;
	size_t i;

	assert(active != NULL);
	if (active->in_memory)
		return read_memory(active, offset, to, len);
	pthread_mutex_lock(&m->spool->lock);
	for (i = 0; i < active->piece_count && offset >= active->pieces[i].length; i++)
		offset -= active->pieces[i].length;
	if (i == active->piece_count) {
		pthread_mutex_unlock(&m->spool->lock);
		return 0;
	}
	piece = active->pieces[i];
	body_fd = m->segment->stream->log->folder.body_fd;
	if (piece.segment != NULL)
		piece.segment->readers++;
	pthread_mutex_unlock(&m->spool->lock);
	if (len > piece.length - offset)
		len = (size_t)(piece.length - offset);
	if (piece.segment == NULL)
		return read_file(m, body_fd, &piece, offset, to, len, err);
	got = read_segment(m, &piece, offset, to, len, err);
	piece.segment->readers--;
	return got;
}
