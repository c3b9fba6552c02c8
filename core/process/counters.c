/* SPDX-License-Identifier: MIT */
/*
 * counters -- numbers shared by all workers of the host: fixed tables in memory that the master
 * made.
 *
 * A table counts networks without keeping their names: each adds to one cell in each of ROWS rows,
 * chosen by a keyed hash, and its number is the smallest of its cells (a count-min sketch). It is
 * never too small, and too large only where a network shares all its cells with others. So there
 * is nothing to lock, to grow or to clean, and a worker that dies in the middle leaves nothing
 * torn.
 */
#include "core/process/counters.h"

#include "core/base/arena.h"
#include "core/base/random.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { ROWS = 4, CELLS = 4096 };
enum { FAILURE_WINDOW_MS = 10 * 60 * 1000, RATE_WINDOW_MS = 60 * 1000 };

struct table {
	_Atomic uint32_t cell[ROWS][CELLS];
};

/* Two windows of time, the present and the last; which is which says the parity of `epoch`. */
struct window {
	_Atomic uint64_t epoch;
	struct table half[2];
};

struct column {
	struct table connections;
	struct window failures, rate;
};

struct shared {
	_Atomic uint64_t seed[ROWS];
	_Atomic uint32_t used; /* columns that were ever in use */
	struct column column[COUNTERS_WORKERS];
};

struct counters {
	struct arena *arena;
	struct shared *shared;
	struct column *own;
};

size_t
counters_size(void)
{
	return sizeof(struct shared);
}

/* The first to come chooses the seeds. Others may come in the same moment, so only zeroes are
 * replaced. */
static void
seed(struct shared *s)
{
	for (unsigned row = 0; row < ROWS; row++) {
		uint64_t zero = 0;

		atomic_compare_exchange_strong(&s->seed[row], &zero, random_number() | 1);
	}
}

struct counters *
counters_open(int fd, unsigned column, struct err *err)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	struct arena *arena;
	struct counters *c;
	struct shared *s;
	uint32_t used;

	assert(column < COUNTERS_WORKERS);
	s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (s == MAP_FAILED) {
		err_errno(err, "cannot map the counters");
		return NULL;
	}
	seed(s);
	for (used = atomic_load(&s->used); used <= column;)
		if (atomic_compare_exchange_weak(&s->used, &used, column + 1))
			break;
	arena = arena_create(NULL);
	c = arena_alloc(arena, sizeof *c);
	c->arena = arena;
	c->shared = s;
	c->own = &s->column[column];
	return c;
}

void
counters_close(struct counters *c)
{
	if (c == NULL)
		return;
	munmap(c->shared, sizeof *c->shared);
	arena_destroy(c->arena);
}

void
counters_clear_column(struct counters *c, unsigned column)
{
	assert(column < COUNTERS_WORKERS);
	memset(&c->shared->column[column], 0, sizeof(struct column));
}

/* The cell of a network in a row; the seeds are secret, so a stranger cannot aim at another's
 * cells. */
static size_t
cell_of(const struct shared *s, unsigned row, const struct ip *key)
{
	uint64_t half[2], h;

	memcpy(half, key->bytes, sizeof half);
	h = atomic_load_explicit(&s->seed[row], memory_order_relaxed);
	for (int i = 0; i < 2; i++) {
		h ^= half[i];
		h *= 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
		h *= 0xc4ceb9fe1a85ec53ULL;
		h ^= h >> 29;
	}
	return h % CELLS;
}

/* Only the owner of a column writes it, so that load and store need not be one. */
static void
add(_Atomic uint32_t *cell, int by)
{
	uint32_t now = atomic_load_explicit(cell, memory_order_relaxed);

	if (by < 0 && now < (uint32_t)-by)
		now = 0;
	else
		now += (uint32_t)by;
	atomic_store_explicit(cell, now, memory_order_relaxed);
}

