/* SPDX-License-Identifier: MIT */
/* loop -- the event loop: one per worker, on one thread. */
#include "core/loop/loop_inner.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

/* One registered function: deferred, posted, or a hook. */
struct call {
	struct link link;
	void (*fn)(void *);
	void *arg;
};

struct signal_hook {
	struct loop_item item;
	uv_signal_t signal;
	void (*fn)(int, void *);
	void *arg;
};

uint64_t
loop_event_begin(struct loop *loop)
{
	loop->done++;
	return uv_hrtime();
}

void
loop_event_end(struct loop *loop, uint64_t began)
{
	uint64_t took = uv_hrtime() - began;

	if (took > loop->longest_ns)
		loop->longest_ns = took;
}

uint64_t
loop_longest_us(struct loop *loop)
{
	uint64_t ns = loop->longest_ns;

	loop->longest_ns = 0;
	return ns / 1000;
}

static struct call *
call_create(void (*fn)(void *), void *arg)
{
	struct call *c = mem_alloc(sizeof *c);

	c->fn = fn;
	c->arg = arg;
	return c;
}

static void
call_run(struct loop *loop, struct call *c)
{
	uint64_t began = loop_event_begin(loop);

	c->fn(c->arg);
	loop_event_end(loop, began);
}

/* Run the calls that are there now; those that they add wait for the next turn. */
static void
run_calls(struct loop *loop, struct link *calls)
{
	for (size_t left = list_length(calls); left > 0; left--) {
		struct call *c = list_member(list_take_first(calls), struct call, link);

		call_run(loop, c);
		mem_free(c);
	}
}

static void
nothing(void *arg)
{
	(void)arg;
}

void
loop_forget(struct loop *loop, const void *arg)
{
	struct link *lists[] = { &loop->deferred, &loop->idle_hooks };

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		LIST_EACH (at, lists[i]) {
			struct call *c = list_member(at, struct call, link);

			if (c->arg != arg)
				continue;
			c->fn = nothing;
			c->arg = NULL;
		}
	}
}

static void
on_awake(uv_idle_t *h)
{
	(void)h; /* being active is all that it is for: libuv then does not wait */
}

static void
on_time(uv_timer_t *h)
{
	struct loop *loop = h->loop->data;

	if (h != &loop->alarm)
		return;
	loop->alarm_ms = 0;
	loop->done++;
}

/* Let libuv wake up for the next timer, or not sleep at all where something is left to do. */
static void
prepare_to_wait(struct loop *loop)
{
	uint64_t next = wheel_next(&loop->wheel), now = clock_ms(loop);
	bool more = !list_empty(&loop->deferred) || !list_empty(&loop->telling) || next <= now;

	/* A single turn that has already done something ends without waiting. */
	if (loop->single && loop->done != loop->done_before)
		more = true;

	if (more)
		uv_idle_start(&loop->awake, on_awake);
	else
		uv_idle_stop(&loop->awake);
	if (loop->fake || more || next == UINT64_MAX || next == loop->alarm_ms)
		return;
	uv_timer_start(&loop->alarm, on_time, next - now, 0);
	loop->alarm_ms = next;
}

static void
on_turn(uv_prepare_t *h)
{
	struct loop *loop = h->data;

	/* What is answered by now goes out before what follows from it begins: a delivery that
	 * crashes must not take the reply to its message with it. */
	conn_flush_all(loop);
	run_calls(loop, &loop->deferred);
	wheel_run(loop);
	LIST_EACH (at, &loop->idle_hooks) {
		struct call *hook = list_member(at, struct call, link);

		hook->fn(hook->arg);
	}
	conn_tell_all(loop);
	conn_flush_all(loop);
	prepare_to_wait(loop);
}

static void
on_wake(uv_async_t *h)
{
	struct loop *loop = h->data;
	struct link mine;
	int count;

	list_init(&mine);
	pthread_mutex_lock(&loop->lock);
	while (!list_empty(&loop->posted))
		list_add_last(&mine, list_take_first(&loop->posted));
	pthread_mutex_unlock(&loop->lock);
	count = (int)list_length(&mine);
	run_calls(loop, &mine);
	atomic_fetch_sub(&loop->posted_count, count);
}

