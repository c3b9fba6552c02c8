/* SPDX-License-Identifier: MIT */
/*
 * keep -- the logs of this process and their segments: which are needed, which are free.
 *
 * A segment is free when it is the oldest of its stream, another one is open, and no message pins it.
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"

#include <unistd.h>

enum { FREE_AT_ONCE = 8, SPARES_WANTED = 2 };

/* What one job does to a log's files. */
struct keeping {
	struct arena *arena;
	struct log *log;
	struct segment *free[FREE_AT_ONCE];
	size_t count, freed;
	bool make; /* a spare */
	struct err err;
	int result;
};

struct log *
log_attach(struct spool *spool, const struct folder *f, bool adopted)
{
	struct arena *a = arena_create(spool->arena);
	struct log *log = arena_alloc(a, sizeof *log);

	log->spool = spool;
	log->folder = *f;
	log->adopted = adopted;
	pthread_mutex_init(&log->lock, NULL);
	for (int i = 0; i < STREAMS; i++) {
		struct stream *s = &log->streams[i];

		s->log = log;
		s->use = (enum segment_use)i;
		list_init(&s->segments);
	}
	list_add_last(&spool->logs, &log->link);
	return log;
}

struct segment *
segment_create_in(struct stream *stream, uint64_t incarnation, int fd, uint64_t bytes)
{
	/* Made on the commit thread too, so it has an arena of its own. */
	struct arena *a = arena_create(NULL);
	struct segment *s = arena_alloc(a, sizeof *s);

	list_init(&s->link);
	list_init(&s->messages);
	s->arena = a;
	s->stream = stream;
	s->incarnation = incarnation;
	s->fd = fd;
	s->blocks = (uint32_t)(bytes / LOG_BLOCK);
	return s;
}

static void
segment_destroy(struct segment *s)
{
	list_remove(&s->link);
	close(s->fd);
	arena_destroy(s->arena);
}

/* About what its record takes: a long text stands in a file. */
static uint64_t
record_bytes(const struct message *m)
{
	return 2 * LOG_BLOCK + (m->size <= 2 * BODY_IN_MEMORY ? m->size : 0);
}

void
segment_pin(struct segment *s, struct message *m)
{
	s->live_bytes += record_bytes(m);
	m->segment = s;
	list_add_last(&s->messages, &m->link);
	s->pins++;
}

void
segment_unpin(struct segment *s, struct message *m)
{
	list_remove(&m->link);
	s->live_bytes -= record_bytes(m);
	s->pins--;
}

/* A deferred segment outlives the main ones from which its messages came: else they would come back. */
static bool
outlives_its_sources(const struct segment *s)
{
	const struct link *main = &s->stream->log->streams[SEGMENT_MAIN].segments;

	return list_empty(main) ||
	       list_member(main->next, struct segment, link)->incarnation > s->newest_source;
}

static void
find_free(struct keeping *k)
{
	for (int i = 0; i < STREAMS; i++) {
		LIST_EACH (at, &k->log->streams[i].segments) {
			struct segment *s = list_member(at, struct segment, link);

			if (!s->closed || s->pins > 0 || s->readers > 0 ||
			    k->count == FREE_AT_ONCE || !outlives_its_sources(s))
				break;
			k->free[k->count++] = s;
		}
	}
}

static void
free_one(struct keeping *k, struct segment *s)
{
	struct log *log = k->log;
	uint64_t bytes = (uint64_t)s->blocks * LOG_BLOCK;
	bool keep;

	pthread_mutex_lock(&log->lock);
	keep =
	    !s->failed && log->spare_count < SPARES_MAX && bytes >= log->spool->segment_bytes / 8;
	pthread_mutex_unlock(&log->lock);
	k->result = segment_free(&log->folder, s->stream->use, s->incarnation, keep, &k->err);
	if (k->result < 0) {
		log->unsure = true;
		return;
	}
	k->freed++;
	pthread_mutex_lock(&log->lock);
	if (keep && log->spare_count < SPARES_MAX)
		log->spares[log->spare_count++] = (struct spare){ s->incarnation, bytes };
	pthread_mutex_unlock(&log->lock);
}

