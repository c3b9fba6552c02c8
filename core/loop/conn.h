/* SPDX-License-Identifier: MIT */
/*
 * conn -- one stream connection, plain or TLS: bytes in, bytes out, one event function.
 *
 * The owner is told events; what it asks for never calls back inside the asking. Input that
 * the owner has not consumed stays in the connection, and above its high-water mark the
 * connection stops reading until enough is consumed. Output is collected and written once per
 * turn of the loop. An idle connection holds no buffers.
 */
#ifndef CORE_LOOP_CONN_H
#define CORE_LOOP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/str.h"

struct loop;
struct conn;
struct tls_context;

enum conn_event {
	CONN_CONNECTED, /* conn_connect succeeded */
	CONN_SECURED,   /* the TLS handshake that the owner started is complete */
	CONN_DATA,      /* there is input that was not there before */
	CONN_EOF, /* the peer has closed its side; input before it was told. TLS: only after close_notify */
	CONN_DRAINED, /* output that was above its low-water mark went out */
	CONN_TIMEOUT, /* the deadline that the owner set has passed */
	CONN_ERROR,   /* broken: conn_error says why; nothing but conn_close may follow */
	CONN_CLOSED   /* the last event: the connection is gone after this returns */
};

typedef void conn_fn(struct conn *, enum conn_event, void *owner);

enum {
	CONN_IN_MAX = 64 * 1024,   /* input held back before reading stops */
	CONN_OUT_HIGH = 64 * 1024, /* above this conn_is_full */
	CONN_OUT_MAX = 1024 * 1024 /* above this conn_write fails the connection */
};

/* Serve a connected stream socket; takes the descriptor. */
struct conn *conn_adopt_take(struct loop *, int fd, conn_fn *, void *owner);

/* Connect to `ip`; CONN_CONNECTED or CONN_ERROR follows. `source` NULL: any. Deadline by the owner. */
struct conn *conn_connect(struct loop *, const struct ip *, uint16_t port, const struct ip *source,
    conn_fn *, void *owner);

void conn_set_owner(struct conn *, conn_fn *, void *owner);

/* The input not yet consumed, in one piece, valid until the next call on this connection or return
 * to the loop. */
struct str conn_input(struct conn *);
void conn_consume(struct conn *, size_t len);

/* Whether there is input, read from the socket or not (plain text only): one system call. */
bool conn_has_arrived(struct conn *);

/* Tell CONN_DATA again (in a later turn) although nothing new came: for owners that stopped in the
 * middle of input. */
void conn_again(struct conn *);

/* No CONN_DATA and no reading until resumed. */
void conn_pause(struct conn *);
void conn_resume(struct conn *);

void conn_write(struct conn *, const void *, size_t len);
bool conn_is_full(const struct conn *);
size_t conn_unsent(const struct conn *);

/* CONN_TIMEOUT once, `ms` from now; 0: no deadline. The only timer that a connection has. */
void conn_deadline(struct conn *, uint64_t ms);

/*
 * Begin TLS as the server after what was written so far has gone out. Input that is already
 * there is discarded unread (RFC 3207, 5: a man in the middle may have put it there).
 * CONN_SECURED follows, or CONN_ERROR.
 */
void conn_start_tls_server(struct conn *, struct tls_context *);
/* The same where TLS comes unasked, behind a PROXY header: input that is already there is the handshake's. */
void conn_start_tls_server_at_once(struct conn *, struct tls_context *);
/* Input bytes that were discarded by conn_start_tls_server. */
size_t conn_discarded(const struct conn *);
/* As the client; `name` for SNI and, where `verify`, for the certificate. */
void conn_start_tls_client(struct conn *, struct tls_context *, const char *name, bool verify);

bool conn_is_secure(const struct conn *);
const char *conn_tls_version(const struct conn *); /* "TLSv1.3" */
const char *conn_tls_cipher(const struct conn *);
int conn_tls_bits(const struct conn *);

void conn_peer(const struct conn *, struct ip *, uint16_t *port); /* zeroed for a socket pair */
void conn_local(const struct conn *, struct ip *, uint16_t *port);
const char *conn_error(const struct conn *);

/*
 * End the connection: what was written goes out first (for at most `linger_ms`, 0: not at all),
 * then CONN_CLOSED. No other event follows the call. May be called again.
 */
void conn_close(struct conn *, uint64_t linger_ms);

#endif
