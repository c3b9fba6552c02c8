/* SPDX-License-Identifier: MIT */
/*
 * tx_core -- a transaction's life, for the core only: made by sessions and by delivery.
 */
#ifndef CORE_SESSION_TX_CORE_H
#define CORE_SESSION_TX_CORE_H

#include "core/session/intake.h"

struct arena;
struct server;
struct policy;
struct envelope;

struct tx_options {
	struct server *server;
	struct policy *policy; /* NULL: nobody is asked */
	const char *via;       /* "smtp", "submission", ...; outlives the transaction */
	struct ip client, local;
	uint16_t client_port;
	bool trusted;       /* of network "trusted" */
	bool at_once;       /* see struct config_listen */
	bool checks_sender; /* submission: MAIL FROM must belong to the user (THREATS.md A12) */
	void *owner;        /* the session: tx_owner */
};

struct tx *tx_create(const struct tx_options *);
/* For the stages route, attempt, outcome and notify of a queued message. `owner`: tx_owner. */
struct tx *tx_create_queued(struct server *, struct policy *, const struct envelope *, void *owner);
void tx_set_present_rcpt(struct tx *, size_t i);
void tx_set_outcome(struct tx *, const char *outcome, struct str reply);
/* Cancels what is waited for. Does not ask the stage close: the session does. */
void tx_destroy(struct tx *);
void *tx_owner(const struct tx *);

/* What `route` decided for the present recipient; "" for none. */
struct str tx_route_deliverer(const struct tx *);
struct str tx_route_host(const struct tx *);
uint16_t tx_route_port(const struct tx *);

#endif
