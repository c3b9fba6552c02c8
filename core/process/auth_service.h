/* SPDX-License-Identifier: MIT */
/*
 * auth_service -- the auth process' half: finds the source of a user and asks it on a pool thread.
 */
#ifndef CORE_PROCESS_AUTH_SERVICE_H
#define CORE_PROCESS_AUTH_SERVICE_H

#include "core/process/auth.h"
#include "core/process/auth_wire.h"

/* Password hashes computed at once (each takes 19 MiB), and how long a question may wait for its
 * turn. */
enum { AUTH_HASHES = 4, AUTH_FINDERS = 2, AUTH_WAITING = 4000, AUTH_PATIENCE_MS = 5000 };

typedef void auth_answer_fn(const struct auth_message *, void *owner);

struct auth_peer;

/* Someone in this process who asks; `answer` is called later, from the loop, and lives as long as
 * the peer. */
struct auth_peer *auth_service_join(struct auth_service *, auth_answer_fn *answer, void *owner);
void auth_service_leave(struct auth_peer *); /* no further answers */
void auth_service_ask(struct auth_peer *, const struct auth_message *);

#endif
