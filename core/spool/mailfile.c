/* SPDX-License-Identifier: MIT */
/* mailfile -- a delivered message's file in a Maildir: found where it has moved, checked, written again. */
#include "core/spool/mailfile.h"
#include "core/base/crc32c.h"
#include "core/spool/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

/* Whether a file's name is `base`, alone or with flags. */
static bool
is_named(const char *name, const char *base)
{
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 &&
	       (name[len] == '\0' || name[len] == ':' || name[len] == ';');
}

static int
find_in(const char *folder, const char *base, char path[MAILFILE_PATH_MAX])
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	int found = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : -1;
	while (found == 0 && (e = readdir(dir)) != NULL) {
		if (!is_named(e->d_name, base))
			continue;
		found = snprintf(path, MAILFILE_PATH_MAX, "%s/%s", folder, e->d_name) <
				MAILFILE_PATH_MAX
			    ? 1
			    : -1;
	}
	closedir(dir);
	return found;
}

static int
find_below(const char *maildir, const char *sub, const char *base, char path[MAILFILE_PATH_MAX])
{
	static const char *const parts[] = { "new", "cur", "tmp" };
	char folder[MAILFILE_PATH_MAX];
	int found = 0;

	for (size_t i = 0; i < (sub[0] == '\0' ? 3 : 2) && found == 0; i++) {
		if (snprintf(folder, sizeof folder, "%s/%s%s%s", maildir, sub, sub[0] ? "/" : "",
			parts[i]) >= (int)sizeof folder)
			return -1;
		/* Where it usually is, without a look at all the others. */
		if (snprintf(path, MAILFILE_PATH_MAX, "%s/%s", folder, base) < MAILFILE_PATH_MAX &&
		    access(path, F_OK) == 0)
			return 1;
		found = find_in(folder, base, path);
	}
	return found;
}

int
mailfile_find(const char *maildir, const char *base, char path[MAILFILE_PATH_MAX])
{
	int found = find_below(maildir, "", base, path);
	struct dirent *e;
	DIR *dir;

	if (found != 0)
		return found;
	dir = opendir(maildir);
	if (dir == NULL)
		return errno == ENOENT ? 0 : -1;
	while (found == 0 && (e = readdir(dir)) != NULL)
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN))
			found = find_below(maildir, e->d_name, base, path);
	closedir(dir);
	return found;
}

int
mailfile_is_expunged(const char *maildir, const char *base)
{
	char path[MAILFILE_PATH_MAX], line[512];
	size_t len = strlen(base);
	int found = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/postern-expunged", maildir);
	file = fopen(path, "re");
	if (file == NULL)
		return errno == ENOENT ? 0 : -1;
	while (found == 0 && fgets(line, sizeof line, file) != NULL)
		found = strncmp(line, base, len) == 0 && (line[len] == '\n' || line[len] == ':');
	if (ferror(file))
		found = -1;
	fclose(file);
	return found;
}

int
mailfile_is_whole(const char *path, uint64_t size, uint32_t crc)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char chunk[CHUNK];
	uint64_t at = 0;
	uint32_t sum = 0;
	int64_t got;

	if (fd < 0)
		return -1;
	while ((got = read_all(fd, chunk, sizeof chunk, at)) > 0) {
		sum = crc32c(sum, chunk, (size_t)got);
		at += (uint64_t)got;
	}
	close(fd);
	/* A file that cannot be read back is as bad as one that is wrong. */
	return got == 0 && at == size && sum == crc;
}

int
mailfile_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r, code;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* moved or expunged this moment */
	r = fsync(fd);
	code = errno;
	close(fd);
	errno = code;
	return r;
}

int
mailfile_sync_folders(const char *maildir)
{
	char path[MAILFILE_PATH_MAX];
	int r;

	snprintf(path, sizeof path, "%s/new", maildir);
	r = mailfile_sync(path);
	snprintf(path, sizeof path, "%s/cur", maildir);
	return r < 0 ? r : mailfile_sync(path);
}

/* The folder that a file stands in. */
static bool
folder_of(const char *path, char folder[MAILFILE_PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && snprintf(folder, MAILFILE_PATH_MAX, "%.*s", (int)(slash - path),
				    path) < MAILFILE_PATH_MAX;
}

/* Copy to `fd`: 0; -1 where it fails, or these are not the bytes expected. */
static int
copy_checked(int fd, int from, uint64_t size, uint32_t crc)
{
	char chunk[CHUNK];
	uint64_t at = 0;
	uint32_t sum = 0;
	int64_t got;

	while ((got = read_all(from, chunk, sizeof chunk, at)) > 0) {
		if (write_all(fd, chunk, (size_t)got, at) < 0)
			return -1;
		sum = crc32c(sum, chunk, (size_t)got);
		at += (uint64_t)got;
	}
	errno = EILSEQ;
	return got == 0 && at == size && sum == crc ? fsync(fd) : -1;
}

int
mailfile_rewrite(const char *path, int from, uint64_t size, uint32_t crc)
{
	char folder[MAILFILE_PATH_MAX], tmp[MAILFILE_PATH_MAX + 32];
	struct stat st;
	int fd, r;

	if (!folder_of(path, folder) || lstat(path, &st) < 0)
		return -1;
	snprintf(tmp, sizeof tmp, "%s/../tmp/postern-again-%d", folder, (int)getpid());
	unlink(tmp);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0777);
	if (fd < 0)
		return -1;
	r = copy_checked(fd, from, size, crc);
	if (r == 0 && fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		r = -1;
	if (r == 0)
		r = rename(tmp, path);
	if (r == 0)
		r = mailfile_sync(folder);
	if (r < 0) {
		int code = errno;

		unlink(tmp);
		errno = code;
	}
	close(fd);
	return r;
}

int
mailfile_set_aside(const char *maildir, const char *path)
{
	const char *name = strrchr(path, '/');
	char to[MAILFILE_PATH_MAX], folder[MAILFILE_PATH_MAX];

	snprintf(to, sizeof to, "%s/tmp/damaged-%s", maildir, name != NULL ? name + 1 : path);
	if (rename(path, to) < 0 || !folder_of(path, folder))
		return -1;
	return mailfile_sync(folder);
}
