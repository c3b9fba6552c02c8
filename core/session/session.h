/* SPDX-License-Identifier: MIT */
/*
 * session -- one client's connection and the protocol that speaks over it, seen from the core.
 *
 * A session lives in an arena of its own: made when the connection comes in, gone with the
 * connection's last event. Protocols see it through protocol.h.
 */
#ifndef CORE_SESSION_SESSION_H
#define CORE_SESSION_SESSION_H

#include "core/base/list.h"
#include "core/session/protocol.h"

struct config_listen;
struct conn;
struct listeners;
struct policy;
struct server;
struct session;
struct tls_context;

/* What the sessions of one `listen` of the configuration share. */
struct service {
	struct server *server;
	struct listeners *listeners;
	struct link *sessions; /* of all services, the one that was quiet for the longest first */
	void (*ended)(struct listeners *, struct session *); /* its memory goes when this returns */
	const struct config_listen *listen;
	const struct protocol *protocol;
	void *conf; /* of the protocol's module */
	const char *via;
	struct tls_context *tls; /* NULL: none */
	struct policy *policy;
	struct session_limits limits;
	uint64_t data_rate; /* bytes a second */
	uint64_t tls_ms;
};

enum session_reading {
	READ_LINES,
	READ_BYTES,
	READ_SKIP
}; /* SKIP: the rest of a line that is too long */

struct session {
	uint32_t magic;   /* first: the table of handles holds other things too */
	struct link link; /* in `sessions` */
	const struct service *service;
	struct conn *conn;
	struct arena *arena;
	struct tx *tx;
	struct ref ref;
	struct ip client;
	uint16_t client_port;
	enum session_reading reading;
	bool held;
	bool shaking_hands;
	bool starting; /* the protocol has not been started */
	bool line_is_bare;
	bool at_end;  /* the client sends nothing more */
	bool closing; /* session_close, or gone */
	bool ended;   /* the protocol's `end` was called */
	uint32_t line_max;
	uint32_t skipped;     /* bytes of the line that is too long */
	uint64_t active_at;   /* ms: the last line or bytes */
	uint64_t deadline_at; /* ms; 0: none */
	uint64_t window_at;   /* end of the present window for the data rate; 0: none */
	uint64_t window_bytes;
	void *state; /* the protocol's */
};

enum {
	SESSION_MAGIC = 0x73657373,
	SESSION_SKIP_MAX = 1024 * 1024, /* bytes of one line, then the client is not worth it */
	SESSION_WINDOW_MS = 30000,      /* the data rate is judged over so long */
	SESSION_LINGER_MS = 5000        /* for the last reply to go out */
};

/* Serve the connected socket, which is taken. `client` as the listener knows it. */
struct session *
session_create_take(const struct service *, int fd, const struct ip *client, uint16_t client_port);

/* A stranger that holds a place and does nothing with it. */
bool session_is_idle(const struct session *);

/* Ask the protocol to end soon. */
void session_stop(struct session *);
/* End at once. */
void session_abort(struct session *);

/* The one deadline changed: by protocol.c. */
void session_arm(struct session *);
/* The window for the data rate begins anew. */
void session_restart_window(struct session *);

#endif
