/* SPDX-License-Identifier: MIT */
/*
 * master_inner -- the master, as its files share it.
 *
 * master.c has the phases and the end, master_prepare.c what comes before anything serves,
 * master_workers.c the processes that serve, master_log.c the log of all.
 */
#ifndef CORE_PROCESS_MASTER_INNER_H
#define CORE_PROCESS_MASTER_INNER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/loop/timer.h"
#include "core/process/counters.h"
#include "core/process/master.h"
#include "core/process/proc.h"

struct arena;
struct control;
struct generation;
struct ledger;
struct loop;
struct sockets;

enum master_phase {
	MASTER_CHECKING,
	MASTER_RECOVERING,
	MASTER_STARTING,
	MASTER_SERVING,
	MASTER_STOPPING,
	MASTER_OVER
};

enum {
	MASTER_TICK_MS = 1000,
	MASTER_WORKERS_MAX = 16,
	MASTER_PROCS_MAX = 2 * MASTER_WORKERS_MAX + 1
};

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

/* The only way from one phase to the next; never back. */
void master_enter(struct master *, enum master_phase);
/* Nothing can be served: say why (NULL: it was said), and end with this code. */
void master_give_up(struct master *, int code, const char *why);

/* master_prepare.c */
void master_begin_checking(struct master *);
void master_on_snapshot(struct master *, struct str message, const int *fds, size_t count);
void master_checker_ended(struct master *, int status, int signal);
void master_begin_recovering(struct master *);
void master_recovery_ended(struct master *, int status, int signal);
/* Who a process of that role becomes. */
int master_identity(const struct master *, const char *role, struct identity *, struct err *);

/* master_workers.c */
void master_begin_starting(struct master *);

/* master_log.c: all processes get the descriptor of the log; each second, has its file moved? */
void master_share_log(struct master *);
void master_reopen_log(struct master *);
void master_follow_log(struct master *);

#endif
