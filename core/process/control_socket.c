/* SPDX-License-Identifier: MIT */
/* control_socket -- the two ends of data/control, and the client's half of a question. */
#include "core/process/control_socket.h"

#include "core/base/buf.h"
#include "core/process/control.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128, PIECE = 64 * 1024 };

/*
 * The address of data/control by way of an open folder, because the path may be longer than an
 * address can be. `*folder` is to be closed after its use.
 */
static int
address_of(const char *data, struct sockaddr_un *address, int *folder, struct err *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*folder = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		return err_errno(err, "cannot open %s", data);
	snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/control", *folder);
	return 0;
}

int
control_socket_listen(const char *data, uid_t owner, gid_t group, struct err *err)
{
	struct sockaddr_un address;
	int folder, fd;

	if (address_of(data, &address, &folder, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlinkat(folder, "control", 0);
	/* Made 0600 under our umask: there is no moment in which others could connect. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
	    (geteuid() == 0 &&
		fchownat(folder, "control", owner, group, AT_SYMLINK_NOFOLLOW) < 0) ||
	    fchmodat(folder, "control", 0600, 0) < 0 || listen(fd, BACKLOG) < 0) {
		err_errno(err, "cannot make the socket %s/control", data);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	close(folder);
	return fd;
}

void
control_socket_remove(const char *data)
{
	int folder = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	unlinkat(folder, "control", 0);
	close(folder);
}

/* ---- the client's half */

int
control_connect(const char *data, struct err *err)
{
	struct sockaddr_un address;
	int folder, fd;

	if (address_of(data, &address, &folder, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			err_errno(err, "no server runs with the data folder %s", data);
		else
			err_errno(err, "cannot connect to %s/control", data);
		close(fd);
		fd = -1;
	}
	close(folder);
	return fd;
}

static int
send_line(int fd, json_t *request, struct err *err)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct buf b;
	size_t sent = 0;

	buf_init(&b, CONTROL_LINE_MAX);
	buf_printf(&b, "%s\n", text != NULL ? text : "");
	free(text);
	while (!b.over && sent < b.len) {
		ssize_t put = send(fd, b.p + sent, b.len - sent, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			break;
		sent += (size_t)put;
	}
	if (b.over || sent < b.len)
		err_errno(err, "cannot ask the server");
	fd = b.over || sent < b.len ? -1 : 0;
	buf_free(&b);
	return fd;
}

/* Up to the first newline: 0, or -1. */
static int
read_line(int fd, struct buf *b)
{
	char *room;
	ssize_t got;

	while ((room = buf_room(b, PIECE)) != NULL) {
		got = recv(fd, room, PIECE, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		buf_grow(b, (size_t)got);
		if (room[got - 1] == '\n')
			return 0;
	}
	return -1;
}

json_t *
control_request(int fd, json_t *request, struct err *err)
{
	json_t *answer = NULL;
	struct buf b;

	if (send_line(fd, request, err) < 0)
		return NULL;
	buf_init(&b, CONTROL_ANSWER_MAX + PIECE);
	if (read_line(fd, &b) == 0)
		answer = json_loadb(b.p, b.len, 0, NULL);
	buf_free(&b);
	if (answer == NULL)
		err_set(err, "the server gave no answer");
	return answer;
}

void
control_wait(int fd)
{
	char piece[256];
	ssize_t got;

	do
		got = recv(fd, piece, sizeof piece, 0);
	while (got > 0 || (got < 0 && errno == EINTR));
}
