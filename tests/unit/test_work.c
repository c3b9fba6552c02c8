/* SPDX-License-Identifier: MIT */
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/loop/work.h"
#include "tests/lib/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Jobs wait behind a gate, so that a test decides when they end. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static int inside, most_inside;

struct job {
	int runs, done, late;
	pthread_t thread;
	bool signals_blocked;
};

static struct loop *loop;

static void
run(void *arg)
{
	struct job *j = arg;
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	j->signals_blocked = sigismember(&mask, SIGTERM) == 1;
	j->thread = pthread_self();
	j->runs++;
}

static void
run_gated(void *arg)
{
	pthread_mutex_lock(&lock);
	if (++inside > most_inside)
		most_inside = inside;
	pthread_cond_broadcast(&changed);
	while (!gate_open)
		pthread_cond_wait(&changed, &lock);
	run(arg);
	inside--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
set_gate(bool open)
{
	pthread_mutex_lock(&lock);
	gate_open = open;
	if (!open)
		most_inside = inside;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
wait_inside(int count)
{
	pthread_mutex_lock(&lock);
	while (inside != count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void
done(void *arg, enum work_result result)
{
	struct job *j = arg;

	CHECK(result == WORK_LATE || !pthread_equal(j->thread, pthread_self()));
	j->done++;
	j->late += result == WORK_LATE;
}

static void
drain(void)
{
	while (loop_busy(loop))
		loop_turn(loop, true, 1000);
}

static void
jobs_run_on_threads_and_end_on_the_loop(void)
{
	struct job jobs[20] = { { 0 } };
	struct work_pool *p;

	loop = loop_create();
	p = work_pool_create(loop, "test", 3, 100, 60000);
	for (size_t i = 0; i < 20; i++)
		CHECK_INT(work_start(p, &jobs[i % 4], run, done, &jobs[i]), 0);
	CHECK_INT(jobs[0].done, 0);
	CHECK(loop_busy(loop));
	drain();
	for (size_t i = 0; i < 20; i++)
		CHECK(jobs[i].runs == 1 && jobs[i].done == 1 && jobs[i].signals_blocked);
	work_pool_destroy(p);
	loop_destroy(loop);
}

static void
one_owner_gets_half_the_threads(void)
{
	struct job jobs[10] = { { 0 } };
	struct work_pool *p;

	loop = loop_create();
	set_gate(false);
	p = work_pool_create(loop, "test", 4, 100, 60000);
	for (size_t i = 0; i < 8; i++)
		work_start(p, "greedy", run_gated, done, &jobs[i]);
	wait_inside(2);
	work_start(p, "other", run_gated, done, &jobs[8]);
	wait_inside(3);
	CHECK_INT(work_waiting(p), 6);
	set_gate(true);
	drain();
	CHECK_INT(most_inside, 3);
	CHECK(jobs[0].done == 1 && jobs[7].done == 1 && jobs[8].done == 1);
	work_pool_destroy(p);
	loop_destroy(loop);
}

static void
a_full_pool_says_so(void)
{
	struct job jobs[4] = { { 0 } };
	struct work_pool *p;

	loop = loop_create();
	set_gate(false);
	p = work_pool_create(loop, "test", 1, 2, 60000);
	CHECK_INT(work_start(p, NULL, run_gated, done, &jobs[0]), 0);
	wait_inside(1);
	CHECK_INT(work_start(p, NULL, run_gated, done, &jobs[1]), 0);
	CHECK_INT(work_start(p, NULL, run_gated, done, &jobs[2]), 0);
	CHECK_INT(work_start(p, NULL, run_gated, done, &jobs[3]), -1);
	set_gate(true);
	drain();
	CHECK(jobs[2].done == 1 && jobs[3].runs == 0);
	work_pool_destroy(p);
	loop_destroy(loop);
}

static void
a_thread_that_hangs_is_replaced(void)
{
	struct job hung = { 0 }, next = { 0 };
	struct work_pool *p;

	loop = loop_create();
	clock_fake(loop, 0);
	set_gate(false);
	p = work_pool_create(loop, "test", 1, 10, 30000);
	work_start(p, "disk", run_gated, done, &hung);
	work_start(p, "disk", run, done, &next);
	wait_inside(1);
	while (hung.done == 0) {
		clock_advance(loop, 10000);
		loop_turn(loop, false, 0);
	}
	CHECK_INT(hung.late, 1);
	CHECK_INT(work_lost(p), 1);
	drain();
	CHECK(next.done == 1 && next.late == 0);
	work_pool_destroy(p);
	/* What comes back after all is told to nobody, and frees what is left. */
	set_gate(true);
	wait_inside(0);
	loop_destroy(loop);
	CHECK(hung.done == 1);
}

static void
the_end_drops_what_waits(void)
{
	struct job jobs[2] = { { 0 } };
	struct work_pool *p;

	loop = loop_create();
	set_gate(false);
	p = work_pool_create(loop, "test", 1, 10, 60000);
	work_start(p, NULL, run_gated, done, &jobs[0]);
	wait_inside(1);
	work_start(p, NULL, run_gated, done, &jobs[1]);
	set_gate(true);
	loop_destroy(loop);
	CHECK(jobs[0].done == 1);
	CHECK(jobs[1].done == jobs[1].runs);
}

void
suite_work(void)
{
	static const struct test tests[] = {
		{ "jobs run on threads without signals, and end on the loop",
		    jobs_run_on_threads_and_end_on_the_loop },
		{ "one owner gets half the threads", one_owner_gets_half_the_threads },
		{ "a full pool says so", a_full_pool_says_so },
		{ "a thread that hangs is replaced", a_thread_that_hangs_is_replaced },
		{ "the end waits for what runs and drops what waits", the_end_drops_what_waits },
	};

	CHECK_SUITE("work", tests);
}
