/* SPDX-License-Identifier: MIT */
/*
 * tls -- certificates and what is allowed, for many connections (OpenSSL 3; RFC 8996, 9325).
 */
#ifndef CORE_LOOP_TLS_H
#define CORE_LOOP_TLS_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tls_context;

/*
 * For servers. `cert` and `key` are the contents of PEM files (chain first its own certificate).
 * `alpn` is one protocol id, for example "pop3" (a client that offers others only is refused;
 * one that offers none is served), or NULL. NULL with err where they do not fit together.
 */
struct tls_context *tls_server(struct str cert, struct str key, const char *alpn, struct err *);
/* Another certificate for clients that ask for `name` (SNI, lower case). */
int tls_server_add(
    struct tls_context *, const char *name, struct str cert, struct str key, struct err *);

/* For clients; verification against the system's certificates where a connection asks for it. */
struct tls_context *tls_client(struct err *);

void tls_free(struct tls_context *); /* connections that use it keep it alive */

/* A new P-256 key and a certificate for it, signed by itself, for `name`, both as PEM into buffers
 * of the caller. */
struct buf;
int
tls_self_signed(const char *name, unsigned days, struct buf *cert, struct buf *key, struct err *);

/* For conn.c. */
struct ssl_ctx_st *tls_ctx(struct tls_context *);

#endif
