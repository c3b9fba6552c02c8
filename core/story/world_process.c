/* SPDX-License-Identifier: MIT */
/* world_process -- the server as a process of its own, as an administrator starts it. */
#include "core/story/world_process.h"
#include "core/base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_SECONDS = 30, STOP_SECONDS = 20 };

struct world_process {
	pid_t pid;
	char folder[128];
};

/* The socket on which the server says READY=1, as systemd has it. */
static int
notify_socket(const char *path, struct err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof sa.sun_path)
		return err_set(err, "the path %s is too long for a socket", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		err_errno(err, "cannot bind %s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static _Noreturn void
become_server(const char *folder, const char *notify)
{
	char config[160], log[160], *argv[] = { "postern", "run", "-c", config, NULL };
	int fd;

	snprintf(config, sizeof config, "%s/postern.lua", folder);
	snprintf(log, sizeof log, "%s/stderr", folder);
	setenv("NOTIFY_SOCKET", notify, 1);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	setpgid(0, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static void
read_file(const char *folder, const char *name, struct buf *to)
{
	char path[200], *room;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((room = buf_room(to, 4096)) != NULL && (got = read(fd, room, 4096)) > 0)
		buf_grow(to, (size_t)got);
	close(fd);
}

static bool
wait_ready(int fd, pid_t pid)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[256];

	for (int i = 0; i < START_SECONDS * 10; i++) {
		ssize_t got;

		if (waitpid(pid, NULL, WNOHANG) == pid)
			return false;
		if (poll(&p, 1, 100) <= 0)
			continue;
		got = recv(fd, text, sizeof text - 1, 0);
		text[got > 0 ? got : 0] = '\0';
		if (strstr(text, "READY=1") != NULL)
			return true;
	}
	return false;
}

struct world_process *
world_process_start(struct arena *a, const char *folder, struct err *err)
{
	struct world_process *p = arena_alloc(a, sizeof *p);
	char notify[160];
	struct buf said;
	bool ready;
	int fd;

	snprintf(p->folder, sizeof p->folder, "%s", folder);
	snprintf(notify, sizeof notify, "%s/notify", folder);
	fd = notify_socket(notify, err);
	if (fd < 0)
		return NULL;
	p->pid = fork();
	if (p->pid == 0)
		become_server(folder, notify);
	ready = p->pid > 0 && wait_ready(fd, p->pid);
	close(fd);
	if (ready)
		return p;
	buf_init(&said, 64 * 1024);
	read_file(folder, "stderr", &said);
	read_file(folder, "data/log", &said);
	err_set(err, "the server did not start: %s", buf_text(&said));
	buf_free(&said);
	world_process_stop(p);
	return NULL;
}

void
world_process_stop(struct world_process *p)
{
	if (p == NULL || p->pid <= 0)
		return;
	kill(p->pid, SIGTERM);
	for (int i = 0; i < STOP_SECONDS * 100; i++) {
		if (waitpid(p->pid, NULL, WNOHANG) != 0)
			return;
		poll(NULL, 0, 10);
	}
	kill(-p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
}

void
world_process_log(struct world_process *p, struct buf *to)
{
	read_file(p->folder, "stderr", to);
	read_file(p->folder, "data/log", to);
}
