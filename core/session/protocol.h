/* SPDX-License-Identifier: MIT */
/*
 * protocol -- what a module needs to serve a line-based protocol: sessions, lines, replies.
 *
 * The core owns the connection, its limits and its deadline; the protocol sees lines, or bytes
 * while it asks for them, and writes. A protocol that must wait calls session_hold: nothing
 * further is given to it until session_go.
 */
#ifndef CORE_SESSION_PROTOCOL_H
#define CORE_SESSION_PROTOCOL_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/ip.h"
#include "core/base/ref.h"
#include "core/base/str.h"

struct session;
struct tx;
struct arena;

/* A way of listening that the protocol has, and what is usual for it. */
struct endpoint {
	const char *name; /* "submission": what listen { } calls it; NULL ends the table */
	uint16_t port;    /* 587 */
	bool tls_first;   /* the handshake comes before the greeting */
	bool needs_auth;  /* for people, not for other servers */
	const char *via;  /* tx_via where it differs from the name: "submission" of "submissions" */
};

/* Of the administrator's limits and time-outs, those that protocols keep (0: none). */
struct session_limits {
	uint64_t message_size;
	uint64_t recipients;    /* of one transaction */
	uint64_t errors;        /* refused or unknown commands, then goodbye */
	uint64_t idle_commands; /* without a message between */
	uint64_t transactions;  /* messages of one session */
	uint64_t auth_failures; /* of one session */
	uint64_t command_ms, data_ms, greeting_ms, pop3_idle_ms;
};

enum session_event {
	SESSION_SECURED, /* TLS, asked for by session_start_tls, stands */
	SESSION_TIMEOUT, /* the deadline passed */
	SESSION_TOO_LONG, /* a line passed the maximum; it is discarded up to its end, then lines go on */
	SESSION_DRAINED, /* output that was above the high-water mark went out */
	SESSION_STOPPING, /* the server wants to stop: end soon, politely; told again when the time for it is over */
	SESSION_GONE /* the peer has closed or the connection broke; `end` follows */
};

struct protocol {
	size_t size; /* sizeof(struct protocol) */
	const struct endpoint *endpoints;
	const char *alpn;    /* "smtp", "pop3"; RFC 7301 */
	size_t session_size; /* bytes of the protocol's state, zeroed: session_state() */
	/* bytes with the end of line, at most SESSION_LINE_MAX; may be changed by
	 * session_set_line_max */
	size_t line_max;
	/* "421 4.7.0 ...": said with CRLF instead of a greeting where a limit is reached */
	const char *busy;
	void (*start)(struct session *); /* greet; TLS stands where it comes first */
	void (*line)(struct session *, struct str line); /* without its CRLF */
	size_t (*bytes)(struct session *,
	    struct str input); /* while session_read_bytes; returns what it used */
	void (*event)(struct session *, enum session_event);
	void (*end)(struct session *); /* last call; the state is freed behind it */
};

enum { SESSION_LINE_MAX = 16 * 1024 };

void *session_state(struct session *);
void *session_conf(struct session *); /* the module's configuration */
/* ends with the session: nothing is to be taken from it for each command */
struct arena *session_arena(struct session *);
struct tx *session_tx(struct session *);
struct session *tx_session(struct tx *); /* the session behind a transaction, for tx_over_fn */
const struct session_limits *session_limits(struct session *);
struct session *session_of(struct ref); /* NULL: gone */
struct ref session_ref(struct session *);
const char *session_endpoint(struct session *); /* "submission" */
bool session_needs_auth(struct session *);      /* as the endpoint, or as configured */
const char *session_hostname(struct session *);
void session_client(struct session *, struct ip *, uint16_t *port); /* port may be NULL */
uint64_t session_now_ms(struct session *);

/* ---- output: collected, and written once per turn */
void session_write(struct session *, struct str);
void
session_printf(struct session *, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool session_is_full(
    struct session *); /* above the high-water mark: stop producing until SESSION_DRAINED */

/* ---- input */
void session_read_lines(struct session *);
void session_read_bytes(
    struct session *); /* below limits.data_rate for half a minute: SESSION_TIMEOUT */
void session_set_line_max(struct session *, size_t);
bool session_line_is_bare(struct session *); /* the present line ended in LF without CR */
bool session_has_input(struct session *);    /* bytes behind the present line have already come */
/* the same, and asks the kernel: for moments at which the client must be silent */
bool session_has_arrived(struct session *);
void session_hold(struct session *); /* ends the deadline; one set afterwards holds */
void session_go(struct session *);   /* goes on from the loop, not inside the call */

/* SESSION_TIMEOUT once, `ms` from now; the one deadline of the session. 0: none. */
void session_deadline(struct session *, uint64_t ms);

/* ---- TLS */
bool session_can_tls(struct session *); /* and does not have it yet */
bool session_is_secure(struct session *);
/* Say what was written, discard what came, shake hands; SESSION_SECURED follows. */
void session_start_tls(struct session *);
const char *session_tls_version(struct session *); /* "TLSv1.3", or "" */
const char *session_tls_cipher(struct session *);

/* ---- logging in (the check itself: auth_check) */
bool session_may_log_in(struct session *); /* TLS stands, or passwords are allowed without it */
bool session_login_is_barred(
    struct session *); /* too many failures of the client's network: do not check */
/* Log it (auth=fail) and count it for the client's network. */
void session_login_failed(struct session *, struct str user);
/* The parts of a PLAIN response (RFC 4616); false: malformed, or it asks to act as somebody else
 * (`*other`). */
bool session_parse_plain(struct str response, struct str *user, struct str *password, bool *other);

/* ---- the end: what was written goes out first */
void session_close(struct session *);

#pragma GCC visibility pop
#endif
