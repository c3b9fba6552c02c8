/* SPDX-License-Identifier: MIT */
/* acceptor -- takes connections from a listening socket. */
#include "core/loop/acceptor.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/loop/loop_inner.h"
#include "core/loop/timer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PER_TURN = 64, /* connections; others get their turn too */
	RETRY_MS = 200 /* after descriptors or memory ran out */
};

struct acceptor {
	uv_poll_t poll;
	struct loop *loop;
	struct loop_item item;
	struct timer retry;
	int fd;
	bool paused; /* by the owner */
	bool closed;
	bool told; /* that descriptors ran out */
	void (*fn)(int, void *);
	void *arg;
};

/* Ran out: polling would say "ready" for ever, so look again a little later. */
static void
exhausted(struct acceptor *a)
{
	if (!a->told)
		log_warning("cannot accept connections for now: %s", strerror(errno));
	a->told = true;
	uv_poll_stop(&a->poll);
	timer_set(&a->retry, RETRY_MS);
}

static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct acceptor *a = h->data;

	(void)status;
	(void)events;
	for (int i = 0; i < PER_TURN && !a->paused && !a->closed; i++) {
		int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		uint64_t began;

		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			exhausted(a);
		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		a->told = false;
		began = loop_event_begin(a->loop);
		a->fn(fd, a->arg);
		loop_event_end(a->loop, began);
	}
}

static void
on_retry(void *arg)
{
	acceptor_resume(arg);
}

static void
on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void
acceptor_end(struct loop_item *item)
{
	acceptor_close(list_member(item, struct acceptor, item));
}

struct acceptor *
acceptor_open(struct loop *loop, int fd, void (*fn)(int, void *), void *arg)
{
	struct acceptor *a = mem_alloc(sizeof *a);

	a->loop = loop;
	a->fd = fd;
	a->fn = fn;
	a->arg = arg;
	a->poll.data = a;
	timer_init(&a->retry, loop, on_retry, a);
	if (uv_poll_init(&loop->uv, &a->poll, fd) != 0) {
		mem_free(a);
		return NULL;
	}
	loop_item_add(loop, &a->item, acceptor_end);
	acceptor_resume(a);
	return a;
}

void
acceptor_pause(struct acceptor *a)
{
	a->paused = true;
	timer_stop(&a->retry);
	uv_poll_stop(&a->poll);
}

void
acceptor_resume(struct acceptor *a)
{
	a->paused = false;
	timer_stop(&a->retry);
	uv_poll_start(&a->poll, UV_READABLE, on_ready);
}

void
acceptor_close(struct acceptor *a)
{
	if (a == NULL || a->closed)
		return;
	a->closed = true;
	loop_item_remove(&a->item);
	timer_stop(&a->retry);
	uv_poll_stop(&a->poll);
	uv_close((uv_handle_t *)&a->poll, on_closed);
}
