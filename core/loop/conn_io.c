/* SPDX-License-Identifier: MIT */
/*
 * conn_io -- the bytes of a connection: input held until it is consumed, output until it is sent.
 *
 * Input is read into a buffer of the loop and told at once; only what the owner leaves is copied
 * into the connection. Output is collected and sent once per turn.
 */
#include "core/loop/conn_inner.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { OUT_LOW = CONN_OUT_HIGH / 4 };

/* ---- input ---- */

size_t
conn_held(const struct conn *c)
{
	return c->in.len - c->in_start;
}

/* Move what the owner left of fresh input into the connection's own buffer. */
static void
keep_rest(struct conn *c)
{
	if (c->fresh.len > 0) {
		buf_consume(&c->in, c->in_start);
		c->in_start = 0;
		(void)buf_add_str(&c->in, c->fresh);
		c->fresh = (struct str){ NULL, 0 };
	}
	if (conn_held(c) == 0 && c->in.cap > 0) {
		buf_free(&c->in);
		c->in_start = 0;
	}
}

void
conn_tell_input(struct conn *c)
{
	if (conn_held(c) > 0)
		keep_rest(c);
	if (!c->paused)
		conn_tell(c, CONN_DATA);
	keep_rest(c);
}

/* Withheld while the owner paused with input left: it would take the input for lost. */
void
conn_ended(struct conn *c)
{
	c->eof = true;
	if (c->paused && conn_held(c) > 0)
		c->owed |= OWED_EOF;
	else
		conn_tell(c, CONN_EOF);
}

static void
read_plain(struct conn *c, size_t len)
{
	c->fresh = (struct str){ c->loop->input, len };
	conn_tell_input(c);
}

void
conn_read(struct conn *c)
{
	struct conn_tls *tls = c->tls;
	size_t room = tls != NULL ? LOOP_INPUT_MAX : CONN_IN_MAX - conn_held(c);
	ssize_t len;

	if (room == 0 || (tls != NULL && tls->more))
		return;
	len = recv(c->fd, c->loop->input, room, 0);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len < 0) {
		conn_fail(c, "cannot read: %s", strerror(errno));
		return;
	}
	if (tls != NULL) {
		tls->cut = len == 0;
		conn_tls_input(c, (struct str){ c->loop->input, (size_t)len });
	} else if (len == 0) {
		conn_ended(c);
	} else {
		read_plain(c, (size_t)len);
	}
}

struct str
conn_input(struct conn *c)
{
	if (conn_held(c) > 0)
		return str_from(buf_str(&c->in), c->in_start);
	return c->fresh.p != NULL ? c->fresh : STR("");
}

void
conn_consume(struct conn *c, size_t len)
{
	if (conn_held(c) == 0) {
		assert(len <= c->fresh.len);
		c->fresh = str_from(c->fresh, len);
		return;
	}
	assert(len <= conn_held(c));
	c->in_start += len;
	if (conn_held(c) == 0) {
		buf_free(&c->in);
		c->in_start = 0;
	}
	if (conn_held(c) > CONN_IN_MAX / 2)
		return;
	if (c->tls != NULL && c->tls->more)
		conn_owe(c, OWED_READ);
	conn_arm(c);
}

bool
conn_has_arrived(struct conn *c)
{
	char byte;

	if (conn_input(c).len > 0)
		return true;
	return c->tls == NULL && c->fd >= 0 && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

void
conn_again(struct conn *c)
{
	conn_owe(c, OWED_DATA);
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
}

void
conn_resume(struct conn *c)
{
	if (!c->paused)
		return;
	c->paused = c->roused = false;
	if (conn_held(c) > 0 || c->fresh.len > 0)
		conn_owe(c, OWED_DATA);
	if ((c->owed & OWED_EOF) != 0 || (c->tls != NULL && c->tls->more))
		conn_owe(c, OWED_READ);
	conn_arm(c);
}

/* ---- output ---- */

size_t
conn_unsent(const struct conn *c)
{
	return c->out.len + (c->tls != NULL ? c->tls->wire.len : 0);
}

bool
conn_is_full(const struct conn *c)
{
	return conn_unsent(c) > CONN_OUT_HIGH;
}

void
conn_write(struct conn *c, const void *p, size_t len)
{
	if (len == 0 || (c->state != CONN_OPEN && c->state != CONN_CONNECTING))
		return;
	if (buf_add(&c->out, p, len) < 0) {
		conn_fail(c, "more than %d bytes of output wait for the peer", CONN_OUT_MAX);
		return;
	}
	if (conn_is_full(c))
		c->full = true;
	conn_want_flush(c);
}

/* Send what the socket takes at once; false where the connection broke. */
static bool
send_some(struct conn *c, struct buf *b)
{
	ssize_t sent;

	if (b->len == 0)
		return true;
	do
		sent = send(c->fd, b->p, b->len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN) {
		conn_fail(c, "cannot write: %s", strerror(errno));
		return false;
	}
	c->loop->done++;
	buf_consume(b, sent > 0 ? (size_t)sent : 0);
	c->blocked = b->len > 0;
	if (b->len == 0)
		buf_free(b);
	return true;
}

void
conn_send_last(struct conn *c, const struct buf *b)
{
	if (c->state == CONN_OPEN && b->len > 0)
		(void)!send(c->fd, b->p, b->len, MSG_NOSIGNAL);
}

/* Everything is out: end our side, and let the peer read it before the socket goes. With
 * unread input in it a closed socket resets the connection, and the last reply is lost. */
static void
finish_output(struct conn *c)
{
	if (c->eof) {
		conn_gone(c);
		return;
	}
	if (!c->shut)
		shutdown(c->fd, SHUT_WR);
	c->shut = true;
}

void
conn_flush(struct conn *c)
{
	struct buf *b = c->tls != NULL ? &c->tls->wire : &c->out;

	if (c->state != CONN_OPEN && c->state != CONN_CLOSING)
		return;
	do {
		if (c->tls != NULL)
			conn_tls_output(c);
		if (!send_some(c, b))
			return;
	} while (!c->blocked && c->tls != NULL && c->tls->secured && c->out.len > 0);
	if (c->full && conn_unsent(c) <= OUT_LOW) {
		c->full = false;
		conn_owe(c, OWED_DRAINED);
	}
	if (c->state == CONN_CLOSING && b->len == 0)
		finish_output(c);
	conn_arm(c);
}

void
conn_flush_all(struct loop *loop)
{
	struct link *l;

	while ((l = list_take_first(&loop->flushing)) != NULL) {
		struct conn *c = list_member(l, struct conn, flushing);

		if (!c->blocked)
			conn_flush(c);
	}
}
