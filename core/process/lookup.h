/* SPDX-License-Identifier: MIT */
/*
 * lookup -- users and secrets from a source: the ability of modules such as passwd.
 *
 * Its functions run in the auth process only, on pool threads, and may block. No worker that
 * runs third-party code sees a hash.
 */
#ifndef CORE_PROCESS_LOOKUP_H
#define CORE_PROCESS_LOOKUP_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;

struct lookup_user {
	struct str name; /* canonical: "alice@example.test" */
	struct str home; /* the folder of its mail below the mail root; "" for the usual place */
	bool disabled;
};

struct lookup {
	size_t size; /* sizeof(struct lookup) */
	/* 1 found, 0 not found, -1 failed. Strings live in the arena. */
	int (*find_user)(void *conf, struct arena *, struct str local, struct str domain,
	    struct lookup_user *, struct err *);
	/* 1 the password fits, 0 it does not (an unknown user takes the same time), -1 failed. */
	int (*check_password)(
	    void *conf, struct str local, struct str domain, struct str password, struct err *);
	/* For `postern user`: 1 done, 0 not found (or exists already), -1 failed. NULL: read only.
	 */
	int (*set_password)(void *conf, struct str local, struct str domain, struct str password,
	    bool is_new, struct err *);
	int (*remove_user)(void *conf, struct str local, struct str domain, struct err *);
	int (*each_user)(void *conf, int (*fn)(struct str local, struct str domain, void *arg),
	    void *arg, struct err *);
};

/* ---- what workers ask; answered by the auth process, or in the same process for stories */

enum auth_result {
	AUTH_OK,
	AUTH_DENIED,     /* 535 5.7.8: wrong password, unknown or disabled user, all alike */
	AUTH_NO_USER,    /* of auth_find only */
	AUTH_UNAVAILABLE /* 454 4.7.0: no answer in time, or the source failed */
};

typedef void auth_fn(enum auth_result, struct str user, void *arg);
struct auth;
struct auth_request;

/* The worker's connection to whoever knows the users. */
struct auth *auth_here(void);

/* `name` as the client gave it ("alice" or "alice@example.test"); `fn` is called later, once. NULL
 * is never returned. */
struct auth_request *auth_check(struct auth *, struct str name, struct str password,
    const char *service, auth_fn *fn, void *arg);
/* Whether there is such a mailbox: AUTH_OK and its canonical name, AUTH_NO_USER, or
 * AUTH_UNAVAILABLE. */
struct auth_request *
auth_find(struct auth *, struct str local, struct str domain, auth_fn *fn, void *arg);
void auth_cancel(struct auth_request *);

#pragma GCC visibility pop
#endif
