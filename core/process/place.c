/* SPDX-License-Identifier: MIT */
/* place -- the data folder: made with its owners, and held by one server at a time. */
#include "core/process/place.h"

#include "core/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LENGTH_MAX = 4096 };

int
place_make(const char *data, struct err *err)
{
	struct stat st;

	if (mkdir(data, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make the data folder %s", data);
	if (stat(data, &st) < 0)
		return err_errno(err, "cannot find the data folder %s", data);
	return S_ISDIR(st.st_mode) ? 0 : err_set(err, "the data folder %s is not a folder", data);
}

int
place_share(const char *data, const struct identity *smtp, struct err *err)
{
	bool are_several = geteuid() == 0 && smtp->uid != 0 && smtp->mask == 007;
	struct stat st;

	if (!are_several || (stat(data, &st) == 0 && st.st_uid != 0))
		return 0;
	/* Set-group-id: what is made in it is of the group; sticky: nobody removes what is
	 * another's. */
	if (chown(data, 0, smtp->gid) < 0 || chmod(data, 03770) < 0)
		return err_errno(err, "cannot give the data folder %s to the mail group", data);
	return 0;
}

int
place_make_spool(const char *data, const struct identity *smtp, struct err *err)
{
	char path[PATH_LENGTH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/spool", data) >= sizeof path)
		return err_set(err, "the path %s is too long", data);
	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0 : err_errno(err, "cannot make %s", path);
	if (geteuid() == 0 && chown(path, smtp->uid, smtp->gid) < 0)
		return err_errno(err, "cannot give away %s", path);
	return 0;
}

/* Who holds the lock wrote its process number into the file. */
static int
refuse(int fd, const char *data, struct err *err)
{
	char pid[32];
	ssize_t len = pread(fd, pid, sizeof pid - 1, 0);
	struct str number = { pid, len > 0 ? (size_t)len : 0 };

	while (number.len > 0 && number.p[number.len - 1] == '\n')
		number.len--;
	close(fd);
	return err_set(
	    err, "another server (process %.*s) uses the data folder %s", STR_FMT(number), data);
}

int
place_lock(const char *data, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_LENGTH_MAX], pid[32];
	int fd, len;

	if ((size_t)snprintf(path, sizeof path, "%s/lock", data) >= sizeof path)
		return err_set(err, "the path %s is too long", data);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0)
		return refuse(fd, data, err);
	len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
		err_errno(err, "cannot write %s", path);
		close(fd);
		return -1;
	}
	return fd;
}
