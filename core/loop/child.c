/* SPDX-License-Identifier: MIT */
/*
 * child -- other processes: started with an argument list (never a shell), watched, ended.
 *
 * The child is watched through its pidfd, so that no signal handler is involved and a process id
 * that was given to somebody else is never signalled.
 */
#include "core/loop/child.h"
#include "core/base/mem.h"
#include "core/loop/loop_inner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	uv_poll_t poll;
	struct loop *loop;
	struct loop_item item;
	pid_t pid;
	int pidfd;
	void (*ended)(struct child *, int, int, void *);
	void *owner;
};

/* ---- in the new process: only what is allowed after a fork among threads ---- */

/* Put `options->fds` at 0, 1, 2, ... and the pipe behind them; above that nothing stays open. */
static int
place_fds(const struct child_options *options, int *report)
{
	int count = (int)options->fd_count, copies[CHILD_FDS_MAX];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* First all out of the way of their places, then each to its own. */
	*report = fcntl(*report, F_DUPFD_CLOEXEC, count + 1);
	for (int i = 0; i < count; i++) {
		int from = options->fds[i] >= 0 ? options->fds[i] : null;

		copies[i] = fcntl(from, F_DUPFD_CLOEXEC, count + 1);
		if (copies[i] < 0)
			return -1;
	}
	for (int i = 0; i < count; i++)
		if (dup2(copies[i], i) < 0)
			return -1;
	if (dup3(*report, count, O_CLOEXEC) < 0)
		return -1;
	*report = count;
	return close_range((unsigned)count + 1, ~0U, 0);
}

static _Noreturn void
become(const struct child_options *options, int report)
{
	static const struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;
	int code;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &by_default, NULL);
	sigemptyset(&none);
	if (place_fds(options, &report) == 0) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(options->file, options->argv, options->env);
	}
	code = errno;
	(void)!write(report, &code, sizeof code);
	_exit(127);
}

/* ---- in this process ---- */

static void
on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void
let_go(struct child *c)
{
	loop_item_remove(&c->item);
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->pidfd);
	loop_busy_add(c->loop, -1);
}

/* The loop ends first: the process goes on without us. */
static void
child_end(struct loop_item *item)
{
	let_go(list_member(item, struct child, item));
}

static void
on_ended(uv_poll_t *h, int status, int events)
{
	struct child *c = h->data;
	uint64_t began;
	siginfo_t info = { 0 };

	(void)status;
	(void)events;
	if (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
		return;
	began = loop_event_begin(c->loop);
	if (info.si_code == CLD_EXITED)
		c->ended(c, info.si_status, 0, c->owner);
	else
		c->ended(c, 0, info.si_status, c->owner);
	loop_event_end(c->loop, began);
	let_go(c);
}

static struct child *
watch(struct loop *loop, pid_t pid, const struct child_options *options)
{
	struct child *c = mem_alloc(sizeof *c);

	c->loop = loop;
	c->pid = pid;
	c->ended = options->ended;
	c->owner = options->owner;
	c->poll.data = c;
	c->pidfd = pidfd_open(pid, 0);
	if (c->pidfd < 0 || uv_poll_init(&loop->uv, &c->poll, c->pidfd) != 0)
		abort();
	uv_poll_start(&c->poll, UV_READABLE, on_ended);
	loop_item_add(loop, &c->item, child_end);
	loop_busy_add(loop, 1);
	return c;
}

/* Fork; the parent gets the process id, and in `code` why the program could not be started, or 0. */
static pid_t
launch(const struct child_options *options, const int *report, int *code)
{
	sigset_t all, before;
	pid_t pid;

	*code = 0;
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(options, report[1]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	while (pid > 0 && read(report[0], code, sizeof *code) < 0 && errno == EINTR)
		;
	if (pid > 0 && *code != 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return pid;
}

struct child *
child_start(struct loop *loop, const struct child_options *options, struct err *err)
{
	int report[2], code;
	pid_t pid;

	assert(options->file[0] == '/' && options->fd_count <= CHILD_FDS_MAX);
	if (pipe2(report, O_CLOEXEC) != 0) {
		err_errno(err, "cannot start %s", options->file);
		return NULL;
	}
	pid = launch(options, report, &code);
	if (pid < 0)
		code = errno;
	close(report[0]);
	if (code == 0)
		return watch(loop, pid, options);
	errno = code;
	err_errno(err, "cannot start %s", options->file);
	return NULL;
}

pid_t
child_pid(const struct child *c)
{
	return c->pid;
}

void
child_signal(struct child *c, int signal)
{
	pidfd_send_signal(c->pidfd, signal, NULL, 0);
}
