/* SPDX-License-Identifier: MIT */
/*
 * route -- who delivers to a recipient, and where to: the policy's word, else our domains, else `route`.
 */
#ifndef CORE_DELIVERY_ROUTE_H
#define CORE_DELIVERY_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct arena;
struct auth_request;
struct config;
struct deliverer;
struct envelope_rcpt;

/* What a policy, or whoever queued the message, asks for; "" for nothing. */
struct route_wish {
	struct str deliverer, host;
	uint16_t port;
};

enum route_result {
	ROUTE_FOUND,
	ROUTE_DEFER, /* status and reply say why */
	ROUTE_FAIL,
	ROUTE_LATER /* `done` will be called */
};

/* One search; embedded in its owner, and alive until its result is there or it was cancelled. */
struct route {
	/* the result */
	const struct deliverer *deliverer;
	void *conf;
	const char *name;   /* of the deliverer: "local" */
	struct str mailbox; /* of a local recipient: its canonical user, in the arena */
	struct str host;
	uint16_t port;
	const char *status, *reply; /* of DEFER and FAIL */

	/* the search for the user */
	struct arena *arena;
	const struct config *config;
	struct route_users *users;
	struct str local, domain;
	struct str asked; /* the local part that is being looked up */
	const struct route_try *step;
	struct auth_request *request;
	void (*done)(struct route *, enum route_result, void *arg);
	void *arg;
};

/*
 * Users that were found lately: the session has just asked for the same name. One that is removed
 * gets mail for a few seconds more.
 */
struct route_users;
enum { ROUTE_USERS = 512, ROUTE_USERS_MS = 10 * 1000 };
struct route_users *route_users_create(struct arena *);

enum route_result route_start(struct route *, struct arena *, const struct config *,
    struct route_users *, const struct envelope_rcpt *, const struct route_wish *,
    void (*done)(struct route *, enum route_result, void *arg), void *arg);
void route_cancel(struct route *);

#endif
