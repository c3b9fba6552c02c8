/* SPDX-License-Identifier: MIT */
/*
 * message -- a stored message's text with CRLF line ends, its flags, and its end.
 */
#include "modules/maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
cursor_close(struct cursor *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct cursor){ .fd = -1 };
}

/* Another program may have moved the file since the last look: then it is looked for by its base
 * name. */
static int
open_entry(struct mailbox *box, const struct uid_entry *e, struct err *err)
{
	char name[600];
	int fd;

	snprintf(name, sizeof name, "%s/%.*s%.*s", e->where == UID_IN_NEW ? "new" : "cur",
	    STR_FMT(e->name), STR_FMT(e->info));
	fd = path_open(box->fd, name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0 && errno == ENOENT && folder_find(box, e->name, name, sizeof name, err) > 0)
		fd = path_open(box->fd, name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, "cannot open message %u of %s", e->uid, box->path);
	if (path_is_message(fd, err))
		return fd;
	close(fd);
	return -1;
}

static int
open_at(struct mailbox *box, uint32_t uid, struct err *err)
{
	struct cursor *c = &box->cursor;
	const struct uid_entry *e = uidlist_find(&box->uids, uid);
	int fd;

	cursor_close(c);
	if (e == NULL) {
		errno = ENOENT;
		return err_errno(err, "%s has no message %u", box->path, uid);
	}
	fd = open_entry(box, e, err);
	if (fd < 0)
		return -1;
	c->fd = fd;
	c->uid = uid;
	return 0;
}

/* Up to `len` bytes, of which `*used` bytes of the file were needed. */
static size_t
to_crlf(struct cursor *c, const char *text, size_t size, size_t *used, char *to, size_t len)
{
	size_t out = 0, i = 0;

	while (i < size && out < len) {
		if (text[i] == '\n' && !c->after_cr) {
			to[out++] = '\r';
			c->after_cr = true; /* and the LF comes in the next round */
			continue;
		}
		to[out++] = text[i];
		c->after_cr = text[i++] == '\r';
	}
	*used = i;
	return out;
}

/* The next bytes, each LF without a CR before it as CRLF. Returns how many, 0 at the end. */
static int64_t
read_on(struct cursor *c, char *to, size_t len)
{
	char text[16 * 1024];
	size_t out = 0, used;

	while (out < len) {
		size_t want = len - out < sizeof text ? len - out : sizeof text;
		ssize_t n = pread(c->fd, text, want, (off_t)c->file_offset);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		out += to_crlf(c, text, (size_t)n, &used, to + out, len - out);
		c->file_offset += used;
	}
	c->offset += out;
	return (int64_t)out;
}

/* Go to `offset`; backwards means from the start. 1, 0 behind the end, -1. */
static int
seek(struct cursor *c, uint64_t offset)
{
	char skipped[4096];

	if (offset < c->offset)
		*c = (struct cursor){ .uid = c->uid, .fd = c->fd };
	while (c->offset < offset) {
		uint64_t left = offset - c->offset;
		int64_t n =
		    read_on(c, skipped, left < sizeof skipped ? (size_t)left : sizeof skipped);

		if (n <= 0)
			return (int)n;
	}
	return 1;
}

int64_t
message_read_at(
    struct mailbox *box, uint32_t uid, uint64_t offset, void *to, size_t len, struct err *err)
{
	struct cursor *c = &box->cursor;
	int64_t n;

	if (c->uid != uid && open_at(box, uid, err) < 0)
		return -1;
	n = seek(c, offset);
	if (n > 0)
		n = read_on(c, to, len);
	return n < 0 ? err_errno(err, "cannot read message %u of %s", uid, box->path) : n;
}

int
message_size_of(int fd, uint64_t *size, struct err *err)
{
	struct cursor c = { .fd = fd };
	char text[MAILDIR_COPY];
	int64_t n;

	while ((n = read_on(&c, text, sizeof text)) > 0)
		continue;
	*size = c.offset;
	return n < 0 ? err_errno(err, "cannot read a message") : 0;
}

/* ---- flags */

