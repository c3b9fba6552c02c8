/* SPDX-License-Identifier: MIT */
/* segment -- the files of a log folder: made, taken into use, freed, each step durable (see log.h). */
#include "core/spool/segment.h"
#include "core/base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZEROS = 256 * 1024, SAFELY = O_CLOEXEC | O_NOFOLLOW };

static const char *const uses[SEGMENT_USES] = { "main", "deferred", "spare" };

int
write_all(int fd, const void *from, size_t len, uint64_t offset)
{
	ssize_t wrote;

	do
		wrote = pwrite(fd, from, len, (off_t)offset);
	while (wrote < 0 && errno == EINTR);
	if (wrote == (ssize_t)len)
		return 0;
	if (wrote >= 0)
		errno = EIO;
	return -1;
}

int64_t
read_all(int fd, void *to, size_t len, uint64_t offset)
{
	size_t have = 0;

	while (have < len) {
		ssize_t got = pread(fd, (char *)to + have, len - have, (off_t)(offset + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (int64_t)have;
}

/* A folder of ours: made with exactly this mode, whatever the umask. */
static int
open_folder(int at, const char *name, bool create, struct err *err)
{
	bool made = create && mkdirat(at, name, 0700) == 0;
	int fd;

	if (create && !made && errno != EEXIST)
		return err_errno(err, "cannot make the folder %s", name);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | SAFELY);
	if (fd < 0)
		return err_errno(err, "cannot open the folder %s", name);
	if (made && (fchmod(fd, 0700) < 0 || fsync(at == AT_FDCWD ? fd : at) < 0)) {
		err_errno(err, "cannot keep the folder %s", name);
		close(fd);
		return -1;
	}
	return fd;
}

int
spool_dir_open(const char *path, bool create, struct err *err)
{
	return open_folder(AT_FDCWD, path, create, err);
}

/* Whoever held the lock before may have ended with its folder. */
static bool
was_removed(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_nlink > 0)
		return false;
	errno = EAGAIN;
	return true;
}

int
lock_file(int dir_fd, const char *name, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | SAFELY, 0600);

	if (fd < 0) {
		/* In a folder that its owner has just removed nothing can be made. */
		err_errno(err, "cannot open the lock %s", name);
		return errno == ENOENT ? -2 : -1;
	}
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0 && !was_removed(fd))
		return fd;
	err_errno(err, "cannot lock %s", name);
	close(fd);
	return errno == EAGAIN || errno == EACCES ? -2 : -1;
}

int
folder_open(int dir_fd, const char *name, unsigned how, struct folder *f, struct err *err)
{
	*f = (struct folder){ .fd = -1, .body_fd = -1, .lock_fd = -1 };
	snprintf(f->name, sizeof f->name, "%s", name);
	f->fd = open_folder(dir_fd, name, how & FOLDER_CREATE, err);
	/* What we make, another worker may adopt and remove before we have opened it. */
	if (f->fd < 0)
		return how & FOLDER_CREATE && errno == ENOENT ? 0 : -1;
	if (how & FOLDER_LOCK)
		f->lock_fd = lock_file(f->fd, "lock", err);
	if (how & FOLDER_LOCK && f->lock_fd < 0) {
		bool held = f->lock_fd == -2;

		f->lock_fd = -1;
		folder_close(f);
		return held ? 0 : -1;
	}
	f->body_fd = open_folder(f->fd, "body", how & (FOLDER_CREATE | FOLDER_LOCK), err);
	if (f->body_fd >= 0 || !(how & (FOLDER_CREATE | FOLDER_LOCK)))
		return 1;
	folder_close(f);
	return -1;
}

void
folder_close(struct folder *f)
{
	int *fds[] = { &f->body_fd, &f->fd, &f->lock_fd };

	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static void
empty_folder(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | SAFELY);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    strcmp(e->d_name, "lock") != 0)
			unlinkat(fd, e->d_name, 0);
	closedir(dir);
}

void
folder_remove_take(int dir_fd, struct folder *f)
{
	empty_folder(f->body_fd);
	unlinkat(f->fd, "body", AT_REMOVEDIR);
	empty_folder(f->fd);
	/* The lock last: until it is gone nobody else can have begun to use the folder. */
	unlinkat(f->fd, "lock", 0);
	unlinkat(dir_fd, f->name, AT_REMOVEDIR);
	folder_close(f);
}

int
spool_dir_each(int dir_fd, int (*fn)(const char *, void *), void *arg, struct err *err)
{
	int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | SAFELY), r = 0;
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		err_errno(err, "cannot list the spool");
		if (copy >= 0)
			close(copy);
		return -1;
	}
	while (r == 0 && (e = readdir(dir)) != NULL)
		if (strncmp(e->d_name, "log-", 4) == 0 && strlen(e->d_name) < FOLDER_NAME_MAX)
			r = fn(e->d_name, arg);
	closedir(dir);
	return r;
}

const char *
segment_name(enum segment_use use, uint64_t incarnation, char to[40])
{
	snprintf(to, 40, "%s-%016" PRIx64, uses[use], incarnation);
	return to;
}

