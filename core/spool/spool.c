/* SPDX-License-Identifier: MIT */
/* spool -- the worker's spool: opened, closed, and asked how much room it has. */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/spool/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { ROOM_SEEN_MS = 1000, INODES_LEAST = 1000, DISK_THREADS = 4, DISK_WAITING = 4096 };

static const uint64_t RESERVE_LEAST = 64 * 1024 * 1024;

/* ---- ids: nine digits of microseconds, eight of chance, in the order of ASCII */
static void
put_digits(char *to, size_t count, uint64_t n)
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	while (count-- > 0) {
		to[count] = digits[n % 62];
		n /= 62;
	}
}

void
spool_make_id(struct spool *spool, char *to)
{
	struct timespec now;
	uint64_t us;

	clock_gettime(CLOCK_REALTIME, &now);
	us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	/* A clock that was set back still gives ids in their order. */
	if (us <= spool->last_id_us)
		us = spool->last_id_us + 1;
	spool->last_id_us = us;
	put_digits(to, 9, us);
	put_digits(to + 9, 8, random_number());
	to[17] = '\0';
}

/* ---- room */
static bool
is_broken(const struct spool *spool)
{
	for (int i = 0; i < STREAMS; i++)
		if (spool->own->streams[i].broken)
			return true;
	return false;
}

int
spool_room(struct spool *spool, uint64_t size)
{
	uint64_t now = clock_ms(spool->loop), reserve = spool->reserve_bytes;
	struct statvfs st;

	if (is_broken(spool))
		return -1;
	if (!spool->room_known || now - spool->room_seen_ms >= ROOM_SEEN_MS) {
		if (fstatvfs(spool->dir_fd, &st) < 0)
			return -1;
		if (reserve == 0)
			reserve = (uint64_t)st.f_blocks * st.f_frsize / 20;
		if (spool->reserve_bytes == 0 && reserve < RESERVE_LEAST)
			reserve = RESERVE_LEAST;
		spool->room_bytes = (uint64_t)st.f_bavail * st.f_frsize;
		spool->room_bytes -= spool->room_bytes < reserve ? spool->room_bytes : reserve;
		if (st.f_files > 0 && st.f_favail < INODES_LEAST)
			spool->room_bytes = 0;
		spool->room_seen_ms = now;
		spool->room_known = true;
	}
	return spool->room_bytes > size ? 0 : -1;
}

static void spool_replace_log(struct spool *);

/* ---- timers */
static void
flush_all(struct spool *spool)
{
	LIST_EACH (at, &spool->logs) {
		struct log *log = list_member(at, struct log, link);

		for (int i = 0; i < STREAMS; i++)
			if (log->streams[i].filling != NULL)
				log->streams[i].filling->urgent = true;
	}
	spool_flush(spool);
}

static void
on_mark_timer(void *arg)
{
	flush_all(arg);
}

/* What failed is tried again: aborts and marks that wait, segments to be made or freed. */
static void
on_tick(void *arg)
{
	struct spool *spool = arg;

	LIST_EACH (at, &spool->logs) {
		struct log *log = list_member(at, struct log, link);

		for (int i = 0; i < STREAMS; i++)
			if (log->streams[i].broken)
				stream_batch(&log->streams[i]);
		log_keep(log);
	}
	if (spool->own->unsure && spool->own->settled)
		spool_replace_log(spool);
	flush_all(spool);
}

/* ---- what is answered later */
struct later {
	struct link link;
	void (*fn)(void *);
	void *arg;
	struct arena *arena;
};

void
spool_later(struct spool *spool, void (*fn)(void *), void *arg)
{
	struct arena *a = arena_create(spool->arena);
	struct later *l = arena_alloc(a, sizeof *l);

	*l = (struct later){ .fn = fn, .arg = arg, .arena = a };
	list_add_last(&spool->later, &l->link);
	spool_flush_soon(spool);
}

void
spool_run_later(struct spool *spool)
{
	struct link *l;

	while ((l = list_take_first(&spool->later)) != NULL) {
		struct later *later = list_member(l, struct later, link);

		later->fn(later->arg);
		arena_destroy(later->arena);
	}
}

/* ---- open and close */
enum { FOLDER_TRIES = 100 };

struct choice {
	struct spool *spool;
	struct folder folder;
	bool found;
};

/* A log that nobody owns, and that is not of a newer version, becomes ours. */
static int
try_folder(const char *name, void *arg)
{
	struct choice *c = arg;

	if (folder_open(c->spool->dir_fd, name, FOLDER_LOCK, &c->folder, NULL) != 1)
		return 0;
	if (!folder_is_newer(&c->folder)) {
		c->found = true;
		return 1;
	}
	log_error("the spool folder %s was written by a newer version: it is left alone", name);
	folder_close(&c->folder);
	return 0;
}

/* A new, empty log of our own. */
static int
make_log(struct spool *spool, struct folder *f, struct err *err)
{
	char name[FOLDER_NAME_MAX];
	int made = 0;

	/* Another worker that starts now may adopt the new folder before it is locked: then one more. */
	for (int i = 0; made == 0 && i < FOLDER_TRIES; i++) {
		snprintf(name, sizeof name, "log-%016" PRIx64, random_number());
		made = folder_open(spool->dir_fd, name, FOLDER_CREATE | FOLDER_LOCK, f, err);
	}
	return made == 1 ? 0 : -1;
}

