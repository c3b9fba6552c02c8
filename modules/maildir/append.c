/* SPDX-License-Identifier: MIT */
/*
 * append -- a message becomes a file: written without a name, then linked into new/ or cur/.
 *
 * Nobody ever sees a part of it. Where the caller names it, the same message has the same name at
 * each attempt, so that a repeated delivery finds the earlier one instead of making a second.
 */
#include "modules/maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The text on its way into the file: CRLF becomes LF, but not behind another CR, so that nothing is
 * lost. */
struct writer {
	int fd;
	struct buf out;
	bool after_cr, held_cr; /* the last byte was a CR; it is not written yet */
	uint64_t size, crlf_size;
	uint32_t crc;
};

struct place {
	int part;       /* new/ or cur/ */
	char file[320]; /* name in it, with flags */
	char temp[320]; /* in tmp/ where O_TMPFILE is not to be had; "" */
};

static int
flush(struct writer *w)
{
	w->crc = crc32c(w->crc, w->out.p, w->out.len);
	w->size += w->out.len;
	if (path_write(w->fd, buf_str(&w->out)) < 0)
		return -1;
	buf_clear(&w->out);
	return 0;
}

static void
put(struct writer *w, char c)
{
	if (w->held_cr && c != '\n')
		buf_add_byte(&w->out, '\r');
	w->held_cr = c == '\r' && !w->after_cr;
	if (c == '\n' && !w->after_cr)
		w->crlf_size++;
	if (!w->held_cr)
		buf_add_byte(&w->out, c);
	w->after_cr = c == '\r';
	w->crlf_size++;
}

/* Runs of bytes without a line end go in one piece: most of a message. */
static int
put_text(struct writer *w, const char *p, size_t len)
{
	while (len > 0) {
		const char *cr = memchr(p, '\r', len),
			   *lf = memchr(p, '\n', cr == NULL ? len : (size_t)(cr - p));
		size_t run = lf != NULL ? (size_t)(lf - p) : cr != NULL ? (size_t)(cr - p) : len;

		if (run > 0) {
			put(w, p[0]);
			buf_add(&w->out, p + 1, run - 1);
			w->crlf_size += run - 1;
		} else {
			put(w, p[0]);
			run = 1;
		}
		p += run;
		len -= run;
		if (w->out.len >= MAILDIR_COPY && flush(w) < 0)
			return -1;
	}
	return 0;
}

static int
write_message(struct writer *w, struct storage_append *a, struct err *err)
{
	char text[16 * 1024];
	uint64_t offset = 0;
	int64_t n;

	while ((n = a->read(a->arg, offset, text, sizeof text, err)) > 0) {
		offset += (uint64_t)n;
		if (put_text(w, text, (size_t)n) < 0)
			return err_errno(err, "cannot write a message");
	}
	if (n < 0)
		return -1;
	if (w->held_cr)
		buf_add_byte(&w->out, '\r');
	if (flush(w) < 0)
		return err_errno(err, "cannot write a message");
	return 0;
}

/* ---- names */

static void
name_message(const struct storage_append *a, const struct writer *w, char *to, size_t size)
{
	long long seconds =
	    a->date_ns > 0 ? (long long)(a->date_ns / 1000000000) : (long long)time(NULL);
	char unique[128];

	if (a->name.len > 0)
		snprintf(unique, sizeof unique, "%.*s", STR_FMT(a->name));
	else
		snprintf(unique, sizeof unique, "X%016llx", (unsigned long long)random_number());
	snprintf(to, size, "%lld.%s." MAILDIR_HOST ",S=%llu,W=%llu", seconds, unique,
	    (unsigned long long)w->size, (unsigned long long)w->crlf_size);
}

/* ---- files */

/* A file without a name where the file system has that, else one in tmp/. */
static int
open_unnamed(struct mailbox *box, struct place *at, struct err *err)
{
	int fd = openat(at->part, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, box->set->file_mode);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		snprintf(at->temp, sizeof at->temp, "tmp/%lld.X%016llx." MAILDIR_HOST,
		    (long long)time(NULL), (unsigned long long)random_number());
		fd = path_open(box->fd, at->temp, O_WRONLY | O_CREAT | O_EXCL, box->set->file_mode);
	}
	if (fd < 0)
		return err_errno(err, "cannot make a file in %s", box->path);
	if (box->set->must_chmod)
		fchmod(fd, box->set->file_mode);
	return fd;
}

