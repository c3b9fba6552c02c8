/* SPDX-License-Identifier: MIT */
/*
 * listener -- where connections come in: limits per address and in all, then a session.
 */
#ifndef CORE_SESSION_LISTENER_H
#define CORE_SESSION_LISTENER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"

struct server;
struct listeners;

/* Of all `listen` of the configuration whose protocol is loaded in this worker. NULL with err. */
struct listeners *listeners_create(struct server *, struct err *);
int listeners_accept(struct listeners *, size_t listen, int fd, struct err *);
void listeners_serve_take(
    struct listeners *, size_t listen, int fd, const struct ip *client, uint16_t client_port);
/* Accept no more, tell the sessions; `done` when the last has ended, or after limits.stop_ms. */
void listeners_stop(struct listeners *, void (*done)(void *arg), void *arg);
void listeners_destroy(struct listeners *); /* with no session left: after `done` */
size_t listeners_session_count(const struct listeners *);

#endif
