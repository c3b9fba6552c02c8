/* SPDX-License-Identifier: MIT */
/* check -- the spool without a server: listed, checked, settled after another boot. */
#include "core/base/arena.h"
#include "core/base/crc32c.h"
#include "core/base/log.h"
#include "core/spool/scan.h"
#include "core/spool/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

struct visit {
	int dir_fd;
	struct arena *arena; /* of one message */
	int (*message)(const struct envelope *, const char *log, void *arg);
	void (*line)(const char *line, void *arg);
	void *arg;
	const char *boot_id;
	int64_t damaged;
	struct err *err;
};

/* ---- list */
static int
list_entry(struct visit *v, const struct folder *f, const struct scan_entry *e)
{
	struct envelope envelope;
	int r = 0;

	arena_reset(v->arena);
	if (scan_envelope(f, e, v->arena, &envelope, NULL) == 0 && envelope_is_live(&envelope))
		r = v->message(&envelope, f->name, v->arg);
	return r;
}

/* A folder that its owner removes meanwhile is empty. */
static int
list_folder(const char *name, void *arg)
{
	struct visit *v = arg;
	struct folder f;
	struct scan scan;
	int r;

	if (folder_open(v->dir_fd, name, 0, &f, v->err) < 0)
		return errno == ENOENT ? 0 : -1;
	r = scan_folder(&scan, &f, 0, v->err);
	for (const struct scan_entry *e = scan.entries; e != NULL && r == 0; e = e->next)
		r = list_entry(v, &f, e);
	scan_close(&scan);
	folder_close(&f);
	return r;
}

static int
visit_each(const char *dir, int (*fn)(const char *, void *), struct visit *v)
{
	int r;

	v->dir_fd = spool_dir_open(dir, false, v->err);
	if (v->dir_fd < 0)
		return errno == ENOENT ? 0 : -1; /* no server has run yet */
	v->arena = arena_create(NULL);
	r = spool_dir_each(v->dir_fd, fn, v, v->err);
	arena_destroy(v->arena);
	close(v->dir_fd);
	return r;
}

int
spool_scan(const char *dir, int (*fn)(const struct envelope *, const char *log, void *arg),
    void *arg, struct err *err)
{
	struct visit v = { .message = fn, .arg = arg, .err = err };

	return visit_each(dir, list_folder, &v);
}

/* ---- check */
static void __attribute__((format(printf, 2, 3))) report(struct visit *v, const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	v->damaged++;
	v->line(line, v->arg);
}

/* Whether the file is there with the bytes that the COMMIT speaks of. */
static bool
file_is_whole(const struct folder *f, const struct record_piece *p)
{
	int fd = openat(f->body_fd, p->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t at = 0, size = p->skip + p->length;
	char chunk[CHUNK];
	uint32_t crc = 0;
	int64_t got = 1;

	while (fd >= 0 && at < size && got > 0) {
		got = read_all(fd, chunk, size - at < CHUNK ? size - at : CHUNK, at);
		if (got > 0)
			crc = crc32c(crc, chunk, (size_t)got);
		at += got > 0 ? (uint64_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && at == size && crc == p->crc;
}

static void
check_text(struct visit *v, const struct folder *f, const struct scan_entry *e)
{
	int fd = segment_open(f, e->stream, e->commit.incarnation, O_RDONLY, NULL);
	struct record_commit commit = { .piece_count = 0 };
	struct log_record record;

	if (fd < 0 || read_record(fd, e->commit, v->arena, &record, NULL) < 0 ||
	    record_get_commit(record.payload, &commit) < 0)
		report(v, "%s: message %s cannot be read", f->name, e->id);
	for (size_t i = 0; i < commit.piece_count; i++)
		if (commit.pieces[i].text.p == NULL && !file_is_whole(f, &commit.pieces[i]))
			report(v, "%s: message %s: its text body/%s is missing or damaged", f->name,
			    e->id, commit.pieces[i].file);
	if (fd >= 0)
		close(fd);
}

static void
check_scan(struct visit *v, const struct folder *f, const struct scan *scan)
{
	char name[40];

	for (const struct scan_damage *d = scan->damage; d != NULL; d = d->next)
		report(v, "%s/%s: blocks %u to %u are damaged", f->name,
		    segment_name(d->file.use, d->file.incarnation, name), d->from, d->to);
	for (const struct scan_entry *e = scan->entries; e != NULL; e = e->next) {
		struct envelope envelope;

		arena_reset(v->arena);
		if (scan_envelope(f, e, v->arena, &envelope, NULL) < 0)
			report(v, "%s: message %s has a damaged envelope", f->name, e->id);
		else if (envelope_is_live(&envelope))
			check_text(v, f, e);
	}
}

static int
check_folder_of(const char *name, void *arg)
{
	struct visit *v = arg;
	struct folder f;
	struct scan scan;
	int r;

	if (folder_open(v->dir_fd, name, 0, &f, v->err) < 0)
		return errno == ENOENT ? 0 : -1;
	r = scan_folder(&scan, &f, 0, v->err);
	if (r == 0 && scan.newer)
		report(v, "%s: was written by a newer version", name);
	else if (r == 0)
		check_scan(v, &f, &scan);
	scan_close(&scan);
	folder_close(&f);
	return r;
}

int64_t
spool_check(const char *dir, void (*fn)(const char *line, void *arg), void *arg, struct err *err)
{
	struct visit v = { .line = fn, .arg = arg, .err = err };

	return visit_each(dir, check_folder_of, &v) < 0 ? -1 : v.damaged;
}

/* ---- settle */
static int
settle_one_folder(const char *name, void *arg)
{
	struct visit *v = arg;
	uint64_t incarnation;
	struct folder f;
	struct scan scan;
	int r = folder_open(v->dir_fd, name, FOLDER_LOCK, &f, v->err);

	if (r <= 0)
		return r; /* 0: its owner, who holds the lock, has settled it */
	r = scan_folder(&scan, &f, 0, v->err);
	incarnation = folder_last_incarnation(&f) + 1;
	if (r == 0 && !scan.newer) {
		scan_keep_damage(&scan, &f, v->dir_fd);
		r = settle_folder(&scan, &f, incarnation, v->boot_id, v->err);
	}
	scan_close(&scan);
	folder_close(&f);
	return r < 0 ? -1 : 0;
}

int
spool_settle(const char *dir, const char *boot_id, struct err *err)
{
	char boot[BOOT_ID_MAX];
	struct visit v = { .boot_id = boot, .err = err };

	if (read_boot_id(boot, boot_id, err) < 0)
		return -1;
	return visit_each(dir, settle_one_folder, &v);
}
