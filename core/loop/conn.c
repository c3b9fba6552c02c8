/* SPDX-License-Identifier: MIT */
/* conn -- one stream connection, plain or TLS: bytes in, bytes out, one event function. */
#include "core/loop/conn_inner.h"
#include "core/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- telling the owner ---- */

void
conn_tell(struct conn *c, enum conn_event event)
{
	uint64_t began = loop_event_begin(c->loop);

	c->fn(c, event, c->owner);
	loop_event_end(c->loop, began);
}

void
conn_owe(struct conn *c, enum conn_owed what)
{
	c->owed |= what;
	if (list_empty(&c->telling))
		list_add_last(&c->loop->telling, &c->telling);
}

void
conn_want_flush(struct conn *c)
{
	if (list_empty(&c->flushing))
		list_add_last(&c->loop->flushing, &c->flushing);
}

void
conn_fail(struct conn *c, const char *format, ...)
{
	char text[ERR_MAX];
	va_list ap;

	if (c->state == CONN_CLOSING)
		conn_gone(c);
	if (c->state != CONN_CONNECTING && c->state != CONN_OPEN)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	c->error = mem_alloc(strlen(text) + 1);
	memcpy(c->error, text, strlen(text));
	c->state = CONN_BROKEN;
	timer_stop(&c->deadline);
	conn_arm(c);
	conn_owe(c, OWED_ERROR);
}

const char *
conn_error(const struct conn *c)
{
	return c->error != NULL ? c->error : "";
}

static void
on_deadline(void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_CLOSING)
		conn_gone(c);
	else
		conn_tell(c, CONN_TIMEOUT);
}

/* ---- polling ---- */

static bool
wants_input(const struct conn *c)
{
	if (c->eof || conn_held(c) >= CONN_IN_MAX || (c->tls != NULL && c->tls->more))
		return false;
	return !c->paused || conn_tls_begins(c);
}

static int
wanted(const struct conn *c)
{
	int events = c->blocked ? UV_WRITABLE : 0;

	switch (c->state) {
	case CONN_CONNECTING:
		return UV_WRITABLE;
	case CONN_OPEN:
		if (wants_input(c))
			return events | UV_READABLE;
		if (c->eof || conn_held(c) >= CONN_IN_MAX)
			return events;
		/* A short pause costs no system call: until something comes, polling goes on. Then only
		 * for the peer's leaving, of which even an owner that waits for something else is told. */
		return events | (c->paused && !c->roused ? UV_READABLE : UV_DISCONNECT);
	case CONN_CLOSING:
		return c->shut ? UV_READABLE : events;
	default:
		return 0;
	}
}

static void on_poll(uv_poll_t *, int status, int events);

void
conn_arm(struct conn *c)
{
	int events = wanted(c);

	if (events == c->interest || c->fd < 0)
		return;
	c->interest = events;
	if (events == 0)
		uv_poll_stop(&c->poll);
	else
		uv_poll_start(&c->poll, events, on_poll);
}

/* ---- what libuv tells ---- */

/* The socket of conn_connect is connected, or will never be. */
static void
connected(struct conn *c)
{
	int code = 0;
	socklen_t size = sizeof code;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &code, &size);
	if (code != 0) {
		conn_fail(c, "cannot connect: %s", strerror(code));
		return;
	}
	c->state = CONN_OPEN;
	conn_arm(c);
	conn_want_flush(c);
	conn_tell(c, CONN_CONNECTED);
}

