/* SPDX-License-Identifier: MIT */
/* ledger -- what each worker is doing at this moment, in memory that outlives it: a crash has a
 * name. */
#include "core/process/ledger.h"

#include "core/base/arena.h"
#include "core/process/counters.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* What one thread does: the last of the calls that are nested in one another is the present one. */
struct ledger_thread {
	struct ledger_entry call[LEDGER_DEPTH];
	uint32_t depth;
};

struct ledger_column {
	_Atomic uint64_t beats;
	_Atomic uint32_t taken; /* threads that have a place */
	struct ledger_thread thread[LEDGER_THREADS];
};

struct ledger {
	struct arena *arena;
	struct ledger_column *columns, *own;
};

static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
enum { DEADLY = sizeof deadly / sizeof deadly[0], HANDLER_STACK = 64 * 1024 };

static struct ledger *here;
static struct sigaction before[DEADLY];
static _Thread_local struct ledger_thread *own_thread; /* of this thread in `own_ledger` */
static _Thread_local struct ledger *own_ledger;

size_t
ledger_size(void)
{
	return COUNTERS_WORKERS * sizeof(struct ledger_column);
}

struct ledger *
ledger_open(int fd, unsigned column, struct err *err)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *memory = mmap(NULL, ledger_size(), PROT_READ | PROT_WRITE, flags, fd, 0);
	struct arena *arena;
	struct ledger *l;

	assert(column < COUNTERS_WORKERS);
	if (memory == MAP_FAILED) {
		err_errno(err, "cannot map the ledger");
		return NULL;
	}
	arena = arena_create(NULL);
	l = arena_alloc(arena, sizeof *l);
	*l = (struct ledger){ arena, memory, (struct ledger_column *)memory + column };
	return l;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	if (here == l)
		here = NULL;
	munmap(l->columns, ledger_size());
	arena_destroy(l->arena);
}

/* ---- in the worker */

/* The calling thread's place; the last one is shared by all threads that come too late for their own. */
static struct ledger_thread *
thread(void)
{
	uint32_t i;

	if (here == NULL)
		return NULL;
	if (own_ledger != here) {
		i = atomic_fetch_add(&here->own->taken, 1);
		own_thread = &here->own->thread[i < LEDGER_THREADS ? i : LEDGER_THREADS - 1];
		own_ledger = here;
	}
	return own_thread;
}

/*
 * Note which thread it was, and let the signal kill as it would have: the handler before it (a
 * sanitizer's, or none) is put back, and the fault happens again on return.
 */
static void
on_deadly(int signal)
{
	for (size_t i = 0; i < DEADLY; i++)
		if (deadly[i] == signal)
			sigaction(signal, &before[i], NULL);
	if (own_thread != NULL && own_ledger == here)
		own_thread->call[0].died = (uint32_t)signal;
}

void
ledger_set_here(struct ledger *l)
{
	static char stack[HANDLER_STACK]; /* for a loop whose own stack is what overflowed */
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof stack }, present;
	struct sigaction act = { .sa_handler = on_deadly, .sa_flags = SA_ONSTACK | SA_NODEFER };

	here = l;
	own_ledger = NULL; /* one that was closed may have stood at the same address */
	if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &act, &before[i]);
}

static void
copy(char *to, const char *from)
{
	size_t i = 0;

	for (; from != NULL && from[i] != '\0' && i < LEDGER_TEXT_MAX - 1; i++)
		to[i] = from[i];
	to[i] = '\0';
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
ledger_enter(const char *by, const char *what, const char *id, const struct ip *client)
{
	static const struct ip nobody;
	struct ledger_thread *t = thread();
	struct ledger_entry *e;

	if (t == NULL)
		return;
	e = &t->call[t->depth < LEDGER_DEPTH ? t->depth : LEDGER_DEPTH - 1];
	t->depth++;
	copy(e->by, by);
	copy(e->what, what);
	copy(e->id, id);
	e->client = client != NULL ? *client : nobody;
	e->since_ms = now_ms();
	e->busy = 1;
}

void
ledger_leave(void)
{
	struct ledger_thread *t = thread();

	if (t == NULL || t->depth == 0)
		return;
	if (--t->depth < LEDGER_DEPTH)
		t->call[t->depth].busy = 0;
}

void
ledger_beat(struct ledger *l)
{
	atomic_fetch_add(&l->own->beats, 1);
}

/* ---- in the master */

uint64_t
ledger_beats(const struct ledger *l, unsigned column)
{
	assert(column < COUNTERS_WORKERS);
	return atomic_load(&l->columns[column].beats);
}

/* The innermost call of a thread, or NULL. */
static const struct ledger_entry *
present(const struct ledger_thread *t)
{
	for (int i = LEDGER_DEPTH - 1; i >= 0; i--)
		if (t->call[i].busy != 0)
			return &t->call[i];
	return NULL;
}

/* Of the thread that died, else of the one that has been busy the longest; a broken worker wrote anything. */
bool
ledger_last(const struct ledger *l, unsigned column, struct ledger_entry *last)
{
	const struct ledger_entry *found = NULL;

	assert(column < COUNTERS_WORKERS);
	for (size_t i = 0; i < LEDGER_THREADS; i++) {
		const struct ledger_thread *t = &l->columns[column].thread[i];
		const struct ledger_entry *call = present(t);

		if (call != NULL &&
		    (found == NULL || t->call[0].died != 0 || call->since_ms < found->since_ms))
			found = call;
		if (call != NULL && t->call[0].died != 0)
			break;
	}
	if (found == NULL)
		return false;
	*last = *found;
	last->by[LEDGER_TEXT_MAX - 1] = last->what[LEDGER_TEXT_MAX - 1] =
	    last->id[LEDGER_TEXT_MAX - 1] = '\0';
	return true;
}

void
ledger_clear_column(struct ledger *l, unsigned column)
{
	assert(column < COUNTERS_WORKERS);
	memset(&l->columns[column], 0, sizeof l->columns[column]);
}