static int
choose_log(struct spool *spool, struct err *err)
{
	struct choice c = { .spool = spool };

	if (spool_dir_each(spool->dir_fd, try_folder, &c, err) < 0)
		return -1;
	if (!c.found && make_log(spool, &c.folder, err) < 0)
		return -1;
	spool->own = log_attach(spool, &c.folder, false);
	return log_learn(spool->own, err);
}

/* Our log's folder is not to be trusted any more: new mail goes into another one. */
static void
spool_replace_log(struct spool *spool)
{
	struct folder f;
	struct err err;
	struct log *log;

	if (make_log(spool, &f, &err) < 0) {
		log_error("%s", err.text);
		return;
	}
	log_error(
	    "%s is not used any more for new mail: its disk has failed", spool->own->folder.name);
	log = log_attach(spool, &f, false);
	if (log_learn(log, &err) < 0) {
		log_destroy(log);
		return;
	}
	log->settled = true;
	spool->own->adopted = true;
	spool->own = log;
}

static void
spool_free(struct spool *spool)
{
	pthread_mutex_destroy(&spool->lock);
	arena_destroy(spool->arena);
}

static struct spool *
spool_create(struct loop *loop, const struct spool_options *o)
{
	struct arena *a = arena_create(NULL);
	struct spool *spool = arena_alloc(a, sizeof *spool);

	spool->arena = a;
	spool->loop = loop;
	spool->dir = arena_strdup(a, o->dir);
	spool->segment_bytes = o->segment_bytes > 0 ? o->segment_bytes : SPOOL_SEGMENT;
	spool->segment_bytes &= ~(uint64_t)(LOG_BLOCK - 1);
	spool->reserve_bytes = o->reserve_bytes;
	if (spool->segment_bytes < SEGMENT_LEAST)
		spool->segment_bytes = SEGMENT_LEAST;
	snprintf(
	    spool->body_prefix, sizeof spool->body_prefix, "%08" PRIx32, (uint32_t)random_number());
	list_init(&spool->logs);
	list_init(&spool->writing);
	list_init(&spool->bodies);
	list_init(&spool->later);
	list_init(&spool->over);
	pthread_mutex_init(&spool->lock, NULL);
	timer_init(&spool->mark_timer, loop, on_mark_timer, spool);
	timer_init(&spool->tick, loop, on_tick, spool);
	checkpoint_init(spool);
	return spool;
}

struct spool *
spool_open(struct loop *loop, const struct spool_options *o,
    void (*found)(struct message *, void *), void *arg, struct err *err)
{
	struct spool *spool = spool_create(loop, o);

	spool->found = found;
	spool->found_arg = arg;
	spool->dir_fd = spool_dir_open(o->dir, true, err);
	if (spool->dir_fd < 0 || read_boot_id(spool->boot_id, o->boot_id, err) < 0 ||
	    choose_log(spool, err) < 0) {
		if (spool->own != NULL)
			log_destroy(spool->own);
		if (spool->dir_fd >= 0)
			close(spool->dir_fd);
		checkpoint_drop(spool);
		spool_free(spool);
		return NULL;
	}
	spool->commit = work_pool_create(loop, "commit", 1, 4, COMMIT_HANG_MS);
	spool->disk = work_pool_create(loop, "spool", DISK_THREADS, DISK_WAITING, DISK_HANG_MS);
	adoption_begin(spool);
	return spool;
}

/* A log in which nothing is left leaves nothing behind. */
static void
end_log(struct spool *spool, struct log *log)
{
	bool empty = log->settled && log_is_empty(log);

	if (empty)
		folder_remove_take(spool->dir_fd, &log->folder);
	log_destroy(log);
}

void
spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	timer_stop(&spool->mark_timer);
	timer_stop(&spool->tick);
	timer_stop(&spool->checkpoint_timer);
	spool->closing = true;
	work_pool_destroy(spool->commit);
	work_pool_destroy(spool->disk);
	spool_run_later(spool);
	spool_flush_here(spool);
	spool_run_later(spool);
	adoption_end(spool);
	checkpoint_drop(spool);
	while (!list_empty(&spool->logs))
		end_log(spool, list_member(spool->logs.next, struct log, link));
	LIST_EACH (at, &spool->over)
		message_destroy(list_member(at, struct message, link));
	bodies_drop(spool);
	close(spool->dir_fd);
	loop_forget(spool->loop, spool);
	spool_free(spool);
}

void
spool_stats(const struct spool *spool, struct spool_stats *to)
{
	*to = spool->stats;
	to->bytes_disk = 0;
	LIST_EACH (at, (struct link *)&spool->logs)
		to->bytes_disk += log_bytes(list_member(at, struct log, link));
}

int
spool_claim(const char *dir, struct err *err)
{
	int dir_fd = spool_dir_open(dir, true, err), fd;

	if (dir_fd < 0)
		return -1;
	fd = lock_file(dir_fd, "lock", err);
	close(dir_fd);
	if (fd == -2)
		return err_set(err, "another server runs on the spool %s", dir);
	return fd;
}