/* ":2," and the letters in order, those that are not ours kept. */
static void
change_info(struct str info, uint32_t add, uint32_t remove, char *to, size_t size)
{
	char letters[8];
	size_t n = (size_t)snprintf(
	    to, size, ":2,%s", folder_flag_letters((folder_flags(info) | add) & ~remove, letters));

	for (size_t i = str_starts(info, STR(":2,")) ? 3 : info.len; i < info.len && n + 1 < size;
	     i++)
		if (memchr("DFPRST", info.p[i], 6) == NULL)
			to[n++] = info.p[i];
	to[n] = '\0';
}

static int
move(struct mailbox *box, struct uid_entry *e, uint32_t add, uint32_t remove, struct err *err)
{
	char from[600], to[600], info[300];

	snprintf(from, sizeof from, "%s/%.*s%.*s", e->where == UID_IN_NEW ? "new" : "cur",
	    STR_FMT(e->name), STR_FMT(e->info));
	for (int tries = 0; tries < 3; tries++) {
		struct str now = str_of(from);

		now = str_from(now, 4 + e->name.len);
		change_info(now, add, remove, info, sizeof info);
		snprintf(to, sizeof to, "cur/%.*s%s", STR_FMT(e->name), info);
		if (strcmp(from, to) == 0 || renameat(box->fd, from, box->fd, to) == 0) {
			e->where = UID_IN_CUR;
			e->info = str_copy(box->look, str_of(info));
			return 0;
		}
		if (errno != ENOENT)
			return err_errno(err, "cannot mark message %u of %s", e->uid, box->path);
		if (folder_find(box, e->name, from, sizeof from, err) <= 0)
			return 0; /* it is gone, which is no error here */
	}
	return err_set(err, "message %u of %s keeps moving", e->uid, box->path);
}

/* ---- the end */

static int
remove_file(struct mailbox *box, struct uid_entry *e, struct err *err)
{
	char name[600];

	snprintf(name, sizeof name, "%s/%.*s%.*s", e->where == UID_IN_NEW ? "new" : "cur",
	    STR_FMT(e->name), STR_FMT(e->info));
	for (int tries = 0; tries < 3; tries++) {
		if (unlinkat(box->fd, name, 0) == 0)
			break;
		if (errno != ENOENT)
			return err_errno(err, "cannot remove message %u of %s", e->uid, box->path);
		if (folder_find(box, e->name, name, sizeof name, err) <= 0)
			break;
	}
	e->where = UID_GONE;
	return 0;
}

/* First on record, so that no recovery brings them back; then the files; then the folders are
 * synced, once. */
static int
expunge_all(struct mailbox *box, struct uid_entry **entries, size_t count, struct err *err)
{
	struct arena *scratch = arena_create(box->arena);
	struct str *names = arena_alloc(scratch, (count + 1) * sizeof *names);
	int result;

	for (size_t i = 0; i < count; i++)
		names[i] = entries[i]->name;
	result = expunged_add(box, names, count, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = remove_file(box, entries[i], err);
	arena_destroy(scratch);
	if (result < 0 || path_sync(box->fd, "new", err) < 0 || path_sync(box->fd, "cur", err) < 0)
		return -1;
	return 0;
}

int
message_change(struct mailbox *box, const uint32_t *uids, size_t count, uint32_t add,
    uint32_t remove, bool expunge, struct err *err)
{
	struct arena *scratch = arena_create(box->arena);
	struct uid_entry **entries = arena_alloc(scratch, (count + 1) * sizeof *entries);
	size_t found = 0;
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		struct uid_entry *e = uidlist_find(&box->uids, uids[i]);

		if (e != NULL && e->where != UID_GONE)
			entries[found++] = e;
	}
	cursor_close(&box->cursor);
	if (box->read_only)
		result = err_set(err, "%s is open for reading only", box->path);
	for (size_t i = 0; i < found && !expunge && result == 0; i++)
		result = move(box, entries[i], add, remove, err);
	if (result == 0 && expunge && found > 0)
		result = expunge_all(box, entries, found, err);
	arena_destroy(scratch);
	return result;
}
