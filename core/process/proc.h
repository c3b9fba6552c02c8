/* SPDX-License-Identifier: MIT */
/*
 * proc -- one process that the master started: kept alive, watched, ended.
 *
 *	DOWN -> STARTING -> READY -> STOPPING -> DOWN
 *
 * One that ends by itself is started again: at once, then after 1, 2, 4 ... 60 seconds while it
 * keeps ending. One whose loop does not turn for 5 seconds is aborted, then killed.
 */
#ifndef CORE_PROCESS_PROC_H
#define CORE_PROCESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/loop/timer.h"
#include "core/process/privilege.h"

struct channel;
struct child;
struct master;

enum proc_state { PROC_DOWN, PROC_STARTING, PROC_READY, PROC_STOPPING };

enum {
	PROC_SILENT_S = 5,     /* without a beat, before SIGABRT */
	PROC_ABORT_S = 2,      /* from SIGABRT to SIGKILL */
	PROC_START_S = 60,     /* from the start to "ready" */
	PROC_STABLE_MS = 60000 /* who lived so long starts again without a pause */
};

struct proc {
	struct master *master;
	const char *role;
	unsigned number; /* among those of its role */
	unsigned column; /* in counters and ledger */
	bool once;       /* it ends by itself, and is not started again */
	struct identity who;
	enum proc_state state;
	struct child *child; /* NULL: none */
	struct channel *channel;
	struct timer again; /* when it is to be started again */
	uint64_t began_ms;
	unsigned ends; /* in a row, each before it was stable */
	unsigned restarts;
	uint64_t beats; /* the last that was seen */
	unsigned silent_s;
};

void proc_init(struct proc *, struct master *, const char *role, unsigned number, unsigned column);
int proc_start(struct proc *, struct err *);

/* 0, or -1 where it is not there, or takes nothing more. */
int proc_send(struct proc *, const char *text, const int *fds, size_t count);

/* Ask it to end; it is not started again. */
void proc_stop(struct proc *);
void proc_signal(struct proc *, int signal);

/* Each second: does it still turn? */
void proc_watch(struct proc *);

pid_t proc_pid(const struct proc *); /* 0: none */
const char *proc_state_name(enum proc_state);

#endif
