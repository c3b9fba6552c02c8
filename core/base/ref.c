/* SPDX-License-Identifier: MIT */
/* ref -- handles: a slot and its generation, never a pointer, cross a wait. */
#include "core/base/ref.h"
#include "core/base/mem.h"

#include <assert.h>

struct slot {
	void *object;        /* NULL: free */
	uint32_t generation; /* of the present object, or of the next one */
	uint32_t next_free;
};

struct ref_table {
	struct slot *slots;
	uint32_t size;
	uint32_t first_free; /* == size: none */
	size_t count;
};

enum { SMALLEST = 64 };

struct ref_table *
ref_table_create(void)
{
	return mem_alloc(sizeof(struct ref_table));
}

void
ref_table_destroy(struct ref_table *t)
{
	if (t == NULL)
		return;
	mem_free(t->slots);
	mem_free(t);
}

static void
grow(struct ref_table *t)
{
	uint32_t size = t->size > 0 ? t->size * 2 : SMALLEST;

	t->slots = mem_grow(t->slots, t->size * sizeof *t->slots, size * sizeof *t->slots);
	for (uint32_t i = t->size; i < size; i++)
		t->slots[i] = (struct slot){ .generation = 1, .next_free = i + 1 };
	t->size = size;
}

struct ref
ref_add(struct ref_table *t, void *object)
{
	struct slot *s;
	uint32_t i;

	assert(object != NULL);
	if (t->first_free == t->size)
		grow(t);
	i = t->first_free;
	s = &t->slots[i];
	t->first_free = s->next_free;
	s->object = object;
	t->count++;
	return (struct ref){ i, s->generation };
}

void *
ref_get(const struct ref_table *t, struct ref r)
{
	if (r.generation == 0 || r.slot >= t->size || t->slots[r.slot].generation != r.generation)
		return NULL;
	return t->slots[r.slot].object;
}

void
ref_end(struct ref_table *t, struct ref r)
{
	struct slot *s;

	if (ref_get(t, r) == NULL)
		return;
	s = &t->slots[r.slot];
	s->object = NULL;
	if (++s->generation == 0)
		s->generation = 1;
	s->next_free = t->first_free;
	t->first_free = r.slot;
	t->count--;
}

size_t
ref_count(const struct ref_table *t)
{
	return t->count;
}
