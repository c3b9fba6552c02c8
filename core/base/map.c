/* SPDX-License-Identifier: MIT */
/* map -- from bytes to a pointer; open addressing with linear probing, no tombstones. */
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/random.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

struct slot {
	uint64_t hash;
	struct str key;
	void *value; /* NULL: free */
};

struct map {
	struct slot *slots;
	size_t size; /* a power of two */
	size_t count;
};

enum { SMALLEST = 16 };

static uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static uint64_t hash_key[2];

static void
choose_key(void)
{
	random_bytes(hash_key, sizeof hash_key);
}

/* SipHash with one round a word and three at the end (Aumasson, Bernstein 2012). */
uint64_t
map_hash(struct str s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t v[4], word;
	size_t left = s.len;
	const char *p = s.p;

	pthread_once(&once, choose_key);
	v[0] = hash_key[0] ^ 0x736f6d6570736575;
	v[1] = hash_key[1] ^ 0x646f72616e646f6d;
	v[2] = hash_key[0] ^ 0x6c7967656e657261;
	v[3] = hash_key[1] ^ 0x7465646279746573;
	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)s.len << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)(unsigned char)p[i] << (8 * i);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *
map_create(void)
{
	struct map *m = mem_alloc(sizeof *m);

	m->size = SMALLEST;
	m->slots = mem_alloc(m->size * sizeof *m->slots);
	return m;
}

void
map_destroy(struct map *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].value != NULL)
			mem_free((char *)(uintptr_t)m->slots[i].key.p);
	mem_free(m->slots);
	mem_free(m);
}

/* The slot of the key, or the free one where it would go. */
static struct slot *
find(const struct map *m, uint64_t hash, struct str key)
{
	size_t i = hash & (m->size - 1);

	for (; m->slots[i].value != NULL; i = (i + 1) & (m->size - 1))
		if (m->slots[i].hash == hash && str_eq(m->slots[i].key, key))
			break;
	return &m->slots[i];
}

static void
double_size(struct map *m)
{
	struct slot *old = m->slots;
	size_t old_size = m->size;

	m->size *= 2;
	m->slots = mem_alloc(m->size * sizeof *m->slots);
	for (size_t i = 0; i < old_size; i++)
		if (old[i].value != NULL)
			*find(m, old[i].hash, old[i].key) = old[i];
	mem_free(old);
}

void *
map_get(const struct map *m, struct str key)
{
	return find(m, map_hash(key), key)->value;
}

void *
map_set(struct map *m, struct str key, void *value)
{
	uint64_t hash = map_hash(key);
	struct slot *s = find(m, hash, key);
	void *before = s->value;
	char *copy;

	assert(value != NULL);
	if (before != NULL) {
		s->value = value;
		return before;
	}
	if ((m->count + 1) * 4 > m->size * 3) {
		double_size(m);
		s = find(m, hash, key);
	}
	copy = mem_alloc(key.len + 1);
	if (key.len > 0)
		memcpy(copy, key.p, key.len);
	*s = (struct slot){ hash, { copy, key.len }, value };
	m->count++;
	return NULL;
}

void *
map_remove(struct map *m, struct str key)
{
	struct slot *s = find(m, map_hash(key), key);
	void *value = s->value;
	size_t hole, i;

	if (value == NULL)
		return NULL;
	mem_free((char *)(uintptr_t)s->key.p);
	*s = (struct slot){ 0 };
	m->count--;
	/* Those behind the hole, up to the next free slot, may have to move into it. */
	hole = (size_t)(s - m->slots);
	for (i = (hole + 1) & (m->size - 1); m->slots[i].value != NULL;
	     i = (i + 1) & (m->size - 1)) {
		size_t home = m->slots[i].hash & (m->size - 1);

		if (((i - home) & (m->size - 1)) < ((i - hole) & (m->size - 1)))
			continue;
		m->slots[hole] = m->slots[i];
		m->slots[i] = (struct slot){ 0 };
		hole = i;
	}
	return value;
}

size_t
map_count(const struct map *m)
{
	return m->count;
}

int
map_each(const struct map *m, int (*fn)(struct str, void *, void *), void *arg)
{
	int r;

	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].value != NULL &&
		    (r = fn(m->slots[i].key, m->slots[i].value, arg)) != 0)
			return r;
	return 0;
}
