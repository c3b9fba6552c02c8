/* SPDX-License-Identifier: MIT */
/*
 * work -- what may block runs on threads of bounded pools.
 *
 *   work_start -> owner's list -> a thread: run -> finished -> uv_async -> done, on the loop
 *
 * Owners take turns, and none has more than its share of the threads. The pool is shared with its
 * threads, of which some may never come back; whoever leaves it last frees it.
 */
#include "core/loop/work.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/loop/loop_inner.h"
#include "core/loop/timer.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOKS = 8,
	NAME_MAX_LEN = 15
}; /* LOOKS: how often in hang_ms the running jobs are looked at */

struct owner {
	struct link link; /* of the pool's list */
	const void *key;
	struct link jobs; /* that wait */
	unsigned running;
};

struct job {
	struct link link; /* of the owner's jobs, of running, or of finished */
	struct owner *owner;
	void (*run)(void *);
	void (*done)(void *, enum work_result);
	void *arg;
	uint64_t seen_ms; /* when the loop first saw it running, 0: not yet */
	bool lost;        /* written off: its thread ends with it */
};

struct work_pool {
	struct loop *loop;
	struct loop_item item;
	uv_async_t ready;
	struct timer look;
	char name[NAME_MAX_LEN + 1];
	unsigned threads_max, waiting_max, share;
	uint64_t hang_ms;
	unsigned lost; /* written off since the start */

	pthread_mutex_t lock;
	pthread_cond_t more; /* a job to take, or the end */
	pthread_cond_t left; /* a thread that counts has gone */
	struct link owners;  /* the next to be served first */
	struct link running, finished;
	atomic_uint waiting;
	unsigned threads, idle; /* without those written off */
	unsigned users;         /* threads of any kind, and the pool's owner */
	bool ending;
};

/* ---- on the threads, under the lock ---- */

static struct owner *
owner_of(struct work_pool *p, const void *key)
{
	struct owner *o;

	LIST_EACH (at, &p->owners)
		if (list_member(at, struct owner, link)->key == key)
			return list_member(at, struct owner, link);
	o = mem_alloc(sizeof *o);
	o->key = key;
	list_init(&o->jobs);
	list_add_last(&p->owners, &o->link);
	return o;
}

static void
owner_leave(struct owner *o)
{
	if (o->running > 0 || !list_empty(&o->jobs))
		return;
	list_remove(&o->link);
	mem_free(o);
}

/* The next job of the first owner that has not got its share; then the others come first. */
static struct job *
take(struct work_pool *p)
{
	LIST_EACH (at, &p->owners) {
		struct owner *o = list_member(at, struct owner, link);
		struct job *j;

		if (list_empty(&o->jobs) || o->running >= p->share)
			continue;
		j = list_member(list_take_first(&o->jobs), struct job, link);
		list_remove(&o->link);
		list_add_last(&p->owners, &o->link);
		o->running++;
		p->waiting--;
		list_add_last(&p->running, &j->link);
		return j;
	}
	return NULL;
}

static void
pool_leave(struct work_pool *p)
{
	bool last = --p->users == 0;

	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->more);
	pthread_cond_destroy(&p->left);
	mem_free(p);
}

/* Hand the job back; false where it was written off meanwhile, and the thread with it. */
static bool
finish(struct work_pool *p, struct job *j)
{
	if (j->lost) {
		mem_free(j);
		return false;
	}
	j->owner->running--;
	owner_leave(j->owner);
	list_remove(&j->link);
	list_add_last(&p->finished, &j->link);
	uv_async_send(&p->ready);
	return true;
}

