/* SPDX-License-Identifier: MIT */
/*
 * auth -- who may log in: questions of workers, answered by the one process that reads hashes.
 *
 * Messages over a channel: fixed header, length-prefixed strings (see auth.c). The client half is
 * what protocols use (process/lookup.h).
 */
#ifndef CORE_PROCESS_AUTH_H
#define CORE_PROCESS_AUTH_H

#include "core/process/lookup.h"

struct config;
struct loop;
struct auth_service;

/* A worker's half, over the socket `fd` (taken); -1: none yet, so that nobody can be asked. */
struct auth *auth_connect_take(struct loop *, int fd);
/* A new auth process: what was asked of the last one is unavailable. */
void auth_reconnect_take(struct auth *, int fd);
/* Both halves in one process: for stories. The modules of `config` are loaded. */
struct auth *auth_local(struct loop *, const struct config *);
void auth_close(struct auth *);
void auth_set_here(struct auth *);

/* The auth process' half: serve workers. */
struct auth_service *auth_service_create(struct loop *, const struct config *);
void auth_service_add_take(struct auth_service *, int fd);
void auth_service_destroy(struct auth_service *);

#endif