static void
table_add(const struct shared *s, struct table *t, const struct ip *key, int by)
{
	for (unsigned row = 0; row < ROWS; row++)
		add(&t->cell[row][cell_of(s, row, key)], by);
}

static uint32_t
load(const _Atomic uint32_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
counters_connections(const struct counters *c, const struct ip *ip)
{
	const struct shared *s = c->shared;
	struct ip key = ip_limit_key(ip);
	unsigned result = UINT32_MAX;

	for (unsigned row = 0; row < ROWS; row++) {
		size_t cell = cell_of(s, row, &key);
		unsigned sum = 0;

		for (unsigned i = 0; i < atomic_load(&s->used); i++)
			sum += load(&s->column[i].connections.cell[row][cell]);
		result = least(result, sum);
	}
	return result;
}

unsigned
counters_connection(struct counters *c, const struct ip *ip, int by)
{
	struct ip key = ip_limit_key(ip);

	table_add(c->shared, &c->own->connections, &key, by);
	return counters_connections(c, ip);
}

/* Make the owner's window that of `epoch`: what is older than the last one is forgotten. */
static void
turn(struct window *w, uint64_t epoch)
{
	uint64_t old = atomic_load(&w->epoch);

	if (old == epoch)
		return;
	memset(&w->half[epoch & 1], 0, sizeof w->half[0]);
	if (old + 1 != epoch)
		memset(&w->half[~epoch & 1], 0, sizeof w->half[0]);
	atomic_store(&w->epoch, epoch);
}

/* A cell's count in the window that ends now: the present half, and of the last one the part that
 * still counts. */
static unsigned
recent(const struct window *w, unsigned row, size_t cell, uint64_t now_ms, uint64_t length_ms)
{
	uint64_t epoch = now_ms / length_ms, own = atomic_load(&w->epoch);
	uint64_t rest = length_ms - now_ms % length_ms;
	uint32_t now = 0, last = 0;

	if (own == epoch) {
		now = load(&w->half[epoch & 1].cell[row][cell]);
		last = load(&w->half[~epoch & 1].cell[row][cell]);
	} else if (own + 1 == epoch) {
		last = load(&w->half[own & 1].cell[row][cell]);
	}
	return now + (unsigned)((last * rest + length_ms - 1) / length_ms);
}

struct span {
	size_t offset; /* of the window in a column */
	uint64_t ms;
};

static const struct window *
window_of(const struct column *column, const struct span *span)
{
	return (const struct window *)(const void *)((const char *)column + span->offset);
}

static unsigned
count_recent(struct counters *c, const struct span *span, const struct ip *ip, uint64_t now_ms,
    unsigned add_now)
{
	const struct shared *s = c->shared;
	struct window *own = (struct window *)(void *)((char *)c->own + span->offset);
	struct ip key = ip_limit_key(ip);
	unsigned result = UINT32_MAX;

	turn(own, now_ms / span->ms);
	table_add(s, &own->half[(now_ms / span->ms) & 1], &key, (int)add_now);
	for (unsigned row = 0; row < ROWS; row++) {
		size_t cell = cell_of(s, row, &key);
		unsigned sum = 0;

		for (unsigned i = 0; i < atomic_load(&s->used); i++)
			sum += recent(window_of(&s->column[i], span), row, cell, now_ms, span->ms);
		result = least(result, sum);
	}
	return result;
}

unsigned
counters_auth_failure(struct counters *c, const struct ip *ip, uint64_t now_ms, unsigned add_now)
{
	static const struct span span = { offsetof(struct column, failures), FAILURE_WINDOW_MS };

	return count_recent(c, &span, ip, now_ms, add_now);
}

unsigned
counters_connection_rate(struct counters *c, const struct ip *ip, uint64_t now_ms, unsigned add_now)
{
	static const struct span span = { offsetof(struct column, rate), RATE_WINDOW_MS };

	return count_recent(c, &span, ip, now_ms, add_now);
}
