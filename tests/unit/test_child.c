/* SPDX-License-Identifier: MIT */
#include "core/loop/child.h"
#include "core/loop/loop.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static int ended, status_seen, signal_seen;

static void
on_ended(struct child *c, int status, int number, void *owner)
{
	(void)c;
	(void)owner;
	ended++;
	status_seen = status;
	signal_seen = number;
}

/* Run a shell command with these descriptors, to its end. */
static struct child *
start(const char *command, const int *fds, size_t count)
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };
	char *env[] = { "WORD=from-env", NULL };
	struct child_options o = { .file = "/bin/sh",
		.argv = argv,
		.env = env,
		.fds = fds,
		.fd_count = count,
		.ended = on_ended };
	struct err err;

	loop = loop_create();
	ended = status_seen = signal_seen = 0;
	return child_start(loop, &o, &err);
}

static void
wait_for_end(void)
{
	while (ended == 0)
		loop_turn(loop, true, 1000);
}

static void
a_child_gets_its_arguments_descriptors_and_environment(void)
{
	int pipe_fds[2], fds[3] = { -1, 0, -1 };
	char got[200] = "";

	CHECK_INT(pipe2(pipe_fds, O_CLOEXEC), 0);
	fds[1] = pipe_fds[1];
	CHECK(start("read x || echo \"empty $WORD\"; exit 7", fds, 3) != NULL);
	CHECK(loop_busy(loop));
	close(pipe_fds[1]);
	wait_for_end();
	CHECK_INT(status_seen, 7);
	CHECK_INT(signal_seen, 0);
	CHECK(!loop_busy(loop));
	CHECK_INT(read(pipe_fds[0], got, sizeof got - 1), 15);
	CHECK_TEXT(got, "empty from-env\n");
	close(pipe_fds[0]);
	loop_destroy(loop);
}

/* What a plug-in opened without close-on-exec is not inherited, and SIGPIPE is as programs expect. */
static void
nothing_else_is_inherited(void)
{
	int pipe_fds[2], fds[4] = { -1, 0, 2, 0 }, leak = fcntl(0, F_DUPFD, 60);
	char got[500] = "";

	CHECK_INT(pipe2(pipe_fds, O_CLOEXEC), 0);
	fds[1] = fds[3] = pipe_fds[1];
	CHECK(start("cd /proc/self/fd; for f in 4 5 6 7 8 9 60 61 62; do [ -e $f ] && echo open "
		    "$f; done; "
		    "kill -PIPE $$; echo alive",
		  fds, 4) != NULL);
	close(pipe_fds[1]);
	wait_for_end();
	CHECK_INT(signal_seen, SIGPIPE);
	CHECK_INT(read(pipe_fds[0], got, sizeof got - 1), 0);
	CHECK_TEXT(got, "");
	close(leak);
	close(pipe_fds[0]);
	loop_destroy(loop);
}

static void
a_child_can_be_signalled(void)
{
	struct child *c = start("exec sleep 1000", NULL, 0);

	CHECK(child_pid(c) > 0);
	child_signal(c, SIGTERM);
	wait_for_end();
	CHECK_INT(signal_seen, SIGTERM);
	loop_destroy(loop);
}

static void
a_program_that_cannot_start_is_an_error_at_once(void)
{
	char *argv[] = { "x", NULL }, *env[] = { NULL };
	struct child_options o = {
		.file = "/nonexistent/x", .argv = argv, .env = env, .ended = on_ended
	};
	struct err err = { 0 };

	loop = loop_create();
	ended = 0;
	CHECK(child_start(loop, &o, &err) == NULL);
	CHECK_TEXT(err.text, "cannot start /nonexistent/x: No such file or directory");
	CHECK(!loop_turn(loop, false, 0));
	CHECK_INT(ended, 0);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* no zombie */
	loop_destroy(loop);
}

void
suite_child(void)
{
	static const struct test tests[] = {
		{ "a child gets its arguments, descriptors and environment",
		    a_child_gets_its_arguments_descriptors_and_environment },
		{ "nothing else is inherited", nothing_else_is_inherited },
		{ "a child can be signalled", a_child_can_be_signalled },
		{ "a program that cannot start is an error at once",
		    a_program_that_cannot_start_is_an_error_at_once },
	};

	CHECK_SUITE("child", tests);
}