struct loop *
loop_create(void)
{
	struct loop *loop = mem_alloc(sizeof *loop);

	signal(SIGPIPE, SIG_IGN);
	/* Its workers run beside a sandbox that knows nothing of them. */
	setenv("UV_USE_IO_URING", "0", 1);
	list_init(&loop->deferred);
	list_init(&loop->posted);
	list_init(&loop->idle_hooks);
	list_init(&loop->items);
	list_init(&loop->telling);
	list_init(&loop->flushing);
	pthread_mutex_init(&loop->lock, NULL);
	if (uv_loop_init(&loop->uv) != 0 || uv_async_init(&loop->uv, &loop->wake, on_wake) != 0)
		abort();
	uv_prepare_init(&loop->uv, &loop->turn);
	uv_idle_init(&loop->uv, &loop->awake);
	uv_timer_init(&loop->uv, &loop->alarm);
	uv_timer_init(&loop->uv, &loop->limit);
	loop->uv.data = loop->turn.data = loop->wake.data = loop;
	uv_prepare_start(&loop->turn, on_turn);
	wheel_init(&loop->wheel, uv_now(&loop->uv));
	return loop;
}

static void
free_calls(struct link *calls)
{
	struct link *l;

	while ((l = list_take_first(calls)) != NULL)
		mem_free(list_member(l, struct call, link));
}

void
loop_destroy(struct loop *loop)
{
	uv_handle_t *own[] = { (uv_handle_t *)&loop->turn, (uv_handle_t *)&loop->awake,
		(uv_handle_t *)&loop->wake, (uv_handle_t *)&loop->alarm,
		(uv_handle_t *)&loop->limit };
	int open;

	while (!list_empty(&loop->items)) {
		struct loop_item *item = list_member(loop->items.next, struct loop_item, link);

		loop_item_remove(item);
		item->end(item);
	}
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		uv_close(own[i], NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	open = uv_loop_close(&loop->uv);
	assert(open == 0);
	(void)open;
	if (loop->fake)
		log_set_clock(NULL, NULL);
	free_calls(&loop->deferred);
	free_calls(&loop->posted);
	free_calls(&loop->idle_hooks);
	pthread_mutex_destroy(&loop->lock);
	mem_free(loop);
}

void
loop_run(struct loop *loop)
{
	loop->running = true;
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	loop->running = false;
}

void
loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

bool
loop_turn(struct loop *loop, bool wait, int wait_ms)
{
	loop->running = loop->single = true;
	loop->done_before = loop->done;
	uv_update_time(&loop->uv);
	if (wait && wait_ms > 0)
		uv_timer_start(&loop->limit, on_time, (uint64_t)wait_ms, 0);
	uv_run(&loop->uv, wait && wait_ms != 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	uv_timer_stop(&loop->limit);
	loop->running = loop->single = false;
	return loop->done != loop->done_before;
}

bool
loop_busy(const struct loop *loop)
{
	return loop->busy > 0 || !list_empty(&loop->deferred) || !list_empty(&loop->telling) ||
	       atomic_load(&loop->posted_count) > 0;
}

void
loop_busy_add(struct loop *loop, int by)
{
	loop->busy += by;
	assert(loop->busy >= 0);
}

void
loop_defer(struct loop *loop, void (*fn)(void *), void *arg)
{
	list_add_last(&loop->deferred, &call_create(fn, arg)->link);
}

void
loop_post(struct loop *loop, void (*fn)(void *), void *arg)
{
	struct call *c = call_create(fn, arg);

	atomic_fetch_add(&loop->posted_count, 1);
	pthread_mutex_lock(&loop->lock);
	list_add_last(&loop->posted, &c->link);
	pthread_mutex_unlock(&loop->lock);
	uv_async_send(&loop->wake);
}

void
loop_on_idle(struct loop *loop, void (*fn)(void *), void *arg)
{
	list_add_last(&loop->idle_hooks, &call_create(fn, arg)->link);
}

static void
on_signal(uv_signal_t *h, int number)
{
	struct signal_hook *hook = h->data;
	struct loop *loop = h->loop->data;
	uint64_t began = loop_event_begin(loop);

	hook->fn(number, hook->arg);
	loop_event_end(loop, began);
}

static void
signal_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void
signal_end(struct loop_item *item)
{
	struct signal_hook *hook = list_member(item, struct signal_hook, item);

	uv_close((uv_handle_t *)&hook->signal, signal_closed);
}

void
loop_on_signal(struct loop *loop, int number, void (*fn)(int, void *), void *arg)
{
	struct signal_hook *hook = mem_alloc(sizeof *hook);

	hook->fn = fn;
	hook->arg = arg;
	hook->signal.data = hook;
	uv_signal_init(&loop->uv, &hook->signal);
	uv_signal_start(&hook->signal, on_signal, number);
	loop_item_add(loop, &hook->item, signal_end);
}

void
loop_item_add(struct loop *loop, struct loop_item *item, void (*end)(struct loop_item *))
{
	item->end = end;
	list_add_last(&loop->items, &item->link);
}

void
loop_item_remove(struct loop_item *item)
{
	list_remove(&item->link);
}

struct uv_loop_s *
loop_uv(struct loop *loop)
{
	return &loop->uv;
}
