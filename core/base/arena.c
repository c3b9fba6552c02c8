/* SPDX-License-Identifier: MIT */
/* arena -- memory with an owner and a lifetime. */
#include "core/base/arena.h"
#include "core/base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_BLOCK = 512, LARGEST_BLOCK = 64 * 1024 };

struct block {
	struct block *next;
	size_t size; /* bytes usable behind this header */
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct arena *parent, *first_child, *next, **link;
	struct block *blocks; /* newest first */
	struct cleanup *cleanups;
};

struct arena *
arena_create(struct arena *parent)
{
	struct arena *a = mem_alloc(sizeof *a);

	a->parent = parent;
	if (parent == NULL)
		return a;
	a->next = parent->first_child;
	a->link = &parent->first_child;
	if (a->next != NULL)
		a->next->link = &a->next;
	parent->first_child = a;
	return a;
}

/* End everything in the arena but `keep`, the one block that stays. */
static void
empty(struct arena *a, struct block *keep)
{
	struct block *b, *next;
	struct cleanup *c;

	while ((c = a->cleanups) != NULL) {
		a->cleanups = c->next;
		c->fn(c->arg);
	}
	while (a->first_child != NULL)
		arena_destroy(a->first_child);
	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (b != keep)
			mem_free(b);
	}
	a->blocks = keep;
}

void
arena_reset(struct arena *a)
{
	struct block *first = a->blocks;

	while (first != NULL && first->next != NULL)
		first = first->next;
	empty(a, first);
	if (first == NULL)
		return;
	memset(first->bytes, 0, first->used);
	first->used = 0;
}

void
arena_destroy(struct arena *a)
{
	if (a == NULL)
		return;
	empty(a, NULL);
	if (a->parent != NULL) {
		*a->link = a->next;
		if (a->next != NULL)
			a->next->link = a->link;
	}
	mem_free(a);
}

/* A block that holds at least `size`; each is twice as large as the one before, up to a limit. */
static struct block *
add_block(struct arena *a, size_t size)
{
	size_t want = a->blocks == NULL ? FIRST_BLOCK : a->blocks->size * 2;
	struct block *b;

	if (want > LARGEST_BLOCK)
		want = LARGEST_BLOCK;
	if (want < size)
		want = size;
	b = mem_alloc(sizeof *b + want);
	b->size = want;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->blocks;
	void *p;

	assert(size <= SIZE_MAX / 2);
	size = (size + align - 1) & ~(align - 1);
	if (b == NULL || b->size - b->used < size)
		b = add_block(a, size);
	p = b->bytes + b->used;
	b->used += size;
	return p;
}

void *
arena_copy(struct arena *a, const void *from, size_t size)
{
	char *p = arena_alloc(a, size + 1);

	if (size > 0)
		memcpy(p, from, size);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap, again;
	int len;
	char *p;

	va_start(ap, format);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	assert(len >= 0);
	p = arena_alloc(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, format, again);
	va_end(again);
	va_end(ap);
	return p;
}

void
arena_cleanup(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = arena_alloc(a, sizeof *c);

	c->fn = fn;
	c->arg = arg;
	c->next = a->cleanups;
	a->cleanups = c;
}

size_t
arena_size(const struct arena *a)
{
	const struct arena *child;
	const struct block *b;
	size_t sum = sizeof *a;

	for (b = a->blocks; b != NULL; b = b->next)
		sum += sizeof *b + b->size;
	for (child = a->first_child; child != NULL; child = child->next)
		sum += arena_size(child);
	return sum;
}
