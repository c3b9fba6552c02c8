/* SPDX-License-Identifier: MIT */
/* channel -- whole messages, with descriptors, between processes of this server. */
#include "core/loop/channel.h"
#include "core/base/mem.h"
#include "core/loop/loop_inner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PER_TURN = 32 }; /* messages read, so that one channel does not hold the loop */

/* A message that the socket has not taken yet. */
struct message {
	struct link link;
	size_t count, len;
	int fds[CHANNEL_FDS_MAX];
	char text[];
};

struct channel {
	uv_poll_t poll;
	struct loop *loop;
	struct loop_item item;
	channel_fn *fn;
	void *owner;
	int fd;
	bool over; /* the other end is gone, or broke the rules: told once, then silence */
	bool closed;
	struct link queue;
	size_t queued; /* bytes */
};

static_assert(
    (int)CHANNEL_MESSAGE_MAX <= (int)LOOP_INPUT_MAX, "messages are read into the loop's buffer");

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

static void on_poll(uv_poll_t *, int, int);

static void
arm(struct channel *c)
{
	uv_poll_start(&c->poll, UV_READABLE | (list_empty(&c->queue) ? 0 : UV_WRITABLE), on_poll);
}

static void
message_free(struct channel *c, struct message *m)
{
	c->queued -= m->len;
	for (size_t i = 0; i < m->count; i++)
		close(m->fds[i]);
	mem_free(m);
}

/* Nothing more can come or go. */
static void
end_traffic(struct channel *c)
{
	struct link *l;

	c->over = true;
	uv_poll_stop(&c->poll);
	while ((l = list_take_first(&c->queue)) != NULL)
		message_free(c, list_member(l, struct message, link));
}

/* ---- reading ---- */

/* The descriptors that came with a message. */
static size_t
take_fds(struct msghdr *h, int *fds)
{
	size_t count = 0;

	for (struct cmsghdr *m = CMSG_FIRSTHDR(h); m != NULL; m = CMSG_NXTHDR(h, m)) {
		size_t len = m->cmsg_len - CMSG_LEN(0);

		if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds + count, CMSG_DATA(m), len);
		count += len / sizeof *fds;
	}
	return count;
}

static void
tell(struct channel *c, struct str message, const int *fds, size_t count)
{
	uint64_t began = loop_event_begin(c->loop);

	c->fn(c, message, fds, count, c->owner);
	loop_event_end(c->loop, began);
}

static void
tell_over(struct channel *c)
{
	end_traffic(c);
	tell(c, STR(""), NULL, 0);
}

/* Read and tell one message; false where there is none, or never will be. */
static bool
read_one(struct channel *c)
{
	union control control;
	struct iovec v = { c->loop->input, CHANNEL_MESSAGE_MAX };
	struct msghdr h = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	int fds[CHANNEL_FDS_MAX];
	ssize_t len = recvmsg(c->fd, &h, MSG_CMSG_CLOEXEC);
	size_t count;

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	count = len < 0 ? 0 : take_fds(&h, fds);
	if (len <= 0 || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		while (count > 0)
			close(fds[--count]);
		tell_over(c);
		return false;
	}
	tell(c, (struct str){ c->loop->input, (size_t)len }, fds, count);
	return !c->closed && !c->over;
}

void
channel_drain(struct channel *c)
{
	while (!c->closed && !c->over && read_one(c))
		;
}

/* ---- writing ---- */

/* 1 sent, 0 the socket is full, -1 the other end is gone. */
static int
send_now(struct channel *c, struct str text, const int *fds, size_t count)
{
	union control control;
	struct iovec v = { (char *)(uintptr_t)text.p, text.len };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *rights;
	ssize_t sent;

	memset(&control, 0, sizeof control);
	if (count > 0) {
		h.msg_control = &control;
		h.msg_controllen = CMSG_SPACE(count * sizeof *fds);
		rights = CMSG_FIRSTHDR(&h);
		assert(rights != NULL);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(rights), fds, count * sizeof *fds);
	}
	do
		sent = sendmsg(c->fd, &h, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 1;
	return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 0 : -1;
}

static int
enqueue(struct channel *c, struct str text, const int *fds, size_t count)
{
	struct message *m;

	if (text.len > CHANNEL_QUEUE_MAX - c->queued)
		return -1;
	m = mem_alloc(sizeof *m + text.len);
	m->len = text.len;
	memcpy(m->text, text.p, text.len);
	c->queued += m->len;
	list_add_last(&c->queue, &m->link);
	for (; m->count < count; m->count++) {
		m->fds[m->count] = fcntl(fds[m->count], F_DUPFD_CLOEXEC, 3);
		if (m->fds[m->count] < 0)
			break;
	}
	if (m->count == count) {
		arm(c);
		return 0;
	}
	list_remove(&m->link);
	message_free(c, m);
	return -1;
}

int
channel_send(struct channel *c, struct str text, const int *fds, size_t count)
{
	int sent;

	if (c->over || c->closed || text.len == 0 || text.len > CHANNEL_MESSAGE_MAX ||
	    count > CHANNEL_FDS_MAX)
		return -1;
	if (!list_empty(&c->queue))
		return enqueue(c, text, fds, count);
	sent = send_now(c, text, fds, count);
	if (sent == 0)
		return enqueue(c, text, fds, count);
	return sent > 0 ? 0 : -1;
}

static void
send_queued(struct channel *c)
{
	while (!list_empty(&c->queue)) {
		struct message *m = list_member(c->queue.next, struct message, link);

		if (send_now(c, (struct str){ m->text, m->len }, m->fds, m->count) == 0)
			return;
		c->loop->done++;
		list_remove(&m->link);
		message_free(c, m);
	}
	arm(c);
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct channel *c = h->data;

	if (status < 0) {
		tell_over(c);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		send_queued(c);
	if ((events & UV_READABLE) == 0)
		return;
	for (int i = 0; i < PER_TURN && read_one(c); i++)
		;
}

/* ---- beginning and end ---- */

static void
channel_end(struct loop_item *item)
{
	channel_close(list_member(item, struct channel, item));
}

struct channel *
channel_adopt_take(struct loop *loop, int fd, channel_fn *fn, void *owner)
{
	struct channel *c = mem_alloc(sizeof *c);

	if (uv_poll_init(&loop->uv, &c->poll, fd) != 0)
		abort();
	c->loop = loop;
	c->fd = fd;
	c->fn = fn;
	c->owner = owner;
	c->poll.data = c;
	list_init(&c->queue);
	loop_item_add(loop, &c->item, channel_end);
	arm(c);
	return c;
}

static void
on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void
channel_close(struct channel *c)
{
	if (c == NULL || c->closed)
		return;
	c->closed = true;
	loop_item_remove(&c->item);
	end_traffic(c);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
}
