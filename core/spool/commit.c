/* SPDX-License-Identifier: MIT */
/*
 * commit -- the commit thread's part: records get a place, are sealed, written and synced.
 *
 * One pwrite and one fdatasync for all records of a batch that go into the same segment. Nothing
 * here is ever tried a second time on the same segment.
 */
#include "core/spool/spool_inner.h"
#include "core/base/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_BYTES = 1024 * 1024 };

/* ---- spares */
static uint64_t
next_incarnation(struct log *log)
{
	uint64_t n;

	pthread_mutex_lock(&log->lock);
	n = ++log->last_incarnation;
	pthread_mutex_unlock(&log->lock);
	return n;
}

/* A log grows as its traffic does: small segments first, each as large as all before together. */
static uint64_t
bytes_of_next(struct log *log, uint64_t least)
{
	uint64_t most = log->spool->segment_bytes, bytes;

	pthread_mutex_lock(&log->lock);
	bytes = log->made_bytes;
	pthread_mutex_unlock(&log->lock);
	if (bytes < FIRST_BYTES)
		bytes = FIRST_BYTES;
	if (bytes > most)
		bytes = most;
	return bytes > least ? bytes : least;
}

int
log_make_spare(struct log *log, uint64_t least, struct err *err)
{
	uint64_t incarnation = next_incarnation(log), bytes = bytes_of_next(log, least);

	if (segment_create(&log->folder, incarnation, bytes, err) < 0)
		return -1;
	pthread_mutex_lock(&log->lock);
	log->made_bytes += bytes;
	if (log->spare_count < SPARES_MAX)
		log->spares[log->spare_count++] = (struct spare){ incarnation, bytes };
	pthread_mutex_unlock(&log->lock);
	return 0;
}

/* Take a spare of at least `least` bytes, where `keep` remain. */
static bool
take_spare(struct log *log, uint64_t least, size_t keep, struct spare *spare)
{
	bool found = false;

	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->spare_count && log->spare_count > keep && !found; i++) {
		if (log->spares[i].bytes < least)
			continue;
		*spare = log->spares[i];
		log->spares[i] = log->spares[--log->spare_count];
		found = true;
	}
	pthread_mutex_unlock(&log->lock);
	return found;
}

/* ---- the open segment */
static int
write_start(struct segment *s)
{
	struct timespec now;
	struct buf b;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	buf_init(&b, LOG_BLOCK);
	memset(buf_room(&b, LOG_BLOCK - 1), 0, LOG_BLOCK - 1);
	buf_grow(&b, LOG_HEADER);
	record_put_start(&b, &(struct record_start){ .reads = LOG_VERSION,
				 .boot = str_of(s->stream->log->spool->boot_id),
				 .created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec });
	log_seal(b.p, LOG_START, b.len - LOG_HEADER, (struct log_place){ s->incarnation, 0 });
	r = write_all(s->fd, b.p, LOG_BLOCK - 1, 0);
	buf_free(&b);
	return r;
}

/* Take a spare into use as the stream's open segment. */
static struct segment *
open_spare(struct batch *b, struct spare spare)
{
	struct stream *stream = b->stream;
	uint64_t incarnation = next_incarnation(stream->log);
	struct segment *s;
	struct err err;
	int fd =
	    segment_take(&stream->log->folder, spare.incarnation, stream->use, incarnation, &err);

	if (fd < 0) {
		stream->log->unsure = true;
		log_error("%s", err.text);
		errno = err.code;
		return NULL;
	}
	s = segment_create_in(stream, incarnation, fd, spare.bytes);
	list_add_last(&b->fresh, &s->link);
	stream->open = s;
	if (write_start(s) == 0) {
		s->next = 1;
		return s;
	}
	log_error("cannot begin a segment of %s: %s", stream->log->folder.name, strerror(errno));
	s->failed = true;
	return NULL;
}

/*
 * A new open segment with room for a record. One spare always stays, so that marks can be written
 * on a full disk; only they may take it.
 */
static struct segment *
roll(struct batch *b, uint64_t least, bool important)
{
	struct log *log = b->stream->log;
	struct segment *s;
	struct spare spare;
	struct err err;
	int code;

	if (log->unsure) {
		errno = EIO;
		return NULL;
	}
	while (!take_spare(log, least, 1, &spare)) {
		if (log_make_spare(log, least, &err) == 0)
			continue;
		code = err.code;
		if (!important || !take_spare(log, least, 0, &spare)) {
			errno = code;
			return NULL;
		}
		s = open_spare(b, spare);
		if (s != NULL)
			s->last_resort = true;
		return s;
	}
	return open_spare(b, spare);
}

