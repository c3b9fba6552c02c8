/* SPDX-License-Identifier: MIT */
/* dns_cache -- answers for as long as they are valid, bounded in number and bytes; the least used
 * goes first. */
#include "core/loop/dns_inner.h"
#include "core/base/list.h"
#include "core/base/map.h"
#include "core/base/mem.h"

#include <stdio.h>

enum { BYTES_MAX = 16 * 1024 * 1024, KEY_MAX = DNS_NAME_MAX + 8 };

struct entry {
	struct link link; /* the last used last */
	struct dns_result *result;
	uint64_t expires_ms;
	size_t bytes;
	size_t key_len;
	char key[KEY_MAX];
};

struct dns_cache {
	struct map *entries;
	struct link used;
	size_t bytes;
};

static struct str
key_of(struct str name, enum dns_type type, char *to)
{
	int len = snprintf(to, KEY_MAX, "%d/%.*s", type, STR_FMT(name));

	return (struct str){ to, (size_t)len };
}

static void
forget(struct dns_cache *c, struct entry *e)
{
	map_remove(c->entries, (struct str){ e->key, e->key_len });
	list_remove(&e->link);
	c->bytes -= e->bytes;
	dns_result_drop(e->result);
	mem_free(e);
}

struct dns_cache *
dns_cache_create(void)
{
	struct dns_cache *c = mem_alloc(sizeof *c);

	c->entries = map_create();
	list_init(&c->used);
	return c;
}

void
dns_cache_destroy(struct dns_cache *c)
{
	LIST_EACH (at, &c->used)
		forget(c, list_member(at, struct entry, link));
	map_destroy(c->entries);
	mem_free(c);
}

struct dns_result *
dns_cache_get(
    struct dns_cache *c, struct str name, enum dns_type type, uint64_t now_ms, uint32_t *ttl)
{
	char key[KEY_MAX];
	struct entry *e = map_get(c->entries, key_of(name, type, key));

	if (e == NULL)
		return NULL;
	if (e->expires_ms <= now_ms) {
		forget(c, e);
		return NULL;
	}
	list_remove(&e->link);
	list_add_last(&c->used, &e->link);
	*ttl = (uint32_t)((e->expires_ms - now_ms) / 1000);
	return e->result;
}

void
dns_cache_put(
    struct dns_cache *c, struct str name, enum dns_type type, uint64_t now_ms, struct dns_result *r)
{
	struct entry *e, *before;
	struct str key;

	if (r->answer.status > DNS_NO_NAME || r->answer.ttl == 0)
		return;
	e = mem_alloc(sizeof *e);
	key = key_of(name, type, e->key);
	e->key_len = key.len;
	e->result = dns_result_hold(r);
	e->expires_ms = now_ms + (uint64_t)r->answer.ttl * 1000;
	e->bytes = sizeof *e + arena_size(r->arena);
	before = map_get(c->entries, key);
	if (before != NULL)
		forget(c, before);
	map_set(c->entries, key, e);
	list_add_last(&c->used, &e->link);
	c->bytes += e->bytes;
	while (map_count(c->entries) > DNS_CACHE_MAX || c->bytes > BYTES_MAX)
		forget(c, list_member(c->used.next, struct entry, link));
}
