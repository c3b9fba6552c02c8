/* SPDX-License-Identifier: MIT */
/*
 * body -- a message's text while it comes in: in memory while small, else in a file of its own.
 *
 *	memory --over 64 KiB--> pending --a pool thread--> file
 *
 * At most one job per body is under way; what comes in meanwhile is pending, and above its
 * high-water mark the session stops reading.
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/crc32c.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PENDING_MAX = 64 * 1024 * 1024 };

struct body {
	struct link link; /* of the spool */
	struct spool *spool;
	struct arena *arena;
	struct buf memory;  /* all of it, or, in a file, what waits to be written */
	struct buf writing; /* what a job writes now */
	uint64_t size, written;
	uint32_t crc;
	bool in_file, busy, gone; /* gone: discarded */
	int code;                 /* what failed first, or 0 */
	char name[BODY_NAME_MAX];
	struct log *log;    /* in whose folder the file stands */
	struct log *target; /* of the COMMIT */
	int fd;
	void (*drained)(void *);
	void *drained_arg;
	void (*synced)(int, void *);
	void *synced_arg;
};

struct body *
body_create(struct spool *spool)
{
	struct arena *a = arena_create(NULL);
	struct body *b = arena_alloc(a, sizeof *b);

	b->arena = a;
	b->spool = spool;
	b->fd = -1;
	b->log = spool->own;
	buf_init(&b->memory, PENDING_MAX);
	buf_init(&b->writing, PENDING_MAX);
	list_add_last(&spool->bodies, &b->link);
	return b;
}

static void
body_destroy(struct body *b)
{
	list_remove(&b->link);
	if (b->fd >= 0)
		close(b->fd);
	buf_free(&b->memory);
	buf_free(&b->writing);
	arena_destroy(b->arena);
}

/* ---- on a pool thread */
static int
open_file(struct body *b)
{
	b->fd = openat(b->log->folder.body_fd, b->name,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return b->fd < 0 ? -1 : fchmod(b->fd, 0600);
}

static void
run_write(void *arg)
{
	struct body *b = arg;

	if ((b->fd < 0 && open_file(b) < 0) ||
	    write_all(b->fd, b->writing.p, b->writing.len, b->written) < 0)
		b->code = errno;
}

/* A DSN's COMMIT stands in the log of the message that it speaks of; so must its text. */
static int
move_file(struct body *b)
{
	if (b->target == b->log)
		return 0;
	if (renameat(b->log->folder.body_fd, b->name, b->target->folder.body_fd, b->name) < 0)
		return -1;
	b->log = b->target;
	return 0;
}

static void
run_sync(void *arg)
{
	struct body *b = arg;

	if (move_file(b) < 0) {
		b->code = errno;
		return;
	}
	if (b->log->unsure)
		b->code = EIO;
	else if (fsync(b->fd) < 0)
		b->code = errno;
	else if (fsync(b->log->folder.body_fd) < 0) {
		b->code = errno;
		b->log->unsure = true;
	}
}

static void
run_remove(void *arg)
{
	struct body *b = arg;

	if (b->fd >= 0)
		unlinkat(b->log->folder.body_fd, b->name, 0);
}

/* ---- on the loop */
static void body_next(struct body *);

static void
on_removed(void *arg, enum work_result result)
{
	if (result == WORK_DONE)
		body_destroy(arg);
}

static void
on_synced(void *arg, enum work_result result)
{
	struct body *b = arg;
	void (*synced)(int, void *) = b->synced;

	b->busy = result == WORK_LATE;
	b->synced = NULL;
	synced(result == WORK_LATE ? EIO : b->code, b->synced_arg);
}

static void
on_wrote(void *arg, enum work_result result)
{
	struct body *b = arg;

	if (result == WORK_LATE) {
		b->code = EIO; /* and it stays busy: the thread may still use it */
		if (b->synced != NULL)
			b->synced(EIO, b->synced_arg);
		return;
	}
	b->busy = false;
	b->written += b->writing.len;
	buf_clear(&b->writing);
	body_next(b);
	if (!b->gone && b->drained != NULL && !body_is_full(b))
		b->drained(b->drained_arg);
}

static void
start(struct body *b, void (*run)(void *), void (*done)(void *, enum work_result))
{
	b->busy = true;
	if (work_start(b->spool->disk, b, run, done, b) == 0)
		return;
	b->busy = false;
	b->code = EBUSY;
}

static void
remove_body(struct body *b)
{
	if (b->fd < 0) {
		body_destroy(b);
		return;
	}
	start(b, run_remove, on_removed);
	/* Too busy: it goes here. */
	if (!b->busy) {
		run_remove(b);
		body_destroy(b);
	}
}

/* The body's next job, where there is none. */
static void
body_next(struct body *b)
{
	if (b->busy)
		return;
	if (b->gone) {
		remove_body(b);
		return;
	}
	if (b->code == 0 && b->memory.len > 0) {
		struct buf empty = b->writing;

		b->writing = b->memory;
		b->memory = empty;
		start(b, run_write, on_wrote);
	} else if (b->code == 0 && b->synced != NULL) {
		start(b, run_sync, on_synced);
	}
	if (b->code == 0 || b->busy || b->synced == NULL)
		return;
	on_synced(b, WORK_DONE);
}

int
body_add(struct body *b, const char *bytes, size_t len, struct err *err)
{
	if (b->code == 0 && buf_add(&b->memory, bytes, len) < 0)
		b->code = ENOBUFS;
	if (b->code != 0) {
		errno = b->code;
		return err_errno(err, "cannot keep a message's text");
	}
	b->size += len;
	b->crc = crc32c(b->crc, bytes, len);
	if (!b->in_file && b->size > BODY_IN_MEMORY) {
		b->in_file = true;
		snprintf(b->name, sizeof b->name, "%s-%" PRIx64, b->spool->body_prefix,
		    ++b->spool->body_count);
	}
	if (b->in_file)
		body_next(b);
	return 0;
}

bool
body_is_full(const struct body *b)
{
	return b->in_file && b->code == 0 && b->memory.len + b->writing.len >= SPOOL_BACKLOG;
}

void
body_on_drained(struct body *b, void (*fn)(void *), void *arg)
{
	b->drained = fn;
	b->drained_arg = arg;
}

uint64_t
body_size(const struct body *b)
{
	return b->size;
}

struct str
body_in_memory(const struct body *b)
{
	return b->in_file ? (struct str){ NULL, 0 } : buf_str(&b->memory);
}

bool
body_is_in_file(const struct body *b)
{
	return b->in_file;
}

const struct log *
body_log(const struct body *b)
{
	return b->log;
}

void
body_discard(struct body *b)
{
	b->gone = true;
	b->drained = NULL;
	body_next(b);
}

void
body_sync(struct body *b, struct log *log, void (*done)(int, void *), void *arg)
{
	b->target = log;
	b->synced = done;
	b->synced_arg = arg;
	b->drained = NULL;
	body_next(b);
}

void
body_describe(const struct body *b, uint64_t skip, struct record_piece *piece)
{
	*piece = (struct record_piece){ .skip = skip, .length = b->size - skip, .crc = b->crc };
	snprintf(piece->file, sizeof piece->file, "%s", b->name);
}

void
body_release(struct body *b)
{
	body_destroy(b);
}

/* The spool ends: no job is under way. What is in files is removed when the log is opened again. */
void
bodies_drop(struct spool *spool)
{
	while (!list_empty(&spool->bodies)) {
		struct body *b = list_member(spool->bodies.next, struct body, link);

		if (b->gone)
			run_remove(b);
		body_destroy(b);
	}
}
