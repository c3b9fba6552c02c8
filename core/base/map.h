/* SPDX-License-Identifier: MIT */
/*
 * map -- from bytes to a pointer; keyed SipHash-1-3, so that a stranger cannot choose collisions.
 *
 * Keys are copied. Values are borrowed: what they point to is the caller's.
 */
#ifndef CORE_BASE_MAP_H
#define CORE_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct map;

struct map *map_create(void);
void map_destroy(struct map *);

void *map_get(const struct map *, struct str key); /* NULL: not there */
void *
map_set(struct map *, struct str key, void *value); /* the value before, or NULL; value not NULL */
void *map_remove(struct map *, struct str key);     /* the value removed, or NULL */
size_t map_count(const struct map *);

/* Call `fn` for each pair, in no order; a return other than 0 ends it and is returned. The map must
 * not change. */
int map_each(const struct map *, int (*fn)(struct str key, void *value, void *arg), void *arg);

/* SipHash-1-3 under this process' random key. */
uint64_t map_hash(struct str);

#endif
