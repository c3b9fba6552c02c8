/* SPDX-License-Identifier: MIT */
#include "core/base/buf.h"
#include "modules/smtp/data.h"
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 * 1024 };

/* What a reader made of the bytes that were given. */
struct reading {
	struct buf text;
	size_t used;
	bool ended;
};

static void
add(void *arg, const char *p, size_t len)
{
	buf_add(arg, p, len);
}

/* Read `in` as pieces that end at the offsets a and b. */
static struct reading
read_split(struct str in, size_t a, size_t b)
{
	size_t ends[] = { a, b, in.len }, from = 0;
	struct data_reader reader = { DATA_AT_START };
	struct reading got = { .used = 0 };

	buf_init(&got.text, MOST);
	for (int i = 0; i < 3 && !got.ended; i++) {
		struct str piece = { in.p + from, ends[i] - from };
		size_t used = data_read(&reader, piece, add, &got.text);

		got.used += used;
		got.ended = reader.at == DATA_AT_END;
		CHECK(used == piece.len || got.ended);
		from = ends[i];
	}
	return got;
}

/* The RFC's words as the slowest possible program: the first CRLF.CRLF ends it, the first dot of a
 * line goes. */
static struct reading
read_slowly(struct str in)
{
	struct reading want = { .used = in.len };
	bool line_start = true;

	buf_init(&want.text, MOST);
	for (size_t i = 0; i < in.len; i++) {
		if (line_start && in.p[i] == '.') {
			if (in.len - i >= 3 && memcmp(in.p + i, ".\r\n", 3) == 0) {
				want.ended = true;
				want.used = i + 3;
				return want;
			}
			if (in.len - i < 3 && memcmp(in.p + i, ".\r\n", in.len - i) == 0)
				return want; /* the rest decides */
			line_start = false;
			continue;
		}
		line_start = i > 0 && in.p[i] == '\n' && in.p[i - 1] == '\r';
		buf_add_byte(&want.text, in.p[i]);
	}
	return want;
}

static void
check_all_splits(struct str in, const char *row)
{
	struct reading want = read_slowly(in);

	for (size_t a = 0; a <= in.len; a++)
		for (size_t b = a; b <= in.len; b += b - a < 4 ? 1 : 7) {
			struct reading got = read_split(in, a, b);

			CHECK_INT_AT(got.ended, want.ended, row);
			CHECK_INT_AT(got.used, want.used, row);
			CHECK_STR_AT(buf_str(&got.text), buf_str(&want.text), row);
			buf_free(&got.text);
		}
	buf_free(&want.text);
}

static void
lines_and_dots(void)
{
	/* clang-format off */
	static const struct { struct str in, text; size_t used; bool ended; } rows[] = {
		{ STR(".\r\n"),                        STR(""),                 3,  true },
		{ STR("a\r\n.\r\n"),                   STR("a\r\n"),            6,  true },
		{ STR("a\r\n.\r\nQUIT\r\n"),           STR("a\r\n"),            6,  true },
		{ STR("..a\r\n...\r\n.\r\n"),          STR(".a\r\n..\r\n"),     13, true },
		{ STR(".a\r\n.\r\n"),                  STR("a\r\n"),            7,  true },
		{ STR("a.\r\n.\r\n"),                  STR("a.\r\n"),           7,  true },
		{ STR("\r\n.\r\n"),                    STR("\r\n"),             5,  true },
		{ STR(".\n"),                          STR("\n"),               2,  false },
		{ STR(".\r."),                         STR("\r."),              3,  false },
		{ STR("a\n.\r\n"),                     STR("a\n.\r\n"),         5,  false },
		{ STR("a\r.\r\n"),                     STR("a\r.\r\n"),         5,  false },
		{ STR("a\r\n.\r\r\n"),                 STR("a\r\n\r\r\n"),      7,  false },
		{ STR("a\r\r\n.\r\n"),                 STR("a\r\r\n"),          7,  true },
		{ STR("a\r\n.\0\r\n"),                 STR("a\r\n\0\r\n"),      7,  false },
		{ STR("a\r\n\0.\r\n"),                 STR("a\r\n\0.\r\n"),     7,  false },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reading got = read_split(rows[i].in, rows[i].in.len, rows[i].in.len);

		CHECK_STR_AT(buf_str(&got.text), rows[i].text, rows[i].in.p);
		CHECK_INT_AT(got.used, rows[i].used, rows[i].in.p);
		CHECK_INT_AT(got.ended, rows[i].ended, rows[i].in.p);
		buf_free(&got.text);
		check_all_splits(rows[i].in, rows[i].in.p);
	}
}