static void *
thread_main(void *arg)
{
	struct work_pool *p = arg;
	bool counts = true;

	pthread_mutex_lock(&p->lock);
	while (counts && !p->ending) {
		struct job *j = take(p);

		if (j == NULL) {
			p->idle++;
			pthread_cond_wait(&p->more, &p->lock);
			p->idle--;
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		j->run(j->arg);
		pthread_mutex_lock(&p->lock);
		counts = finish(p, j);
	}
	if (counts) {
		p->threads--;
		pthread_cond_signal(&p->left);
	}
	pool_leave(p);
	return NULL;
}

/* Signals are the loop's. */
static void
add_thread(struct work_pool *p)
{
	sigset_t all, before;
	pthread_t id;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&id, NULL, thread_main, p) == 0) {
		pthread_setname_np(id, p->name);
		pthread_detach(id);
		p->threads++;
		p->users++;
	} else if (p->threads == 0) {
		log_error("cannot start a thread for %s", p->name);
		abort();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- on the loop ---- */

static void
tell(struct loop *loop, void (*done)(void *, enum work_result), void *arg, enum work_result result)
{
	uint64_t began = loop_event_begin(loop);

	loop_busy_add(loop, -1);
	done(arg, result);
	loop_event_end(loop, began);
}

/* Tell the results that are there. */
static void
deliver(struct work_pool *p)
{
	struct link mine, *l;

	list_init(&mine);
	pthread_mutex_lock(&p->lock);
	while ((l = list_take_first(&p->finished)) != NULL)
		list_add_last(&mine, l);
	pthread_mutex_unlock(&p->lock);
	while ((l = list_take_first(&mine)) != NULL) {
		struct job *j = list_member(l, struct job, link);

		tell(p->loop, j->done, j->arg, WORK_DONE);
		mem_free(j);
	}
}

static void
on_ready(uv_async_t *h)
{
	deliver(h->data);
}

/* Write off a job and its thread, and put another one in its place. Under the lock. */
static void
write_off(struct work_pool *p, struct job *j)
{
	j->lost = true;
	j->owner->running--;
	owner_leave(j->owner);
	p->lost++;
	p->threads--;
	add_thread(p);
	log_warning("a job of the pool %s has not come back for %llu ms: its thread is given up "
		    "(%u so far)",
	    p->name, (unsigned long long)p->hang_ms, p->lost);
}

/* The first running job that is late, written off: what to call for it is stored. */
static bool
find_late(struct work_pool *p, void (**done)(void *, enum work_result), void **arg)
{
	uint64_t now = clock_ms(p->loop);

	LIST_EACH (at, &p->running) {
		struct job *j = list_member(at, struct job, link);

		if (j->seen_ms == 0)
			j->seen_ms = now;
		if (now - j->seen_ms < p->hang_ms || p->lost >= WORK_LOST_MAX)
			continue;
		list_remove(&j->link);
		*done = j->done;
		*arg = j->arg;
		write_off(p, j);
		return true;
	}
	return false;
}

static void
on_look(void *arg)
{
	struct work_pool *p = arg;
	void (*done)(void *, enum work_result);
	void *job_arg;
	bool late, more;

	do {
		pthread_mutex_lock(&p->lock);
		late = find_late(p, &done, &job_arg);
		more = !list_empty(&p->running) || p->waiting > 0;
		pthread_mutex_unlock(&p->lock);
		if (more)
			timer_set(&p->look, p->hang_ms / LOOKS + 1);
		if (late)
			tell(p->loop, done, job_arg, WORK_LATE);
	} while (late);
}

int
work_start(struct work_pool *p, const void *owner, void (*run)(void *),
    void (*done)(void *, enum work_result), void *arg)
{
	struct job *j;

	pthread_mutex_lock(&p->lock);
	if (p->waiting >= p->waiting_max || p->ending) {
		pthread_mutex_unlock(&p->lock);
		return -1;
	}
	j = mem_alloc(sizeof *j);
	j->run = run;
	j->done = done;
	j->arg = arg;
	j->owner = owner_of(p, owner);
	list_add_last(&j->owner->jobs, &j->link);
	p->waiting++;
	if (p->idle < p->waiting && p->threads < p->threads_max)
		add_thread(p);
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	loop_busy_add(p->loop, 1);
	if (!timer_is_set(&p->look))
		timer_set(&p->look, p->hang_ms / LOOKS + 1);
	return 0;
}

size_t
work_waiting(const struct work_pool *p)
{
	return p->waiting;
}

unsigned
work_lost(const struct work_pool *p)
{
	return p->lost;
}

static void
pool_end(struct loop_item *item)
{
	work_pool_destroy(list_member(item, struct work_pool, item));
}

struct work_pool *
work_pool_create(
    struct loop *loop, const char *name, unsigned threads, unsigned waiting_max, uint64_t hang_ms)
{
	struct work_pool *p = mem_alloc(sizeof *p);

	assert(threads > 0 && waiting_max > 0 && hang_ms > 0);
	p->loop = loop;
	snprintf(p->name, sizeof p->name, "%s", name);
	p->threads_max = threads;
	p->share = threads > 1 ? threads / 2 : 1;
	p->waiting_max = waiting_max;
	p->hang_ms = hang_ms;
	p->users = 1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->left, NULL);
	list_init(&p->owners);
	list_init(&p->running);
	list_init(&p->finished);
	timer_init(&p->look, loop, on_look, p);
	p->ready.data = p;
	if (uv_async_init(&loop->uv, &p->ready, on_ready) != 0)
		abort();
	loop_item_add(loop, &p->item, pool_end);
	return p;
}

static void
on_closed(uv_handle_t *h)
{
	struct work_pool *p = h->data;

	pthread_mutex_lock(&p->lock);
	pool_leave(p);
}

/* Under the lock. */
static void
drop_waiting(struct work_pool *p)
{
	struct link *l;

	LIST_EACH (at, &p->owners) {
		struct owner *o = list_member(at, struct owner, link);

		while ((l = list_take_first(&o->jobs)) != NULL) {
			mem_free(list_member(l, struct job, link));
			loop_busy_add(p->loop, -1);
			p->waiting--;
		}
		owner_leave(o);
	}
}

void
work_pool_destroy(struct work_pool *p)
{
	if (p == NULL)
		return;
	loop_item_remove(&p->item);
	timer_stop(&p->look);
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	drop_waiting(p);
	pthread_cond_broadcast(&p->more);
	while (p->threads > 0)
		pthread_cond_wait(&p->left, &p->lock);
	pthread_mutex_unlock(&p->lock);
	deliver(p);
	uv_close((uv_handle_t *)&p->ready, on_closed);
}
