/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/random.h"
#include "core/text/header.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The whole message in pieces of `step` bytes. Returns how many were read. */
static size_t
read_in_pieces(struct header *h, struct str message, size_t step)
{
	size_t read = 0;

	header_init(h);
	while (read < message.len && !h->complete)
		read += header_add(
		    h, message.p + read, message.len - read < step ? message.len - read : step);
	header_end(h);
	return read;
}

/* "name=value;" for each field, folds as "|". */
static const char *
describe(struct header *h, char *to, size_t size)
{
	struct header_field f;
	size_t len = 0;

	to[0] = '\0';
	for (size_t i = 0; header_field(h, i, &f) && len < size; i++) {
		len += (size_t)snprintf(
		    to + len, size - len, "%.*s=%.*s;", STR_FMT(f.name), STR_FMT(f.value));
		for (char *p = to; *p != '\0'; p++)
			*p = *p == '\r' || *p == '\n' ? '|' : *p;
	}
	return to;
}

static const struct {
	struct str message;
	const char *fields;
	size_t body_start, text_len;
} messages[] = {
	{ STR("A: b\r\nC:d\r\n\r\nbody\r\n"), "A= b;C=d;", 13, 13 },
	{ STR("A: b\nC:d\n\nbody\n"), "A= b;C=d;", 10, 10 },
	{ STR("A: b\r\n c\r\n\td\r\nE:\r\n\r\n"), "A= b|| c||\td;E=;", 20, 20 },
	{ STR("A: b\r\n \r\nC: d\r\n\r\n"), "A= b|| ;C= d;", 17, 17 },
	{ STR("A : b\r\nC\t:d\r\n\r\nx"), "A= b;C=d;", 15, 15 },
	{ STR("\r\nA: b\r\n"), "", 2, 2 },
	{ STR(""), "", 0, 0 },
	{ STR("A: b"), "A= b;", 4, 4 },
	{ STR("A: b\r\nC: d"), "A= b;C= d;", 10, 10 },
	/* What is no field is body, with all that follows (row D10). */
	{ STR(" From: x\r\nA: b\r\n\r\n"), "", 0, 0 },
	{ STR("A: b\r\nno field here\r\nC: d\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nFrom\r\n : x\r\n\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nno"), "A= b;", 6, 6 },
	{ STR("A: b\r\n: x\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nC D: x\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nC\x01: x\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nC\xc3\xa9: x\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\nC\0: x\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\n\0\r\nC: d\r\n"), "A= b;", 6, 6 },
	{ STR("A: b\r\n\r"), "A= b;", 6, 6 },
	{ STR("From a@b Sat Nov 21 07:30:00\r\nA: b\r\n"), "", 0, 0 },
	/* CR alone ends nothing. */
	{ STR("A: b\rC: d\r\n\r\n"), "A= b|C: d;", 13, 13 },
	/* Bytes of a value stay as they are. */
	{ STR("A: \xff\x01\r\n\r\n"), "A= \xff\x01;", 9, 9 },
	/* Two From, and how each of them is written (row D8). */
	{ STR("From: a@b\r\nfrom : c@d\r\n\r\n"), "From= a@b;from= c@d;", 25, 25 },
};

static void
messages_in_pieces_of_any_size(void)
{
	static const size_t steps[] = { 1, 2, 3, 5, 7, 4096 };
	struct header h;
	char text[400];

	for (size_t i = 0; i < COUNT(messages); i++) {
		for (size_t s = 0; s < COUNT(steps); s++) {
			const char *row = messages[i].message.p;

			read_in_pieces(&h, messages[i].message, steps[s]);
			CHECK_STR_AT(str_of(describe(&h, text, sizeof text)),
			    str_of(messages[i].fields), row);
			CHECK_INT_AT(h.body_start, messages[i].body_start, row);
			CHECK_INT_AT(h.text.len, messages[i].text_len, row);
			CHECK(h.complete && !h.too_large);
			header_free(&h);
		}
	}
}