static void
decode_hex(const char *hex, struct buf *out)
{
	for (; hex[0] != '\0'; hex += 2) {
		char byte[3] = { hex[0], hex[1], '\0' };

		buf_add_byte(out, (char)strtoul(byte, NULL, 16));
	}
}

/*
 * One sequence inside of a message, behind its start, and as the very first bytes of the data,
 * each with what an attacker would put behind it and the true end of data.
 */
static void
check_sequence(const char *hex, bool genuine)
{
	static const char *const before[] = { "Subject: x\r\n\r\ntext", "" };
	static const char behind[] = "MAIL FROM:<s@x>\r\nRCPT TO:<v@d>\r\nDATA\r\nfoo\r\n.\r\n";
	struct buf in;

	buf_init(&in, MOST);
	for (size_t i = 0; i < 2; i++) {
		struct reading got;

		buf_clear(&in);
		buf_add_text(&in, before[i]);
		decode_hex(hex, &in);
		buf_add_text(&in, behind);
		got = read_split(buf_str(&in), in.len, in.len);
		CHECK(got.ended);
		if (!genuine)
			CHECK_INT_AT(got.used, in.len, hex);
		else
			CHECK(got.used < in.len);
		buf_free(&got.text);
		check_all_splits(buf_str(&in), hex);
	}
	buf_free(&in);
}

static void
nothing_else_ends_data(void)
{
	const char *folder = check_vectors("smtp");
	char path[4200];
	json_t *all, *row;
	size_t i;

	if (folder == NULL)
		return;
	snprintf(path, sizeof path, "%s/smuggling-sequences.json", folder);
	all = json_load_file(path, 0, NULL);
	CHECK(json_array_size(all) >= 16);
	json_array_foreach(all, i, row)
	    check_sequence(json_string_value(json_object_get(row, "bytes_hex")),
		json_is_true(json_object_get(row, "genuine_end_of_data")));
	json_decref(all);
}

/* Every string of seven bytes out of CR, LF, dot and another one, at every split. */
static void
every_short_string(void)
{
	static const char letters[] = "\r\n.a";
	char in[8];

	for (unsigned n = 0; n < 1u << 14; n++) {
		struct str s = { in, 7 };
		struct reading want;

		for (unsigned i = 0; i < 7; i++)
			in[i] = letters[n >> (2 * i) & 3];
		want = read_slowly(s);
		for (size_t a = 0; a <= 7; a++) {
			struct reading got = read_split(s, a, 7);

			if (got.used != want.used || got.ended != want.ended ||
			    !str_eq(buf_str(&got.text), buf_str(&want.text)))
				CHECK_STR(buf_str(&got.text), buf_str(&want.text));
			buf_free(&got.text);
		}
		buf_free(&want.text);
	}
}

void
suite_smtp_data(void)
{
	static const struct test tests[] = {
		{ "the first dot of a line goes, a line with a dot alone ends it", lines_and_dots },
		{ "nothing but CRLF.CRLF ends data, wherever it is split", nothing_else_ends_data },
		{ "every string of seven bytes reads as the RFC says", every_short_string },
	};

	CHECK_SUITE("smtp_data", tests);
}
