/* SPDX-License-Identifier: MIT */
/*
 * chaos -- a module that breaks in the ways in which modules break, for the tests of processes.
 *
 * The local part of the sender says how: MAIL FROM:<segv@chaos.test>. Mail from poison@ breaks it when it is delivered.
 */
#include "core/module.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
segv(void)
{
	*(volatile int *)(uintptr_t)8 = 1;
}

/* Deeper than any stack; the result is used, so that no compiler makes a loop of it. */
static int
overflow_from(volatile char *above)
{
	volatile char room[4096];

	room[0] = above != NULL ? *above : 1;
	return overflow_from(room) + room[0];
}

static void
overflow(void)
{
	exit(overflow_from(NULL));
}

static void
end_well(void)
{
	exit(0);
}

static void
end_at_once(void)
{
	_exit(1);
}

static void
die(void)
{
	raise(SIGKILL);
}

static void
block(void)
{
	sleep(60);
}

static void
spin(void)
{
	for (volatile bool for_ever = true; for_ever;)
		;
}

static const struct {
	const char *name;
	void (*fn)(void);
} faults[] = {
	{ "segv", segv },
	{ "abort", abort },
	{ "overflow", overflow },
	{ "exit", end_well },
	{ "exit-now", end_at_once },
	{ "kill", die },
	{ "block", block },
	{ "spin", spin },
};

static enum step
on_mail(struct tx *tx, void *conf)
{
	const struct address *sender = tx_sender_address(tx);

	(void)conf;
	for (size_t i = 0; sender != NULL && i < sizeof faults / sizeof faults[0]; i++)
		if (str_eq(sender->local, str_of(faults[i].name)))
			faults[i].fn();
	return STEP_NEXT;
}

/* A message that is harmless until it is delivered. */
static enum step
on_route(struct tx *tx, void *conf)
{
	(void)conf;
	if (str_starts(tx_sender(tx), STR("poison@")))
		segv();
	return STEP_NEXT;
}

MODULE(chaos) = {
	.abi = MODULE_ABI,
	.summary = "breaks on demand, for tests",
	.on = { [STAGE_MAIL] = on_mail, [STAGE_ROUTE] = on_route },
};
