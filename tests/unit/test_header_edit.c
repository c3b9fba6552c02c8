/* SPDX-License-Identifier: MIT */
#include "core/session/header_edit.h"
#include "core/base/arena.h"
#include "core/session/tx_parts.h"
#include "tests/lib/check.h"

#include <string.h>

static const char message[] = "Received: one\r\n"
			      "X-A: 1\r\n"
			      "Subject: folded\r\n over two lines\r\n"
			      "x-a: 2\r\n"
			      "X-A : odd\r\n"
			      "To: b\r\n"
			      "\r\n"
			      "body X-A: 1\r\n";

static void
edits_are_made_in_order(void)
{
	static const struct {
		struct {
			enum edit_kind kind;
			const char *name, *value;
		} edits[4];
		const char *want;
	} rows[] = {
		{ { { 0 } }, "Received: one\r\nX-A: 1\r\nSubject: folded\r\n over two "
			     "lines\r\nx-a: 2\r\nX-A : odd\r\nTo: b\r\n\r\n" },
		{ { { EDIT_ADD_HEADER, "X-B", "1" }, { EDIT_ADD_HEADER, "X-B", "2" } },
		    "X-B: 2\r\nX-B: 1\r\nReceived: one\r\nX-A: 1\r\nSubject: folded\r\n over two "
		    "lines\r\nx-a: 2\r\nX-A : odd\r\nTo: b\r\n\r\n" },
		{ { { EDIT_SET_HEADER, "subject", "new" } },
		    "Received: one\r\nX-A: 1\r\nsubject: new\r\nx-a: 2\r\nX-A : odd\r\nTo: "
		    "b\r\n\r\n" },
		{ { { EDIT_SET_HEADER, "X-New", "1" } },
		    "Received: one\r\nX-A: 1\r\nSubject: folded\r\n over two lines\r\nx-a: "
		    "2\r\nX-A : odd\r\nTo: b\r\nX-New: 1\r\n\r\n" },
		{ { { EDIT_DELETE_HEADER, "Subject", "" }, { EDIT_DELETE_HEADER, "TO", "" },
		      { EDIT_DELETE_HEADER, "Nope", "" } },
		    "Received: one\r\nX-A: 1\r\nx-a: 2\r\nX-A : odd\r\n\r\n" },
		{ { { EDIT_ADD_HEADER, "X-B", "1" }, { EDIT_DELETE_HEADER, "X-B", "" },
		      { EDIT_SET_HEADER, "To", "c" } },
		    "Received: one\r\nX-A: 1\r\nSubject: folded\r\n over two lines\r\nx-a: "
		    "2\r\nX-A : odd\r\nTo: c\r\n\r\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_create(NULL);
		struct edit edits[4] = { 0 }, *first = NULL, **end = &first;
		struct header h;
		struct buf b;

		header_init(&h);
		header_add(&h, message, sizeof message - 1);
		header_end(&h);
		for (size_t e = 0; e < 4 && rows[i].edits[e].name != NULL; e++) {
			edits[e] = (struct edit){ .kind = rows[i].edits[e].kind,
				.name = str_of(rows[i].edits[e].name),
				.value = str_of(rows[i].edits[e].value) };
			*end = &edits[e];
			end = &edits[e].next;
		}
		CHECK(header_edit_any(first) == (first != NULL));
		buf_init(&b, 4096);
		CHECK_INT(header_edit_print(a, &h, first, &b), 0);
		CHECK_STR(buf_str(&b), str_of(rows[i].want));
		CHECK_STR(str_from((struct str){ message, sizeof message - 1 }, h.body_start),
		    STR("body X-A: 1\r\n"));
		buf_free(&b);
		header_free(&h);
		arena_destroy(a);
	}
}

/* All of one name, beside each other and apart: the new one stands where the first stood. */
static void
set_replaces_all(void)
{
	static const char text[] = "A: 1\r\nB: 1\r\nB: 2\r\nC: 1\r\nB: 3\r\n\r\n";
	struct edit e = { .kind = EDIT_SET_HEADER, .name = STR("b"), .value = STR("x") };
	struct arena *a = arena_create(NULL);
	struct header h;
	struct buf b;

	header_init(&h);
	header_add(&h, text, sizeof text - 1);
	header_end(&h);
	buf_init(&b, 4096);
	header_edit_print(a, &h, &e, &b);
	CHECK_STR(buf_str(&b), STR("A: 1\r\nb: x\r\nC: 1\r\n\r\n"));
	buf_free(&b);
	header_free(&h);
	arena_destroy(a);
}

void
suite_header_edit(void)
{
	static const struct test tests[] = {
		{ "edits are made in order, the rest stays byte for byte",
		    edits_are_made_in_order },
		{ "set replaces all of that name, where the first stood", set_replaces_all },
	};

	CHECK_SUITE("header_edit", tests);
}
