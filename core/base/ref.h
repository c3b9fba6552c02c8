/* SPDX-License-Identifier: MIT */
/*
 * ref -- handles: a slot and its generation, never a pointer, cross a wait.
 *
 * A handle whose object has ended finds nothing, even when the slot serves another object now.
 */
#ifndef CORE_BASE_REF_H
#define CORE_BASE_REF_H

#include <stddef.h>
#include <stdint.h>

struct ref {
	uint32_t slot;
	uint32_t generation; /* 0: refers to nothing */
};

struct ref_table;

struct ref_table *ref_table_create(void);
void ref_table_destroy(struct ref_table *);

struct ref ref_add(struct ref_table *, void *object);
void *ref_get(const struct ref_table *, struct ref); /* NULL: ended */
void ref_end(struct ref_table *, struct ref);        /* no handle finds the object again */
size_t ref_count(const struct ref_table *);

#endif
