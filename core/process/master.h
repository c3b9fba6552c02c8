/* SPDX-License-Identifier: MIT */
/*
 * master -- the process that an administrator starts: it starts, watches and ends the others.
 *
 *	CHECKING -> RECOVERING -> STARTING -> SERVING -> STOPPING -> OVER
 *
 * It binds sockets, and hands them over. It parses nothing from the network, evaluates no
 * configuration and loads no module.
 */
#ifndef CORE_PROCESS_MASTER_H
#define CORE_PROCESS_MASTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/loop/timer.h"
#include "core/process/counters.h"
#include "core/process/proc.h"

struct arena;
struct config;
struct control;
struct generation;
struct ledger;
struct loop;
struct sockets;

struct master_options {
	const char *config; /* file; made absolute */
	bool check_only;
	bool as_owner; /* where root starts it: serve as the owner of the data folder, whoever is
			  configured */
	double retry_scale;
	void (*ready)(const struct config *, void *arg); /* or NULL */
	void *arg;
};

/* Run the server, until it is told to stop. Returns a code of sysexits.h; 0 after a stop. */
int master_run(const struct master_options *);

/* ---- for the files of the master */

enum master_phase {
	MASTER_CHECKING,
	MASTER_RECOVERING,
	MASTER_STARTING,
	MASTER_SERVING,
	MASTER_STOPPING,
	MASTER_OVER
};

enum { MASTER_WORKERS_MAX = 16, MASTER_PROCS_MAX = 2 * MASTER_WORKERS_MAX + 1 };

struct master {
	struct arena *arena;
	struct loop *loop;
	struct master_options options;
	enum master_phase phase;
	int exit_code;
	uint64_t began_ms;
	struct generation *generation;
	const struct config *config; /* of the generation */
	int counters_fd, ledger_fd, lock;
	struct counters *counters;
	struct ledger *ledger;
	struct sockets *sockets;
	struct control *control;
	struct proc once; /* the checker, then the recovery */
	struct proc procs[MASTER_PROCS_MAX];
	size_t proc_count; /* the auth process first, then the workers */
	unsigned smtp_count, access_count;
	struct timer tick;
	unsigned stopping_s;
	uint64_t log_inode;
};

/* What happens to its processes. */
void master_on_ready(struct master *, struct proc *);
void
master_on_message(struct master *, struct proc *, struct str message, const int *fds, size_t count);
void master_on_ended(struct master *, struct proc *, int status, int signal);

/* End gently. */
void master_stop(struct master *);

#endif