/* Whether `name` is that of a segment: exactly one that segment_name prints. */
static bool
parse_name(const char *name, struct segment_file *file)
{
	char again[40];

	for (int use = 0; use < SEGMENT_USES; use++) {
		size_t len = strlen(uses[use]);

		if (strncmp(name, uses[use], len) != 0 || name[len] != '-')
			continue;
		file->use = (enum segment_use)use;
		file->incarnation = strtoull(name + len + 1, NULL, 16);
		return file->incarnation > 0 &&
		       strcmp(segment_name(file->use, file->incarnation, again), name) == 0;
	}
	return false;
}

static int
by_incarnation(const void *a, const void *b)
{
	const struct segment_file *x = a, *y = b;

	return x->incarnation < y->incarnation ? -1 : x->incarnation > y->incarnation;
}

int
folder_list(const struct folder *f, struct arena *a, struct segment_file **list, size_t *count,
    struct err *err)
{
	int copy = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | SAFELY);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct segment_file *files = NULL, file;
	size_t n = 0, room = 0;
	struct dirent *e;
	struct stat st;

	if (dir == NULL) {
		err_errno(err, "cannot list %s", f->name);
		if (copy >= 0)
			close(copy);
		return -1;
	}
	while ((e = readdir(dir)) != NULL) {
		if (!parse_name(e->d_name, &file) ||
		    fstatat(f->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (n == room) {
			struct segment_file *more = arena_alloc(a, (room * 2 + 16) * sizeof *more);

			if (n > 0)
				memcpy(more, files, n * sizeof *more);
			files = more;
			room = room * 2 + 16;
		}
		file.bytes = (uint64_t)st.st_size;
		files[n++] = file;
	}
	closedir(dir);
	if (n > 0)
		qsort(files, n, sizeof *files, by_incarnation);
	*list = files;
	*count = n;
	return 0;
}

int
segment_open(
    const struct folder *f, enum segment_use use, uint64_t incarnation, int flags, struct err *err)
{
	char name[40];
	int fd = openat(f->fd, segment_name(use, incarnation, name), flags | SAFELY | O_NONBLOCK);

	return fd >= 0 ? fd : err_errno(err, "cannot open %s/%s", f->name, name);
}

static int
fill_with_zeros(int fd, uint64_t bytes)
{
	static const char zeros[ZEROS];

	for (uint64_t at = 0; at < bytes; at += ZEROS)
		if (write_all(fd, zeros, bytes - at < ZEROS ? bytes - at : ZEROS, at) < 0)
			return -1;
	return fdatasync(fd);
}

int
segment_create(const struct folder *f, uint64_t incarnation, uint64_t bytes, struct err *err)
{
	char name[40];
	int fd = openat(f->fd, segment_name(SEGMENT_SPARE, incarnation, name),
	    O_RDWR | O_CREAT | O_EXCL | SAFELY, 0600);
	int failed;

	if (fd < 0)
		return err_errno(err, "cannot make %s/%s", f->name, name);
	failed = fchmod(fd, 0600) < 0 || fill_with_zeros(fd, bytes) < 0;
	if (failed) {
		err_errno(err, "cannot write %s/%s", f->name, name);
		unlinkat(f->fd, name, 0);
	}
	close(fd);
	return failed ? -1 : 0;
}

int
segment_take(const struct folder *f, uint64_t from, enum segment_use use, uint64_t incarnation,
    struct err *err)
{
	char old[40], name[40];

	segment_name(SEGMENT_SPARE, from, old);
	segment_name(use, incarnation, name);
	if (renameat(f->fd, old, f->fd, name) < 0 || fsync(f->fd) < 0)
		return err_errno(err, "cannot rename %s/%s to %s", f->name, old, name);
	return segment_open(f, use, incarnation, O_RDWR, err);
}

int
segment_free(
    const struct folder *f, enum segment_use use, uint64_t incarnation, bool keep, struct err *err)
{
	char old[40], name[40];
	int r;

	segment_name(use, incarnation, old);
	segment_name(SEGMENT_SPARE, incarnation, name);
	r = keep ? renameat(f->fd, old, f->fd, name) : unlinkat(f->fd, old, 0);
	if ((r < 0 && errno != ENOENT) || fsync(f->fd) < 0)
		return err_errno(err, "cannot free %s/%s", f->name, old);
	return 0;
}

int
read_boot_id(char to[BOOT_ID_MAX], const char *given, struct err *err)
{
	int fd;
	int64_t got;

	if (given != NULL) {
		snprintf(to, BOOT_ID_MAX, "%s", given);
		return 0;
	}
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot read the kernel's boot id");
	got = read(fd, to, BOOT_ID_MAX - 1);
	close(fd);
	if (got <= 0)
		return err_errno(err, "cannot read the kernel's boot id");
	to[got] = '\0';
	to[strcspn(to, "\n")] = '\0';
	return 0;
}

uint64_t
folder_last_incarnation(const struct folder *f)
{
	struct arena *a = arena_create(NULL);
	struct segment_file *files;
	size_t count = 0;
	uint64_t last;

	if (folder_list(f, a, &files, &count, NULL) < 0)
		count = 0;
	last = count > 0 ? files[count - 1].incarnation : 0;
	arena_destroy(a);
	return last;
}