static void
run_keeping(void *arg)
{
	struct keeping *k = arg;

	/* Each is durable before the next: a record that says "over" goes after the message itself. */
	for (size_t i = 0; i < k->count && k->result == 0; i++)
		free_one(k, k->free[i]);
	if (k->make && k->result == 0)
		k->result = log_make_spare(k->log, 0, &k->err);
}

bool
log_is_empty(const struct log *log)
{
	for (int i = 0; i < STREAMS; i++) {
		const struct stream *s = &log->streams[i];

		if (s->filling != NULL || s->writing != NULL)
			return false;
		LIST_EACH (at, (struct link *)&s->segments) {
			struct segment *segment = list_member(at, struct segment, link);

			if (segment->pins > 0 || segment->readers > 0)
				return false;
		}
	}
	return true;
}

static void
on_kept(void *arg, enum work_result result)
{
	struct keeping *k = arg;
	struct log *log = k->log;
	struct spool *spool = log->spool;
	bool ok = result == WORK_DONE && k->result == 0;

	log->keeping = false;
	if (!ok) {
		log_error("%s",
		    result == WORK_DONE ? k->err.text : "the disk under the spool does not answer");
		timer_set(&spool->tick, TICK_MS);
	}
	if (result == WORK_LATE)
		return; /* its thread may still use it */
	for (size_t i = 0; i < k->freed; i++)
		segment_destroy(k->free[i]);
	arena_destroy(k->arena);
	if (ok)
		log_keep(log);
}

/* An adopted log with nothing left to serve. */
static bool
is_done_with(const struct log *log)
{
	return log->adopted && !log->cleaning && log->spool->checkpoint == NULL &&
	       log_is_empty(log);
}

void
log_keep(struct log *log)
{
	struct keeping found = { .log = log }, *k;
	size_t spares;

	if (log->keeping || log->spool->closing || !log->settled)
		return;
	if (is_done_with(log)) {
		log_info("the spool folder %s is empty now and is removed", log->folder.name);
		folder_remove_take(log->spool->dir_fd, &log->folder);
		log_destroy(log);
		return;
	}
	log_clean(log);
	if (!log->unsure)
		find_free(&found);
	pthread_mutex_lock(&log->lock);
	spares = log->spare_count + found.count;
	pthread_mutex_unlock(&log->lock);
	found.make = spares < SPARES_WANTED && !log->adopted && !log->unsure &&
		     !list_empty(&log->streams[SEGMENT_MAIN].segments);
	if (found.count == 0 && !found.make)
		return;
	found.arena = arena_create(log->spool->arena);
	k = arena_copy(found.arena, &found, sizeof found);
	log->keeping = work_start(log->spool->disk, log, run_keeping, on_kept, k) == 0;
	if (!log->keeping)
		arena_destroy(found.arena);
}

void
log_destroy(struct log *log)
{
	struct link *l;

	for (int i = 0; i < STREAMS; i++) {
		struct stream *s = &log->streams[i];

		while ((l = s->segments.next) != &s->segments) {
			struct segment *segment = list_member(l, struct segment, link);

			LIST_EACH (at, &segment->messages)
				message_destroy(list_member(at, struct message, link));
			segment_destroy(segment);
		}
		batch_drop(s);
	}
	list_remove(&log->link);
	folder_close(&log->folder);
	pthread_mutex_destroy(&log->lock);
}

uint64_t
log_bytes(struct log *log)
{
	uint64_t bytes = 0;

	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->spare_count; i++)
		bytes += log->spares[i].bytes;
	pthread_mutex_unlock(&log->lock);
	for (int i = 0; i < STREAMS; i++)
		LIST_EACH (at, &log->streams[i].segments)
			bytes +=
			    (uint64_t)list_member(at, struct segment, link)->blocks * LOG_BLOCK;
	return bytes;
}