static struct segment *
segment_for(struct batch *b, uint32_t blocks, bool important)
{
	struct segment *s = b->stream->open;

	if (s != NULL && !s->failed && blocks <= s->blocks - s->next &&
	    (important || !s->last_resort))
		return s;
	return roll(b, ((uint64_t)blocks + 1) * LOG_BLOCK, important);
}

static enum spool_result
result_of(int code)
{
	return code == ENOSPC || code == EDQUOT ? SPOOL_FULL : SPOOL_FAILED;
}

/* ---- after a failure */

/* Make the abort that waits durable, in a segment that has not failed. */
static bool
write_abort(struct batch *b)
{
	struct stream *stream = b->stream;
	struct segment *s = segment_for(b, 1, true);
	char record[LOG_BLOCK] = { 0 };
	struct buf payload;

	if (s == NULL)
		return false;
	buf_init(&payload, LOG_BLOCK);
	record_put_place(&payload, stream->abort);
	memcpy(record + LOG_HEADER, payload.p, payload.len);
	log_seal(record, LOG_ABORT, payload.len, (struct log_place){ s->incarnation, s->next });
	buf_free(&payload);
	if (write_all(s->fd, record, sizeof record, (uint64_t)s->next * LOG_BLOCK) < 0 ||
	    fdatasync(s->fd) < 0) {
		/* Nothing in it was acknowledged: it can go without an abort of its own. */
		s->failed = true;
		return false;
	}
	s->next++;
	stream->abort.incarnation = 0;
	stream->broken = false;
	return true;
}

/* From this block on the segment is void; it is not written again. */
static void
fail_segment(struct batch *b, struct segment *s, uint32_t block)
{
	struct stream *stream = b->stream;

	log_error("cannot write to the spool, %s: %s", stream->log->folder.name, strerror(errno));
	s->failed = true;
	stream->abort = (struct log_place){ s->incarnation, block };
	stream->broken = true;
}

/* ---- one batch */

/* Give each item its place. */
static void
place_items(struct batch *b)
{
	LIST_EACH (at, &b->items) {
		struct item *i = list_member(at, struct item, link);
		uint32_t blocks = i->kind != 0 ? log_blocks(i->length) : 0;

		i->segment = blocks > 0 ? segment_for(b, blocks, i->important) : b->stream->open;
		if (i->segment == NULL) {
			i->result = blocks > 0 ? result_of(errno) : SPOOL_OK;
			continue;
		}
		i->block = i->segment->next;
		i->segment->next += blocks;
		if (blocks > 0)
			log_seal(b->bytes.p + i->at, i->kind, i->length,
			    (struct log_place){ i->segment->incarnation, i->block });
	}
}

/* Write the items from `first` on that follow each other in memory and on disk; the link behind them. */
static struct link *
write_run(struct batch *b, struct item *first)
{
	struct segment *s = first->segment;
	size_t end = first->at;
	struct link *at = &first->link;
	uint32_t next = first->block;
	enum spool_result result = SPOOL_OK;

	for (; at != &b->items; at = at->next) {
		struct item *i = list_member(at, struct item, link);
		uint32_t blocks = i->kind != 0 ? log_blocks(i->length) : 0;

		if (i->segment != s || i->block != next || (blocks > 0 && i->at != end))
			break;
		next += blocks;
		end += (size_t)blocks * LOG_BLOCK;
	}
	if (end > first->at && (write_all(s->fd, b->bytes.p + first->at, end - first->at,
				    (uint64_t)first->block * LOG_BLOCK) < 0 ||
				   fdatasync(s->fd) < 0)) {
		result = result_of(errno);
		fail_segment(b, s, first->block);
	}
	for (struct link *l = &first->link; l != at; l = l->next)
		list_member(l, struct item, link)->result = result;
	return at;
}

/* What has not been written when a write fails, fails too: the abort comes before any other answer. */
static void
fail_rest(struct batch *b, struct link *at)
{
	for (; at != &b->items; at = at->next) {
		struct item *i = list_member(at, struct item, link);

		i->result = i->result == SPOOL_OK ? SPOOL_FAILED : i->result;
		/* Give its place back. */
		if (i->segment != NULL && !i->segment->failed && i->block < i->segment->next)
			i->segment->next = i->block;
	}
}

void
batch_write(struct batch *b)
{
	struct stream *stream = b->stream;
	struct link *at = b->items.next;

	if (stream->broken && !write_abort(b)) {
		fail_rest(b, at);
		return;
	}
	place_items(b);
	while (at != &b->items && !stream->broken) {
		struct item *i = list_member(at, struct item, link);

		at = i->segment != NULL ? write_run(b, i) : at->next;
	}
	if (!stream->broken)
		return;
	fail_rest(b, at);
	write_abort(b);
}
