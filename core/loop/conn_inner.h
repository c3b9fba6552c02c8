/* SPDX-License-Identifier: MIT */
/*
 * conn_inner -- a connection, as conn.c and conn_tls.c share it.
 *
 *   socket -> loop->input -> [TLS -> loop->plain] -> fresh -> owner;  what it leaves -> in
 *   socket <- [wire <- TLS <-] out <- conn_write
 */
#ifndef CORE_LOOP_CONN_INNER_H
#define CORE_LOOP_CONN_INNER_H

#include "core/base/buf.h"
#include "core/loop/conn.h"
#include "core/loop/loop_inner.h"
#include "core/loop/timer.h"

enum conn_state {
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_BROKEN,  /* the owner must close it */
	CONN_CLOSING, /* output goes out, then the peer's end is awaited */
	CONN_GONE     /* only CONN_CLOSED is left */
};

/* What a connection owes its owner in the next turn. */
enum conn_owed {
	OWED_ERROR = 1,
	OWED_DRAINED = 2,
	OWED_DATA = 4,   /* whether or not something came */
	OWED_READ = 8,   /* input that TLS still holds; told only if there is some */
	OWED_EOF = 16,   /* withheld while the owner paused */
	OWED_CLOSED = 32 /* there never was a descriptor to close */
};

/* What TLS adds; idle connections without it do not pay. */
struct conn_tls {
	struct ssl_st *ssl;
	struct str cipher; /* input in the loop's buffer, during one event */
	struct buf held;   /* input that TLS was not asked for yet */
	struct buf wire;   /* output, ready for the socket */
	bool secured;      /* the handshake is complete */
	bool cut;          /* the socket ended */
	bool closed;       /* our close_notify is on the wire */
	bool more;         /* reading stopped at the high-water mark */
};

struct conn {
	uv_poll_t poll;
	struct loop *loop;
	struct loop_item item;
	struct link telling, flushing;
	struct timer deadline;
	conn_fn *fn;
	void *owner;
	int fd;
	enum conn_state state;
	unsigned owed;    /* of enum conn_owed */
	int interest;     /* what libuv polls for */
	bool paused;      /* by the owner */
	bool roused;      /* something came while paused */
	bool blocked;     /* the socket took less than we had */
	bool full;        /* above CONN_OUT_HIGH since CONN_DRAINED was told last */
	bool eof;         /* the peer's side has ended */
	bool shut;        /* so has ours */
	struct str fresh; /* input in the loop's buffer, during one event */
	struct buf in;    /* what was left of earlier input, from in_start */
	size_t in_start;
	struct buf out;
	struct conn_tls *tls;
	size_t discarded;
	char *error;
};

/* Break the connection; the owner is told in a later turn. */
void conn_fail(struct conn *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void conn_owe(struct conn *, enum conn_owed);
void conn_want_flush(struct conn *);
void conn_tell(struct conn *, enum conn_event);
/* Make libuv poll for what the connection's state asks for. */
void conn_arm(struct conn *);
/* Take the descriptor away; CONN_CLOSED follows. */
void conn_gone(struct conn *);

/* conn_io.c */

/* Read once, and tell what came. */
void conn_read(struct conn *);
/* Send what waits, as far as the socket takes it. */
void conn_flush(struct conn *);
/* Tell input that lies in `fresh`, and keep what the owner leaves of it. */
void conn_tell_input(struct conn *);
size_t conn_held(const struct conn *); /* bytes of input not consumed */
void conn_ended(struct conn *);        /* the peer's side has ended, in order */

/* Send without care whether it succeeds, before the connection breaks. */
void conn_send_last(struct conn *, const struct buf *);

/* conn_tls.c */

/* Decrypt what came, tell it, and go on with a handshake. */
void conn_tls_input(struct conn *, struct str cipher);
/* Encrypt output, as far as there is room on the wire; behind the last of a closing connection,
 * close_notify. */
void conn_tls_output(struct conn *);
void conn_tls_free(struct conn *);
/* The handshake is under way, so that input belongs to it and not to the owner. */
bool conn_tls_begins(const struct conn *);

#endif