static void
bytes_of_the_body_are_left_alone(void)
{
	struct header h;

	CHECK_INT(read_in_pieces(&h, STR("A: b\r\n\r\nbody: x\r\n"), 4096), 8);
	CHECK_INT(header_count(&h), 1);
	CHECK_INT(header_add(&h, "C: d\r\n", 6), 0);
	header_free(&h);
}

static void
fields_by_name_and_number(void)
{
	struct header h;
	struct header_field f;

	read_in_pieces(&h, STR("Received: 1\r\nFROM: a\r\nreceived: 2\r\n\t3\r\n\r\n"), 10);
	CHECK_INT(header_count(&h), 3);
	CHECK_INT(header_count_of(&h, STR("Received")), 2);
	CHECK_INT(header_count_of(&h, STR("Receive")), 0);
	CHECK(header_find(&h, STR("RECEIVED"), 1, &f));
	CHECK_STR(f.raw, STR("received: 2\r\n\t3\r\n"));
	CHECK_STR(f.value, STR(" 2\r\n\t3"));
	CHECK(!header_find(&h, STR("Received"), 2, &f));
	CHECK(header_find(&h, STR("From"), 0, &f));
	CHECK(!header_find(&h, STR("From"), 1, &f));
	CHECK(!header_field(&h, 3, &f));
	header_free(&h);
}

/* `count` times the line, then the end of the header. */
static void
read_lines(struct header *h, const char *line, size_t count)
{
	header_init(h);
	for (size_t i = 0; i < count && !h->complete; i++)
		header_add(h, line, strlen(line));
	header_end(h);
}

static void
limits_end_the_header(void)
{
	struct header h;
	char name[HEADER_NAME_MAX + 4];

	read_lines(&h, "A: b\r\n", HEADER_FIELDS_MAX);
	CHECK(!h.too_large);
	header_free(&h);
	read_lines(&h, "A: b\r\n", HEADER_FIELDS_MAX + 1);
	CHECK(h.too_large && h.complete);
	CHECK_INT(header_add(&h, "x", 1), 0);
	header_free(&h);
	read_lines(&h, "A: b\r\n", 500000);
	CHECK(h.too_large);
	header_free(&h);
	read_lines(&h, "no end", 500000);
	CHECK(h.too_large && h.text.len <= HEADER_MAX);
	header_free(&h);
	memset(name, 'n', sizeof name);
	memcpy(name + HEADER_NAME_MAX, ":x\n", 4);
	read_lines(&h, name, 1);
	CHECK_INT(header_count(&h), 1);
	header_free(&h);
	CHECK(header_name_is_valid((struct str){ name, HEADER_NAME_MAX }));
	CHECK(!header_name_is_valid(STR("")) && !header_name_is_valid(STR("a b")) &&
	      !header_name_is_valid(STR("a:")));
}

/* Twice the input, twice the bytes touched: whatever the lines are, and in whatever pieces. */
static void
work_grows_with_the_input_and_not_faster(void)
{
	static const char *const lines[] = { "A: b\r\n", "A: b\r\n c\r\n", " ", "A",
		"A:", "A: \n \n", "::\n" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct header h;

		for (size_t count = 500; count <= 32000; count *= 2) {
			read_lines(&h, lines[i], count);
			CHECK(h.touched <= 2 * count * strlen(lines[i]));
			header_free(&h);
		}
		read_lines(&h, lines[i], 500000);
		CHECK(h.touched <= 2 * (HEADER_MAX + 10));
		header_free(&h);
	}
}

static void
unfolding_keeps_no_line_end(void)
{
	struct arena *a = arena_create(NULL);

	CHECK_STR(header_unfold(a, STR(" a\r\n b\r\n\tc ")), STR("a b\tc"));
	CHECK_STR(header_unfold(a, STR("\r\n \r\n")), STR(""));
	CHECK_STR(header_unfold(a, STR("a\rb\nc")), STR("abc"));
	CHECK_STR(header_unfold(a, STR("")), STR(""));
	arena_destroy(a);
}

