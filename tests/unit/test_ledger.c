/* SPDX-License-Identifier: MIT */
#include "core/process/ledger.h"
#include "tests/lib/check.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void
the_call_under_way_is_known(void)
{
	struct ledger *l = ledger_open(-1, 3, NULL);
	struct ledger_entry last;
	struct ip client;

	ip_parse(STR("192.0.2.1"), &client);
	ledger_set_here(l);
	CHECK(!ledger_last(l, 3, &last));
	ledger_enter("a-name-that-is-longer-than-the-room-for-names", "rcpt", "1abc", &client);
	CHECK(ledger_last(l, 3, &last));
	CHECK_INT(strlen(last.by), LEDGER_TEXT_MAX - 1);
	CHECK_TEXT(last.what, "rcpt");
	CHECK_TEXT(last.id, "1abc");
	CHECK(ip_equal(&last.client, &client));
	CHECK(!ledger_last(l, 2, &last));
	ledger_enter("inner", "rcpt", "1abc", &client);
	CHECK(ledger_last(l, 3, &last));
	CHECK_TEXT(last.by, "inner");
	ledger_leave();
	CHECK(ledger_last(l, 3, &last));
	CHECK_INT(strlen(last.by), LEDGER_TEXT_MAX - 1);
	ledger_leave();
	CHECK(!ledger_last(l, 3, &last));
	ledger_leave();
	ledger_beat(l);
	CHECK_INT(ledger_beats(l, 3), 1);
	ledger_clear_column(l, 3);
	CHECK_INT(ledger_beats(l, 3), 0);
	ledger_close(l);
	ledger_enter("nobody", "listens", NULL, NULL);
	ledger_leave();
}

/* Die as `signal` in a child process that was doing something; what the ledger says then. */
static void
dies_of(int deadly)
{
	int fd = memfd_create("ledger", MFD_CLOEXEC), status;
	struct ledger_entry last;
	struct ledger *l;
	pid_t child;

	CHECK_INT(ftruncate(fd, (off_t)ledger_size()), 0);
	child = fork();
	if (child == 0) {
		for (size_t i = 0; i < 3; i++)
			signal((int[]){ SIGSEGV, SIGABRT, SIGBUS }[i], SIG_DFL);
		ledger_set_here(ledger_open(fd, 1, NULL));
		ledger_enter("chaos", "mail", "1x", NULL);
		raise(deadly);
		raise(deadly);
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == deadly);
	l = ledger_open(fd, 0, NULL);
	CHECK(ledger_last(l, 1, &last));
	CHECK_TEXT(last.by, "chaos");
	CHECK_INT(last.died, deadly == SIGKILL ? 0 : deadly);
	ledger_close(l);
	close(fd);
}

static void
it_outlives_a_crash(void)
{
	dies_of(SIGABRT);
	dies_of(SIGSEGV);
	dies_of(SIGKILL);
}

void
suite_ledger(void)
{
	static const struct test tests[] = {
		{ "the call under way is known", the_call_under_way_is_known },
		{ "it outlives a crash", it_outlives_a_crash },
	};

	CHECK_SUITE("ledger", tests);
}
