/* SPDX-License-Identifier: MIT */
/* child -- other processes: started with an argument list (never a shell), watched, ended. */
#ifndef CORE_LOOP_CHILD_H
#define CORE_LOOP_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "core/base/err.h"

struct loop;
struct child;

enum { CHILD_FDS_MAX = 256 };

struct child_options {
	const char *file; /* absolute */
	char *const *argv;
	char *const *env;
	const int
	    *fds; /* become 0, 1, 2, ... in the child; -1: /dev/null; nothing else is inherited */
	size_t fd_count;
	void (*ended)(struct child *, int status, int signal, void *owner); /* then it is gone */
	void *owner;
};

struct child *child_start(struct loop *, const struct child_options *, struct err *);
pid_t child_pid(const struct child *);
void child_signal(struct child *, int signal);

#endif
