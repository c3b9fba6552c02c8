/* SPDX-License-Identifier: MIT */
#include "core/base/map.h"
#include "core/base/random.h"
#include "tests/lib/check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { KEYS = 3000, ROUNDS = 60000 };

static char values[KEYS];

static struct str
key_of(size_t i, char *to, size_t size)
{
	return (struct str){ to, (size_t)snprintf(to, size, "key %zu", i) };
}

static void
set_get_and_remove(void)
{
	struct map *m = map_create();
	char one, two, key[] = "borrowed";

	CHECK(map_get(m, STR("a")) == NULL && map_remove(m, STR("a")) == NULL);
	CHECK(map_set(m, STR("a"), &one) == NULL);
	CHECK(map_set(m, STR("a"), &two) == &one);
	CHECK(map_get(m, STR("a")) == &two);
	CHECK(map_set(m, STR("a\0b"), &one) == NULL && map_get(m, STR("a")) == &two);
	CHECK(map_set(m, STR(""), &one) == NULL && map_get(m, (struct str){ NULL, 0 }) == &one);
	map_set(m, str_of(key), &one);
	key[0] = 'x'; /* the map has its own copy */
	CHECK(map_get(m, STR("borrowed")) == &one);
	CHECK_INT(map_count(m), 4);
	CHECK(map_remove(m, STR("a")) == &two && map_get(m, STR("a")) == NULL);
	CHECK(map_get(m, STR("a\0b")) == &one);
	CHECK_INT(map_count(m), 3);
	map_destroy(m);
	map_destroy(NULL);
}

static int
count_until(struct str key, void *value, void *arg)
{
	size_t *left = arg;

	(void)key, (void)value;
	return --*left == 0 ? 7 : 0;
}

static void
each_pair_once_until_told_to_stop(void)
{
	struct map *m = map_create();
	size_t left = 1000;
	char key[32];

	for (size_t i = 0; i < 100; i++)
		map_set(m, key_of(i, key, sizeof key), &values[i]);
	CHECK_INT(map_each(m, count_until, &left), 0);
	CHECK_INT(left, 900);
	left = 10;
	CHECK_INT(map_each(m, count_until, &left), 7);
	CHECK_INT(left, 0);
	map_destroy(m);
}

/* Runs of neighbours form and break up; nothing behind a removed key may get lost. */
static void
the_same_as_an_array_after_many_changes(void)
{
	struct map *m = map_create();
	static bool in[KEYS];
	size_t count = 0, wrong = 0;
	char key[32];

	for (size_t round = 0; round < ROUNDS; round++) {
		uint64_t dice = random_number();
		size_t i = dice % (round < ROUNDS / 2 ? KEYS : 24);
		struct str k = key_of(i, key, sizeof key);
		void *expected = in[i] ? &values[i] : NULL;

		if (dice >> 63)
			wrong += map_set(m, k, &values[i]) != expected;
		else
			wrong += map_remove(m, k) != expected;
		count += (dice >> 63) - (in[i] ? 1 : 0);
		in[i] = dice >> 63;
		wrong += map_count(m) != count;
	}
	for (size_t i = 0; i < KEYS; i++)
		wrong += map_get(m, key_of(i, key, sizeof key)) != (in[i] ? &values[i] : NULL);
	CHECK_INT(wrong, 0);
	map_destroy(m);
}

/* Keys whose places coincide, by trial, until all stand in one run that wraps round the end. */
static void
colliding_keys_are_told_apart(void)
{
	struct map *m = map_create();
	char keys[10][32];
	size_t found = 0, wrong = 0;

	for (size_t i = 0; found < 10; i++)
		if ((map_hash(key_of(i, keys[found], sizeof keys[found])) & 15) >= 14)
			found++;
	for (size_t i = 0; i < 10; i++)
		map_set(m, str_of(keys[i]), &values[i]);
	for (size_t gone = 0; gone < 10; gone++) {
		wrong += map_remove(m, str_of(keys[gone])) != &values[gone];
		for (size_t i = 0; i < 10; i++)
			wrong += map_get(m, str_of(keys[i])) != (i > gone ? &values[i] : NULL);
	}
	CHECK_INT(wrong, 0);
	map_destroy(m);
}

static void *
hash_once(void *arg)
{
	*(uint64_t *)arg = map_hash(STR("key"));
	return NULL;
}

static void
the_hash_is_one_in_all_threads(void)
{
	uint64_t hashes[4];
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, hash_once, &hashes[i]);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < 4; i++)
		CHECK(hashes[i] == map_hash(STR("key")));
	CHECK(map_hash(STR("")) != map_hash(STR("\0")) &&
	      map_hash(STR("12345678")) != map_hash(STR("123456789")));
}

void
suite_map(void)
{
	static const struct test tests[] = {
		{ "set, get and remove", set_get_and_remove },
		{ "each pair once, until told to stop", each_pair_once_until_told_to_stop },
		{ "the same as an array after many changes",
		    the_same_as_an_array_after_many_changes },
		{ "colliding keys are told apart", colliding_keys_are_told_apart },
		{ "the hash is one in all threads", the_hash_is_one_in_all_threads },
	};

	CHECK_SUITE("map", tests);
}
