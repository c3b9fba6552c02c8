/* SPDX-License-Identifier: MIT */
/*
 * privilege -- what each process may do: a clean start, then no more rights than its work needs.
 *
 * To be called before the loop and before any thread exists, so that all of them are bound by it.
 */
#ifndef CORE_PROCESS_PRIVILEGE_H
#define CORE_PROCESS_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/err.h"

/* Who a process becomes, and what it leaves to others in files that it makes. */
struct identity {
	uid_t uid;
	gid_t gid;
	mode_t mask;
};

/*
 * Whatever this was started with: descriptors 0 to 2 are open, the environment holds nothing
 * that is not needed, as many descriptors as allowed, no core dumps, umask 077, other processes of
 * the same user may not look inside.
 */
void privilege_begin(void);

/*
 * Who `user` with `group` is; where there is no such user (or it is ""), the owner of `folder`.
 * Where this process is not root, it stays who it is. -1 where the folder cannot be seen.
 */
int privilege_find(
    const char *user, const char *group, const char *folder, struct identity *, struct err *);

enum privilege_keep {
	PRIVILEGE_NONE,
	PRIVILEGE_READ /* may read what only root may: the checker, for keys */
};

/* Become `who` for good: no way back, no capabilities, no program that is run gains any. */
int privilege_drop(const struct identity *who, enum privilege_keep, struct err *);

/* The master, where it is root, keeps what it needs to bind, and to start and end others' processes. */
void privilege_keep_few(void);

/* For a command of root: what it makes from now on belongs to `who`, but it may still do what root
 * may with files. */
int privilege_act_for(const struct identity *who, struct err *);

#endif
