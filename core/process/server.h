/* SPDX-License-Identifier: MIT */
/*
 * server -- what one worker runs, put together: modules, policies, sessions, spool and queue.
 *
 * A worker process makes one; the story runner makes one in its own process, with a fake clock, a
 * fixture for DNS and the users in memory. There is one at a time: server_here().
 */
#ifndef CORE_PROCESS_SERVER_H
#define CORE_PROCESS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/ip.h"

struct arena;
struct auth;
struct config;
struct counters;
struct dns;
struct listeners;
struct loop;
struct policy_set;
struct queue;
struct ref_table;
struct spool;
struct work_pool;

enum server_class { SERVER_SMTP, SERVER_ACCESS, SERVER_ALL };

/* The class that serves the listeners of a protocol. */
enum server_class server_class_of(const char *protocol);

struct server {
	enum server_class class;
	struct loop *loop;
	struct arena *arena;
	struct config *config; /* modules loaded and started */
	struct auth *auth;
	struct dns *dns;
	struct policy_set *policies;
	struct ref_table *refs;  /* transactions and sessions, by handle */
	struct work_pool *disk;  /* spool files */
	struct work_pool *store; /* mailboxes */
	struct spool *spool;     /* NULL in the class access */
	struct queue *queue;     /* NULL in the class access */
	struct listeners *listeners;
	struct counters *counters; /* host-wide tables in shared memory, or private ones */
	double retry_scale;
	bool stopping;
};

struct server_options {
	enum server_class class;
	struct loop *loop;
	struct config *config;
	struct auth *auth;         /* taken */
	struct counters *counters; /* NULL: private ones */
	double retry_scale;        /* 0: 1.0 */
};

/* Load and start modules, make policies, open the spool where the class has one. NULL with err. */
struct server *server_create(const struct server_options *, struct err *);

/* Accept from a listening socket for the configuration's listen number `listen`. */
int server_listen(struct server *, size_t listen, int fd, struct err *);

/* Serve one connected socket as if it had come in there; takes it. `client` NULL: ask the socket.
 */
void server_serve_take(
    struct server *, size_t listen, int fd, const struct ip *client, uint16_t client_port);

/* Stop accepting, let sessions and deliveries end (bounded by limits.stop_ms), release the spool;
 * then `done`. */
void server_stop(struct server *, void (*done)(void *arg), void *arg);
void server_destroy(struct server *);

struct server *server_here(void);

#endif
