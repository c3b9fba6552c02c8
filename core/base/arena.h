/* SPDX-License-Identifier: MIT */
/*
 * arena -- memory with an owner and a lifetime.
 *
 * Arenas nest as lifetimes do: server, session, transaction, and scratch for one event.
 * A child dies with its parent. What else must end with the lifetime (a descriptor, a Lua
 * reference, a temporary file) is registered as a cleanup; cleanups run newest first.
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#pragma GCC visibility push(default)

#include <stddef.h>

struct arena;

/* A new arena that dies with `parent`, or stands alone where that is NULL. Never NULL. */
struct arena *arena_create(struct arena *parent);

/* Run the cleanups, end the children, free the memory. NULL is allowed. */
void arena_destroy(struct arena *);

/* As destroy, but the arena stays usable, with its first block kept. */
void arena_reset(struct arena *);

/* Zeroed memory of `size` bytes, aligned for any type, never NULL; lives as long as the arena. */
void *arena_alloc(struct arena *, size_t size);

/* A copy of `size` bytes, followed by a NUL that is not counted. */
void *arena_copy(struct arena *, const void *, size_t size);
char *arena_strdup(struct arena *, const char *);
char *arena_printf(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Call `fn(arg)` when the arena ends or is reset. */
void arena_cleanup(struct arena *, void (*fn)(void *arg), void *arg);

/* Bytes taken from the system by this arena and its children. */
size_t arena_size(const struct arena *);

#pragma GCC visibility pop
#endif
