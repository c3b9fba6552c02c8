/* SPDX-License-Identifier: MIT */
/* Any uidlist, ours and Dovecot's; property: what is printed is read back the same. */
#include "modules/maildir/uidlist.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void
must(bool what)
{
	if (!what)
		abort();
}

static void
print_and_read(const struct uidlist *l, struct arena *arena)
{
	struct uidlist again;
	struct buf text;

	buf_init(&text, 16 * 1024 * 1024);
	uidlist_print_head(l, &text);
	for (size_t i = 0; i < uidlist_count(l); i++)
		uidlist_print(uidlist_at(l, i), &text);
	uidlist_init(&again, arena);
	must(uidlist_read(&again, buf_str(&text)) == text.len);
	must(l->validity == 0 || (again.damaged == 0 && again.next == l->next &&
				     uidlist_count(&again) == uidlist_count(l)));
	for (size_t i = 0; l->validity != 0 && i < uidlist_count(l); i++) {
		must(str_eq(uidlist_at(&again, i)->name, uidlist_at(l, i)->name));
		must(str_eq(uidlist_at(&again, i)->pop3, uidlist_at(l, i)->pop3));
		must(uidlist_at(&again, i)->size == uidlist_at(l, i)->size);
	}
	uidlist_free(&again);
	buf_free(&text);
}

FUZZ(uidlist)
{
	struct arena *arena = arena_create(NULL);
	struct str text = { (const char *)input, size };
	struct uidlist l;

	uidlist_init(&l, arena);
	must(uidlist_read(&l, text) <= size);
	print_and_read(&l, arena);
	uidlist_free(&l);
	uidlist_init(&l, arena);
	if (uidlist_read_dovecot(&l, text))
		print_and_read(&l, arena);
	uidlist_free(&l);
	arena_destroy(arena);
	return 0;
}
