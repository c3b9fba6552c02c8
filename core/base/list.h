/* SPDX-License-Identifier: MIT */
/*
 * list -- a doubly linked list through its members.
 *
 * A `struct link` stands in each member; the head is a link of its own. A link that is in
 * no list points at itself (list_init) and may be removed again without harm.
 */
#ifndef CORE_BASE_LIST_H
#define CORE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *prev, *next;
};

#define list_member(link_, type, field) ((type *)(void *)((char *)(link_)-offsetof(type, field)))

/* `for` over the links; the present one may be removed in the body. */
#define LIST_EACH(at, head) \
	for (struct link *at = (head)->next, *at##_next = at->next; at != (head); \
	     at = at##_next, at##_next = at->next)

static inline void
list_init(struct link *l)
{
	l->prev = l->next = l;
}

static inline bool
list_empty(const struct link *head)
{
	return head->next == head;
}

static inline void
list_add_before(struct link *at, struct link *l)
{
	l->prev = at->prev;
	l->next = at;
	at->prev->next = l;
	at->prev = l;
}

static inline void
list_add_last(struct link *head, struct link *l)
{
	list_add_before(head, l);
}

static inline void
list_add_first(struct link *head, struct link *l)
{
	list_add_before(head->next, l);
}

static inline void
list_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

static inline size_t
list_length(const struct link *head)
{
	size_t n = 0;

	for (const struct link *at = head->next; at != head; at = at->next)
		n++;
	return n;
}

/* The first link, removed; NULL where the list is empty. */
static inline struct link *
list_take_first(struct link *head)
{
	struct link *l = head->next;

	if (l == head)
		return NULL;
	list_remove(l);
	return l;
}

#endif
