/* SPDX-License-Identifier: MIT */
/*
 * member -- a started process' side of things: its privileges, its loop, and what the master says.
 *
 * The master and its processes exchange words over the channel, with descriptors beside them:
 *
 *	to a process   stop | log (fd) | auth (fd) | listen NUMBER (fds) | ask ID JSON
 *	to the master  ready | answer ID JSON | answer ID (fd of a memfd with the JSON)
 */
#ifndef CORE_PROCESS_MEMBER_H
#define CORE_PROCESS_MEMBER_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct config;
struct json_t;
struct ledger;
struct loop;
struct member;
struct role_args;

/* A word and what follows it. Descriptors that are to stay must be duplicated. */
struct member_word {
	const char *word;
	void (*fn)(struct member *, struct str rest, const int *fds, size_t count);
};

struct member {
	struct arena *arena;
	struct config *config;
	struct loop *loop;
	struct ledger *ledger;
	const struct role_args *args;
	const struct member_word *words; /* ends with NULL; besides those that every member knows */
	void (*stop)(struct member *);   /* the master says so, or is gone; may come twice */
	void *owner;
};

/*
 * First call of a role: drops privileges, then makes the loop. Returns NULL where it failed, with
 * the reason in the log.
 */
struct member *member_begin(const struct role_args *, const struct member_word *,
    void (*stop)(struct member *), void *owner);
/* Everything is in place: tell the master, and from now on that the loop turns. */
void member_ready(struct member *);
void member_answer(struct member *, struct str id, struct json_t *answer);
void member_end(struct member *);

#endif