/* Input of a connection that we are closing is of no interest, only its end. */
static void
drop_input(struct conn *c)
{
	ssize_t len = recv(c->fd, c->loop->input, LOOP_INPUT_MAX, 0);

	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		conn_gone(c);
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct conn *c = h->data;

	/* libuv has stopped polling for an error of the socket; the next call on it tells which. */
	if (status < 0) {
		c->interest = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if (c->state == CONN_CONNECTING) {
		connected(c);
		return;
	}
	if (c->state == CONN_CLOSING && c->shut) {
		drop_input(c);
		return;
	}
	if ((events & UV_WRITABLE) != 0 && c->blocked) {
		c->blocked = false;
		conn_flush(c);
	}
	if (c->paused)
		c->roused = true;
	/* Paused, the owner is told only that the peer has left, which takes reading up to there. */
	if (c->state == CONN_OPEN &&
	    (wants_input(c) || (events & UV_DISCONNECT) != 0 || status < 0))
		conn_read(c);
	conn_arm(c);
}

static void
tell_owed(struct conn *c)
{
	unsigned owed = c->owed;

	c->owed = 0;
	if ((owed & OWED_ERROR) != 0 && c->state == CONN_BROKEN)
		conn_tell(c, CONN_ERROR);
	if ((owed & OWED_DRAINED) != 0 && c->state == CONN_OPEN)
		conn_tell(c, CONN_DRAINED);
	if ((owed & OWED_DATA) != 0 && c->state == CONN_OPEN && !c->paused)
		conn_tell_input(c);
	if ((owed & OWED_READ) != 0 && c->state == CONN_OPEN && c->tls != NULL)
		conn_tls_input(c, STR(""));
	if ((owed & OWED_EOF) != 0 && c->state == CONN_OPEN)
		conn_ended(c);
	if (c->state == CONN_OPEN)
		conn_arm(c);
}

static void
conn_free(struct conn *c)
{
	loop_item_remove(&c->item);
	conn_tls_free(c);
	buf_free(&c->in);
	buf_free(&c->out);
	mem_free(c->error);
	mem_free(c);
}

/* The last event, and the end of the connection's memory. */
static void
close_over(struct conn *c)
{
	conn_tell(c, CONN_CLOSED);
	conn_free(c);
}

void
conn_tell_all(struct loop *loop)
{
	struct link *l;

	/* What is owed from now on waits for the next turn, or an owner that asks again would keep us here. */
	for (size_t left = list_length(&loop->telling); left > 0; left--) {
		struct conn *c;

		if ((l = list_take_first(&loop->telling)) == NULL)
			return;
		c = list_member(l, struct conn, telling);
		if ((c->owed & OWED_CLOSED) != 0)
			close_over(c);
		else
			tell_owed(c);
	}
}

/* ---- beginning and end ---- */

static void
nobody(struct conn *c, enum conn_event event, void *owner)
{
	(void)c;
	(void)event;
	(void)owner;
}

/* The loop ends before the owner closed. */
static void
conn_end(struct loop_item *item)
{
	struct conn *c = list_member(item, struct conn, item);

	c->fn = nobody;
	if (c->fd >= 0) {
		conn_gone(c);
		return;
	}
	list_remove(&c->telling);
	list_remove(&c->flushing);
	timer_stop(&c->deadline);
	conn_free(c);
}

/* Serve `fd`; -1 where there is none, and conn_fail follows. */
static struct conn *
conn_create(struct loop *loop, int fd, conn_fn *fn, void *owner)
{
	struct conn *c = mem_alloc(sizeof *c);
	int one = 1;

	c->loop = loop;
	c->fn = fn;
	c->owner = owner;
	c->fd = fd;
	c->poll.data = c;
	buf_init(&c->in, 2 * CONN_IN_MAX);
	buf_init(&c->out, CONN_OUT_MAX);
	list_init(&c->telling);
	list_init(&c->flushing);
	timer_init(&c->deadline, loop, on_deadline, c);
	loop_item_add(loop, &c->item, conn_end);
	if (fd < 0)
		return c;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (uv_poll_init(&loop->uv, &c->poll, fd) != 0) {
		close(fd);
		c->fd = -1;
	}
	return c;
}

struct conn *
conn_adopt_take(struct loop *loop, int fd, conn_fn *fn, void *owner)
{
	struct conn *c = conn_create(loop, fd, fn, owner);

	c->state = CONN_OPEN;
	if (c->fd < 0)
		conn_fail(c, "not a socket that can be polled");
	conn_arm(c);
	return c;
}

static int
open_socket(const struct sockaddr_storage *to, const struct ip *source)
{
	struct sockaddr_storage from;
	socklen_t size;
	int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), keep;

	if (fd < 0 || source == NULL)
		return fd;
	size = ip_to_sockaddr(source, 0, &from);
	if (bind(fd, (struct sockaddr *)&from, size) == 0)
		return fd;
	keep = errno;
	close(fd);
	errno = keep;
	return -1;
}

struct conn *
conn_connect(struct loop *loop, const struct ip *ip, uint16_t port, const struct ip *source,
    conn_fn *fn, void *owner)
{
	struct sockaddr_storage to;
	socklen_t size = ip_to_sockaddr(ip, port, &to);
	int fd = open_socket(&to, source), code = errno;
	struct conn *c = conn_create(loop, fd, fn, owner);

	c->state = CONN_CONNECTING;
	if (c->fd < 0)
		conn_fail(c, "cannot connect: %s", strerror(code));
	else if (connect(fd, (struct sockaddr *)&to, size) != 0 && errno != EINPROGRESS)
		conn_fail(c, "cannot connect: %s", strerror(errno));
	conn_arm(c);
	return c;
}

void
conn_set_owner(struct conn *c, conn_fn *fn, void *owner)
{
	c->fn = fn;
	c->owner = owner;
}

void
conn_deadline(struct conn *c, uint64_t ms)
{
	if (c->state >= CONN_BROKEN)
		return;
	if (ms == 0)
		timer_stop(&c->deadline);
	else
		timer_set(&c->deadline, ms);
}

static void
address_of(const struct conn *c, int (*ask)(int, struct sockaddr *, socklen_t *), struct ip *ip,
    uint16_t *port)
{
	struct sockaddr_storage a = { 0 };
	socklen_t size = sizeof a;

	*ip = (struct ip){ { 0 } };
	*port = 0;
	if (c->fd >= 0 && ask(c->fd, (struct sockaddr *)&a, &size) == 0)
		(void)ip_of_sockaddr((struct sockaddr *)&a, ip, port);
}

void
conn_peer(const struct conn *c, struct ip *ip, uint16_t *port)
{
	address_of(c, getpeername, ip, port);
}

void
conn_local(const struct conn *c, struct ip *ip, uint16_t *port)
{
	address_of(c, getsockname, ip, port);
}

static void
on_closed(uv_handle_t *h)
{
	close_over(h->data);
}

/* The one place where a connection loses its descriptor. */
void
conn_gone(struct conn *c)
{
	c->state = CONN_GONE;
	timer_stop(&c->deadline);
	list_remove(&c->telling);
	list_remove(&c->flushing);
	loop_item_remove(&c->item);
	if (c->fd < 0) {
		loop_item_add(c->loop, &c->item, conn_end);
		conn_owe(c, OWED_CLOSED);
		return;
	}
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
	c->fd = -1;
}

void
conn_close(struct conn *c, uint64_t linger_ms)
{
	if (c->state == CONN_GONE || (c->state == CONN_CLOSING && linger_ms > 0))
		return;
	if (c->state != CONN_OPEN || linger_ms == 0) {
		conn_gone(c);
		return;
	}
	c->state = CONN_CLOSING;
	c->fresh = (struct str){ NULL, 0 };
	buf_free(&c->in);
	c->in_start = 0;
	timer_set(&c->deadline, linger_ms);
	conn_want_flush(c);
	conn_arm(c);
}
