/* SPDX-License-Identifier: MIT */
/*
 * role -- what the master starts this program again as: checker, recovery, auth, smtp or access.
 *
 * The role and its facts are arguments, everything else comes as descriptors (see `enum role_fd`)
 * and later through the channel, as words: see member.h.
 */
#ifndef CORE_PROCESS_ROLE_H
#define CORE_PROCESS_ROLE_H

#include <stdbool.h>

#include "core/process/privilege.h"

struct arena;

/* Descriptors of a started process; 0 and 1 are /dev/null, 2 is the log. */
enum role_fd {
	ROLE_FD_CHANNEL = 3, /* to the master */
	ROLE_FD_SNAPSHOT,    /* of the generation */
	ROLE_FD_COUNTERS,
	ROLE_FD_LEDGER,
	ROLE_FD_MODULES /* and as many as the generation has */
};

struct role_args {
	const char *role;
	const char *config; /* of the checker: the file */
	unsigned column;    /* of counters and ledger */
	double retry_scale;
	struct identity who;
};

/* The argument list that role_main understands; in the arena. */
char *const *role_argv(struct arena *, const struct role_args *);

/* Is this such an argument list? */
bool role_is(int argc, char **argv);
int role_main(int argc, char **argv);

/* The roles; each returns the exit code. */
int role_checker(const struct role_args *);
int role_recovery(const struct role_args *);
int role_auth(const struct role_args *);
int role_worker(const struct role_args *);

#endif
