/* SPDX-License-Identifier: MIT */
/*
 * path -- the way to a Maildir: below the mail root no symbolic link is followed and nothing leads
 * out.
 */
#include "modules/maildir/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A file or folder below `dir`; as openat. */
int
path_open(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOCTTY),
		.mode =
		    (flags & (O_CREAT | O_TMPFILE)) != 0 && (flags & O_DIRECTORY) == 0 ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return (int)fd;
}

/* The root by its name each time, so that one that is mounted later is found, and one that went is
 * missed. */
int
path_open_root(const struct maildir *set, struct err *err)
{
	int fd = open(set->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "cannot open the mail root %s", set->root);
	if (faccessat(fd, MAILDIR_MARKER, F_OK, 0) == 0)
		return fd;
	err_errno(err,
	    "mail root %s has no " MAILDIR_MARKER
	    " (not mounted? if it is meant to be empty, make that file)",
	    set->root);
	close(fd);
	return -1;
}

/* The group shares what it shares of the folder above. */
static mode_t
dir_mode_below(const struct stat *above)
{
	return (above->st_mode & S_IWGRP) != 0 ? 02770 : 0700;
}

static int
make_marked(const char *path, mode_t mode)
{
	int fd = -1, marker = -1, result = -1;

	if (mkdir(path, 0700) == 0 && chmod(path, mode) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		marker = openat(fd, MAILDIR_MARKER, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (marker >= 0 && fsync(marker) == 0 && fsync(fd) == 0)
		result = 0;
	if (marker >= 0)
		close(marker);
	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * A root that is missing is made, with its marker, in one step. One that is there is left alone:
 * it may be the place of a file system that is not mounted.
 */
int
path_make_root(const struct maildir *set, struct err *err)
{
	char above[MAILDIR_PATH_MAX], fresh[MAILDIR_PATH_MAX + 32], marker[MAILDIR_PATH_MAX + 64];
	char *slash;
	struct stat st;

	if (strlen(set->root) >= sizeof above)
		return err_set(err, "the mail root's path is too long");
	if (access(set->root, F_OK) == 0)
		return 0;
	snprintf(above, sizeof above, "%s", set->root);
	slash = strrchr(above, '/');
	if (slash == NULL || slash[1] == '\0')
		return err_set(
		    err, "mail root %s: give its path without a '/' at the end", set->root);
	*slash = '\0';
	if (stat(slash == above ? "/" : above, &st) < 0)
		return err_errno(err, "cannot make the mail root %s", set->root);
	snprintf(fresh, sizeof fresh, "%s.%08x", set->root, (unsigned)random_number());
	snprintf(marker, sizeof marker, "%s/" MAILDIR_MARKER, fresh);
	if (make_marked(fresh, dir_mode_below(&st)) == 0 && rename(fresh, set->root) == 0)
		return 0;
	err_errno(err, "cannot make the mail root %s", set->root);
	unlink(marker);
	rmdir(fresh);
	return access(set->root, F_OK) == 0 ? 0 : -1; /* another worker was first */
}

static int
make_dir(const struct maildir *set, int at, const char *name, struct err *err)
{
	int fd;

	if (mkdirat(at, name, set->dir_mode) == 0 && set->must_chmod)
		fchmodat(at, name, set->dir_mode, 0);
	fd = path_open(at, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return err_errno(err, "cannot make folder %s", name);
	return fd;
}

/* A folder of the path with all above it, synced: mail that is durable needs a durable way to it.
 */
static int
make_dirs(const struct maildir *set, int root, const char *path, struct err *err)
{
	struct str rest = str_of(path), level;
	int at = dup(root);
	bool more = true;

	while (more && at >= 0) {
		char name[256];
		int next;

		more = str_cut(&rest, '/', &level);
		snprintf(name, sizeof name, "%.*s", STR_FMT(level));
		next = make_dir(set, at, name, err);
		if (next >= 0 && fsync(at) < 0)
			err_errno(err, "cannot sync the folder above %s", name);
		close(at);
		at = next;
	}
	return at;
}

/* `path` below the root, with tmp, new and cur; a mailbox below INBOX is marked as Maildir++ asks.
 */
int
path_make_maildir(const struct maildir *set, int root, const char *path, struct err *err)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	const char *last = strrchr(path, '/');
	int fd = make_dirs(set, root, path, err);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		int part = make_dir(set, fd, parts[i], err);

		if (part < 0) {
			close(fd);
			return -1;
		}
		close(part);
	}
	if (last != NULL && last[1] == '.') {
		int marker = path_create(set, fd, "maildirfolder", O_WRONLY);

		if (marker >= 0)
			close(marker);
	}
	if (fsync(fd) < 0) {
		err_errno(err, "cannot sync %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* A file of ours beside the messages, made where it is missing. */
int
path_create(const struct maildir *set, int dir, const char *name, int flags)
{
	int fd = path_open(dir, name, flags | O_CREAT, set->file_mode);

	if (fd >= 0 && set->must_chmod)
		fchmod(fd, set->file_mode);
	return fd;
}

/* Another's file under a second name, a pipe or a device is no message. */
bool
path_is_message(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		err_errno(err, "cannot look at a message");
	else if (!S_ISREG(st.st_mode))
		err_set(err, "a message is no regular file");
	else if (st.st_nlink > 1 && st.st_uid != geteuid())
		err_set(err, "a message is a second name of another's file");
	else
		return true;
	return false;
}

int
path_sync(int dir, const char *name, struct err *err)
{
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
	int result = fd < 0 ? -1 : fsync(fd);

	if (result < 0)
		err_errno(err, "cannot sync folder %s", name);
	if (fd >= 0)
		close(fd);
	return result;
}

/* ---- locks: of an open file, so that two sessions of one process exclude each other too */

static int
lock_call(int fd, enum lock_byte byte, short type, bool wait)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1
	};
	int result;

	do
		result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	while (result < 0 && errno == EINTR);
	return result;
}

int
path_lock(struct mailbox *box, enum lock_byte byte, bool wait, struct err *err)
{
	if (box->lock_fd < 0)
		box->lock_fd = path_create(box->set, box->fd, MAILDIR_LOCK, O_RDWR);
	if (box->lock_fd < 0)
		return err_errno(err, "cannot open %s/" MAILDIR_LOCK, box->path);
	if (lock_call(box->lock_fd, byte, F_WRLCK, wait) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		errno = EBUSY;
	return err_errno(err, "cannot lock %s", box->path);
}

void
path_unlock(struct mailbox *box, enum lock_byte byte)
{
	lock_call(box->lock_fd, byte, F_UNLCK, false);
}

/* What the open file has from `from` on, into `to`. */
int
path_read(int fd, uint64_t from, struct buf *to)
{
	for (;;) {
		char *room = buf_room(to, MAILDIR_COPY);
		ssize_t n;

		if (room == NULL) {
			errno = EFBIG;
			return -1;
		}
		n = pread(fd, room, MAILDIR_COPY, (off_t)from);
		if (n <= 0)
			return (int)n;
		buf_grow(to, (size_t)n);
		from += (uint64_t)n;
	}
}

/* A whole file; 1, or 0 where there is none. */
int
path_read_file(int dir, const char *name, struct buf *to, struct err *err)
{
	int fd = path_open(dir, name, O_RDONLY | O_NONBLOCK, 0), result = -1;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, "cannot open %s", name);
	if (path_is_message(fd, err)) {
		result = path_read(fd, 0, to) == 0 ? 1 : -1;
		if (result < 0)
			err_errno(err, "cannot read %s", name);
	}
	close(fd);
	return result;
}

int
path_write(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text = str_from(text, (size_t)n);
	}
	return 0;
}