static int
link_as(struct mailbox *box, const struct place *at, int fd, int dir, const char *name)
{
	char self[32];

	if (at->temp[0] != '\0')
		return linkat(box->fd, at->temp, dir, name, 0);
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
}

/* Whether the file holds what was written: an earlier attempt left it there. */
static bool
is_the_same(int dir, const char *name, const struct writer *w)
{
	int fd = path_open(dir, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	struct buf text;
	bool same = false;

	buf_init(&text, SIZE_MAX / 2);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == w->size && path_read(fd, 0, &text) == 0)
		same = crc32c(0, text.p, text.len) == w->crc;
	buf_free(&text);
	if (fd >= 0)
		close(fd);
	return same;
}

/* An earlier attempt was cut short by a loss of power: what it left is replaced in one step. */
static int
replace(struct mailbox *box, const struct place *at, int fd)
{
	char name[64];
	int tmp = path_open(box->fd, "tmp", O_RDONLY | O_DIRECTORY, 0), result = -1;

	snprintf(name, sizeof name, "%lld.X%016llx." MAILDIR_HOST, (long long)time(NULL),
	    (unsigned long long)random_number());
	if (tmp >= 0 && fsync(fd) == 0 && link_as(box, at, fd, tmp, name) == 0) {
		result = renameat(tmp, name, at->part, at->file);
		if (result == 0)
			result = fsync(at->part);
		else
			unlinkat(tmp, name, 0);
	}
	if (tmp >= 0)
		close(tmp);
	return result;
}

/* An earlier attempt's file that its owner has seen since (it moved), or has expunged. */
static bool
was_delivered(struct mailbox *box, const char *base, const struct writer *w)
{
	char found[600];

	if (expunged_has(box, str_of(base)))
		return true;
	return folder_find(box, str_of(base), found, sizeof found, NULL) > 0 &&
	       is_the_same(box->fd, found, w);
}

static int
give_name(struct mailbox *box, const struct place *at, const struct storage_append *a,
    const struct writer *w, struct err *err)
{
	if (a->durable && fsync(w->fd) < 0)
		return err_errno(err, "cannot sync a message in %s", box->path);
	if (link_as(box, at, w->fd, at->part, at->file) < 0) {
		if (errno != EEXIST)
			return err_errno(err, "cannot store a message in %s", box->path);
		if (!is_the_same(at->part, at->file, w) && replace(box, at, w->fd) < 0)
			return err_errno(err, "cannot replace %s in %s", at->file, box->path);
	}
	if (a->durable && fsync(at->part) < 0)
		return err_errno(err, "cannot sync %s", box->path);
	return 0;
}

static int
write_and_name(struct mailbox *box, struct place *at, struct storage_append *a, struct writer *w,
    struct err *err)
{
	char letters[8];

	if (write_message(w, a, err) < 0)
		return -1;
	name_message(a, w, a->stored_name, sizeof a->stored_name);
	snprintf(at->file, sizeof at->file, "%s%s%s", a->stored_name, a->flags != 0 ? ":2," : "",
	    folder_flag_letters(a->flags, letters));
	snprintf(a->stored_path, sizeof a->stored_path, "%s", box->path);
	a->stored_size = w->size;
	a->stored_crc = w->crc;
	if (a->look && was_delivered(box, a->stored_name, w))
		return 0;
	return give_name(box, at, a, w, err);
}

int
append_message(struct mailbox *box, struct storage_append *a, struct err *err)
{
	struct writer w = { .fd = -1 };
	struct place at = { .part = path_open(box->fd, a->flags != 0 ? "cur" : "new",
				O_RDONLY | O_DIRECTORY, 0) };
	int result = -1;

	if (at.part < 0)
		return err_errno(err, "cannot open new mail of %s", box->path);
	buf_init(&w.out, 2 * MAILDIR_COPY);
	w.fd = open_unnamed(box, &at, err);
	if (w.fd >= 0) {
		result = write_and_name(box, &at, a, &w, err);
		close(w.fd);
		if (at.temp[0] != '\0')
			unlinkat(box->fd, at.temp, 0);
	}
	buf_free(&w.out);
	close(at.part);
	return result;
}
