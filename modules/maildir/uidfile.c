/* SPDX-License-Identifier: MIT */
/*
 * uidfile -- the uidlist on disk: read on from where it was, appended and synced, written anew by
 * rename.
 */
#include "modules/maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { UIDFILE_MAX = 1024 * 1024 * 1024 };

/* As long as the file is open, no other one can have its inode number. */
static void
start_over(struct mailbox *box)
{
	uidlist_free(&box->uids);
	arena_destroy(box->uid_arena);
	box->uid_arena = arena_create(box->arena);
	uidlist_init(&box->uids, box->uid_arena);
	if (box->uid_fd >= 0)
		close(box->uid_fd);
	box->uid_fd = -1;
	box->uid_read = 0;
}

static bool
is_same_file(const struct mailbox *box, const struct stat *st)
{
	struct stat open_one;

	return box->uid_fd >= 0 && fstat(box->uid_fd, &open_one) == 0 &&
	       open_one.st_ino == st->st_ino && (uint64_t)st->st_size >= box->uid_read;
}

/* Read what was added since the last time; all of it where the file is another one now. */
int
uidfile_load(struct mailbox *box, struct err *err)
{
	struct stat st;
	struct buf text;
	int result;

	if (fstatat(box->fd, MAILDIR_UIDLIST, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_errno(err, "cannot look at %s/" MAILDIR_UIDLIST, box->path);
		start_over(box);
		return 0;
	}
	if (!is_same_file(box, &st)) {
		start_over(box);
		box->uid_fd = path_open(box->fd, MAILDIR_UIDLIST, O_RDONLY | O_NONBLOCK, 0);
		if (box->uid_fd < 0 || !path_is_message(box->uid_fd, err))
			return err_errno(err, "cannot open %s/" MAILDIR_UIDLIST, box->path);
	}
	buf_init(&text, UIDFILE_MAX);
	result = path_read(box->uid_fd, box->uid_read, &text);
	if (result < 0)
		err_errno(err, "cannot read %s/" MAILDIR_UIDLIST, box->path);
	box->uid_read += uidlist_read(&box->uids, buf_str(&text));
	box->uid_torn = box->uid_fd >= 0 && text.len > 0 && text.p[text.len - 1] != '\n';
	buf_free(&text);
	return result;
}

/*
 * Load, under the lock. A line without an end was never announced, for its sync did not come back:
 * it is ended now, so that it counts as damaged for everyone, and all skip the same UIDs.
 */
int
uidfile_load_to_write(struct mailbox *box, struct err *err)
{
	int fd, result;

	if (uidfile_load(box, err) < 0)
		return -1;
	if (!box->uid_torn)
		return 0;
	fd = path_open(box->fd, MAILDIR_UIDLIST, O_WRONLY | O_APPEND, 0);
	result = fd < 0 ? -1 : path_write(fd, STR("\n"));
	if (fd >= 0)
		close(fd);
	return result < 0 ? err_errno(err, "cannot mend %s/" MAILDIR_UIDLIST, box->path)
			  : uidfile_load(box, err);
}

static int
append_entries(struct mailbox *box, int fd, size_t first, struct err *err)
{
	size_t count = uidlist_count(&box->uids);
	struct buf text;
	int result;

	buf_init(&text, UIDFILE_MAX);
	for (size_t i = first; i < count; i++)
		uidlist_print(uidlist_at(&box->uids, i), &text);
	result = path_write(fd, buf_str(&text));
	if (result == 0)
		result = fdatasync(fd);
	if (result < 0)
		err_errno(err, "cannot write %s/" MAILDIR_UIDLIST, box->path);
	else
		box->uid_read += text.len;
	buf_free(&text);
	return result;
}

int
uidfile_append(struct mailbox *box, size_t first, struct err *err)
{
	int fd, result;

	if (first == uidlist_count(&box->uids))
		return 0;
	fd = path_open(box->fd, MAILDIR_UIDLIST, O_WRONLY | O_APPEND, 0);
	if (fd < 0)
		return err_errno(err, "cannot open %s/" MAILDIR_UIDLIST, box->path);
	result = append_entries(box, fd, first, err);
	close(fd);
	if (result < 0)
		start_over(box); /* what was given is not in the file: nothing of it may be told */
	return result;
}

/* The list as it is in memory, in place of the file; `all`: with those that are gone. */
static int
replace(struct mailbox *box, bool all, struct err *err)
{
	static const char fresh[] = MAILDIR_UIDLIST ".new";
	size_t count = uidlist_count(&box->uids);
	int fd = path_create(box->set, box->fd, fresh, O_RDWR | O_TRUNC), result = -1;
	struct buf text;

	buf_init(&text, UIDFILE_MAX);
	uidlist_print_head(&box->uids, &text);
	for (size_t i = 0; i < count; i++)
		if (all || uidlist_at(&box->uids, i)->where != UID_GONE)
			uidlist_print(uidlist_at(&box->uids, i), &text);
	if (fd >= 0 && path_write(fd, buf_str(&text)) == 0 && fsync(fd) == 0 &&
	    renameat(box->fd, fresh, box->fd, MAILDIR_UIDLIST) == 0 && fsync(box->fd) == 0)
		result = 0;
	else
		err_errno(err, "cannot write %s/" MAILDIR_UIDLIST, box->path);
	buf_free(&text);
	if (fd >= 0)
		close(fd);
	start_over(box);
	return result < 0 ? -1 : uidfile_load(box, err);
}

int
uidfile_rewrite(struct mailbox *box, struct err *err)
{
	return replace(box, false, err);
}

/*
 * There is no list whose head can be read. Dovecot's is taken over where there is one; what could
 * be read of our own keeps its UIDs under a new UIDVALIDITY.
 */
int
uidfile_begin(struct mailbox *box, struct err *err)
{
	struct buf text;
	int found;

	buf_init(&text, UIDFILE_MAX);
	found = uidlist_count(&box->uids) > 0
		    ? 0
		    : path_read_file(box->fd, "dovecot-uidlist", &text, err);
	if (found > 0 && !uidlist_read_dovecot(&box->uids, buf_str(&text)))
		log_warning("%s/dovecot-uidlist cannot be read: UIDs start anew", box->path);
	buf_free(&text);
	if (found < 0)
		return -1;
	if (box->uids.validity == 0)
		box->uids.validity = (uint32_t)time(NULL);
	return replace(box, true, err);
}