static void
values_that_would_smuggle_are_refused(void)
{
	static const struct str good[] = { STR(""), STR("x"), STR("a\r\n b"), STR("\r\n b"),
		STR("a\r\n\tb\r\n c"), STR("\xff") };
	static const struct str bad[] = { STR("a\r\nB: c"), STR("a\nb"), STR("a\r\n"), STR("a\n b"),
		STR("a\rb"), STR("a\0b"), STR("a\r\n "), STR("a\r\n \r\n b"), STR("a\r\r\n b"),
		STR("\r\n"), STR("a\r") };
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(good); i++)
		CHECK_INT_AT(header_value_is_valid(good[i]), true, good[i].p);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_INT_AT(header_value_is_valid(bad[i]), false, bad[i].p);
		CHECK_INT_AT(header_print(&b, STR("A"), bad[i]), -1, bad[i].p);
	}
	CHECK_INT(header_print(&b, STR("A\r\nB"), STR("x")), -1);
	CHECK_INT(b.len, 0);
	buf_free(&b);
}

static void
long_values_fold_at_white_space(void)
{
	struct buf b;

	buf_init(&b, 1000);
	CHECK_INT(header_print(&b, STR("Subject"), STR(" short ")), 0);
	CHECK_STR(buf_str(&b), STR("Subject: short\r\n"));
	buf_clear(&b);
	header_print(&b, STR("X"),
	    STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  cc "
		"dd"));
	CHECK_STR(buf_str(&b), STR("X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
				   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n  cc dd\r\n"));
	buf_clear(&b);
	header_print(&b, STR("X"), STR("one\r\n two"));
	CHECK_STR(buf_str(&b), STR("X: one\r\n two\r\n"));
	buf_free(&b);
}

/* What we print is one field, whose value unfolds to what was given (row D14). */
static void
what_we_print_we_read_back(void)
{
	static const char bytes[] = "ab: \t,;\"=?\xc3\xa9";
	struct arena *a = arena_create(NULL);
	size_t wrong = 0;
	unsigned char dice[200];
	char value[sizeof dice];
	struct buf b;

	buf_init(&b, 1000);
	for (int i = 0; i < 5000; i++) {
		struct str in = { value, 0 };
		struct header_field f;
		struct header h;

		random_bytes(dice, sizeof dice);
		in.len = dice[0] % sizeof value;
		for (size_t j = 0; j < in.len; j++)
			value[j] = bytes[dice[j] % (sizeof bytes - 1)];
		buf_clear(&b);
		arena_reset(a);
		wrong += header_print(&b, STR("Name"), in) < 0;
		header_init(&h);
		header_add(&h, b.p, b.len);
		header_end(&h);
		wrong += h.body_start != b.len || header_count(&h) != 1 ||
			 !header_field(&h, 0, &f) ||
			 !str_eq(header_unfold(a, f.value), str_trim(in));
		header_free(&h);
	}
	CHECK_INT(wrong, 0);
	buf_free(&b);
	arena_destroy(a);
}

void
suite_header(void)
{
	static const struct test tests[] = {
		{ "messages in pieces of any size", messages_in_pieces_of_any_size },
		{ "bytes of the body are left alone", bytes_of_the_body_are_left_alone },
		{ "fields by name and number", fields_by_name_and_number },
		{ "limits end the header", limits_end_the_header },
		{ "work grows with the input and not faster",
		    work_grows_with_the_input_and_not_faster },
		{ "unfolding keeps no line end", unfolding_keeps_no_line_end },
		{ "values that would smuggle are refused", values_that_would_smuggle_are_refused },
		{ "long values fold at white space", long_values_fold_at_white_space },
		{ "what we print we read back", what_we_print_we_read_back },
	};

	CHECK_SUITE("header", tests);
}
