/* SPDX-License-Identifier: MIT */
/*
 * users -- the text file that passwd reads: one user a line, read again whenever it has changed.
 *
 *	NAME@DOMAIN:HASH[:SCRAM-KEYS[:HOME]]
 *
 * Lines that begin with # and empty ones are kept. A HASH that begins with '!' locks the user out;
 * mail still comes in. The file is replaced as a whole, never written in place.
 */
#ifndef MODULES_PASSWD_USERS_H
#define MODULES_PASSWD_USERS_H

#include <pthread.h>
#include <sys/stat.h>

#include "core/module.h"

struct user {
	const char *name; /* lower case */
	const char *hash; /* without the '!' */
	const char *keys; /* of SCRAM, or "" */
	const char *home; /* or "" */
	bool locked;
};

struct users {
	const char *path;
	pthread_mutex_t lock; /* over what follows: threads read at once */
	struct arena *arena;
	struct user *items; /* sorted by name */
	size_t count;
	struct stat seen; /* of the file that was read */
};

void users_open(struct users *, const char *path);
void users_close(struct users *);

/*
 * 1 found, 0 not, -1 failed. Strings live in the arena. Where the name is not there, `hash` is
 * another user's, for the same work to be done with.
 */
int users_find(struct users *, struct arena *, struct str local, struct str domain, struct user *,
    struct err *);

/* Names, sorted, as a copy in the arena; NULL where it failed. */
const char *const *users_names(struct users *, struct arena *, size_t *count, struct err *);

enum users_change { USERS_ADD, USERS_REPLACE, USERS_REMOVE };

/* 1 done, 0 it is there already (add) or is not there (the others), -1 failed. `rest`: the line
 * after the name. */
int
users_change(struct users *, enum users_change, const char *name, const char *rest, struct err *);

#endif
