/* SPDX-License-Identifier: MIT */
#include "modules/maildir/uidlist.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>

static void
make(struct buf *text, unsigned count)
{
	struct arena *a = arena_create(NULL);
	struct uidlist l;

	uidlist_init(&l, a);
	l.validity = 1763712000;
	uidlist_print_head(&l, text);
	for (unsigned i = 0; i < count; i++) {
		char name[64];

		snprintf(name, sizeof name, "17637120%02u.I0aQ3xR0.postern,S=8,W=9", i);
		uidlist_print(uidlist_add(&l, str_of(name), i == 1 ? 2481 : 0, i == 2 ? 12765 : 0,
				  i == 1 ? STR("PX1") : STR("")),
		    text);
	}
	uidlist_free(&l);
	arena_destroy(a);
}

static void
reads_what_it_prints(void)
{
	struct arena *a = arena_create(NULL);
	struct uidlist l;
	struct buf text;

	buf_init(&text, 4096);
	make(&text, 3);
	uidlist_init(&l, a);
	CHECK_INT(uidlist_read(&l, buf_str(&text)), text.len);
	CHECK_INT(l.validity, 1763712000);
	CHECK_INT(l.next, 4);
	CHECK_INT(uidlist_count(&l), 3);
	CHECK_INT(uidlist_at(&l, 1)->size, 2481);
	CHECK_STR(uidlist_at(&l, 1)->pop3, STR("PX1"));
	CHECK_INT(uidlist_at(&l, 2)->date, 12765);
	CHECK_STR(uidlist_at(&l, 2)->name, STR("1763712002.I0aQ3xR0.postern,S=8,W=9"));
	CHECK(uidlist_find(&l, 3) == uidlist_at(&l, 2));
	CHECK(uidlist_find(&l, 4) == NULL);
	uidlist_free(&l);
	buf_free(&text);
	arena_destroy(a);
}

/* The bytes on disk are final: this text must be read, and written the same, for ever. */
static void
the_format_is_final(void)
{
	static const char want[] = "3cb49e34 postern-uidlist 1 V1763712000 N1\n"
				   "51660850 1 :1763712000.I0aQ3xR0.postern,S=8,W=9\n"
				   "c92947ce 2 W2481 PPX1 :1763712001.I0aQ3xR0.postern,S=8,W=9\n"
				   "ef610d3d 3 D12765 :1763712002.I0aQ3xR0.postern,S=8,W=9\n";
	struct buf text;

	buf_init(&text, 4096);
	make(&text, 3);
	CHECK_STR(buf_str(&text), str_of(want));
	buf_free(&text);
}

/* Cut at every byte, and with every byte changed: what is read is true, and no UID is given twice.
 */
static void
damage_never_gives_a_uid_twice(void)
{
	struct buf text;

	buf_init(&text, 4096);
	make(&text, 3);
	for (size_t at = 0; at < text.len; at++) {
		struct arena *a = arena_create(NULL);
		struct uidlist l;

		text.p[at] ^= 0x01;
		uidlist_init(&l, a);
		uidlist_read(&l, buf_str(&text));
		if (text.p[at] != ('\n' ^ 0x01) ||
		    at + 1 < text.len) /* the end of the last line: it has none then */
			CHECK(l.next >= 4);
		for (size_t i = 0; i < uidlist_count(&l); i++) {
			char name[64];

			snprintf(name, sizeof name, "17637120%02u.", uidlist_at(&l, i)->uid - 1);
			CHECK(str_starts(uidlist_at(&l, i)->name, str_of(name)));
		}
		uidlist_free(&l);
		arena_destroy(a);
		text.p[at] ^= 0x01;
	}
	buf_free(&text);
}

static void
a_torn_line_is_left_for_later(void)
{
	struct arena *a = arena_create(NULL);
	struct uidlist l;
	struct buf text;
	size_t used;

	buf_init(&text, 4096);
	make(&text, 3);
	uidlist_init(&l, a);
	used = uidlist_read(&l, (struct str){ text.p, text.len - 5 });
	CHECK_INT(uidlist_count(&l), 2);
	CHECK_INT(l.damaged, 0);
	used += uidlist_read(&l, str_from(buf_str(&text), used));
	CHECK_INT(used, text.len);
	CHECK_INT(uidlist_count(&l), 3);
	uidlist_free(&l);
	buf_free(&text);
	arena_destroy(a);
}

static void
takes_over_dovecot(void)
{
	static const char text[] = "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
				   "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,\n"
				   "25017 W2481 Pold-id-7 :1276533073.M242911P3632.kurkku:2,F\n"
				   "broken\n25011 :out.of.order\n25018 :../../etc/passwd\n"
				   "25020 P :1795250301.M41P3.vm,S=19,W=21\n";
	struct arena *a = arena_create(NULL);
	struct uidlist l;

	uidlist_init(&l, a);
	CHECK(uidlist_read_dovecot(&l, str_of(text)));
	CHECK_INT(l.validity, 1275660208);
	CHECK_INT(l.next, 25022);
	CHECK_INT(uidlist_count(&l), 3);
	CHECK_STR(uidlist_at(&l, 2)->pop3, STR("1795250301.M41P3.vm,S=19,W=21"));
	CHECK_STR(uidlist_at(&l, 0)->name, STR("1276528487.M364837P9451.kurkku,S=1355,W=1394"));
	CHECK_INT(uidlist_at(&l, 1)->uid, 25017);
	CHECK_INT(uidlist_at(&l, 1)->size, 2481);
	CHECK_STR(uidlist_at(&l, 1)->pop3, STR("old-id-7"));
	CHECK(!uidlist_read_dovecot(&l, STR("7 what is this\n")));
	uidlist_free(&l);
	arena_destroy(a);
}

void
suite_uidlist(void)
{
	static const struct test tests[] = {
		{ "reads what it prints", reads_what_it_prints },
		{ "the format is final", the_format_is_final },
		{ "damage never gives a UID twice", damage_never_gives_a_uid_twice },
		{ "a torn line is left for later", a_torn_line_is_left_for_later },
		{ "takes over Dovecot's list", takes_over_dovecot },
	};

	CHECK_SUITE("uidlist", tests);
}
