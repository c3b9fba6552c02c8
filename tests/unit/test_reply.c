/* SPDX-License-Identifier: MIT */
#include "core/text/reply.h"
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct {
	const char *in;
	int code; /* 0: broken */
	const char *status, *text;
} replies[] = {
	{ "220\r\n", 220, "", "" },
	{ "220 \r\n", 220, "", "" },
	{ "250 OK\r\n", 250, "", "OK" },
	{ "250 OK\n", 250, "", "OK" },
	{ "250-first\r\n250-\r\n250 last\r\n", 250, "", "first\n\nlast" },
	{ "550 5.1.1 No such user\r\n", 550, "5.1.1", "No such user" },
	{ "550 5.1.1\r\n", 550, "5.1.1", "" },
	{ "550-5.1.1 No such\r\n550 5.1.1 user\r\n", 550, "5.1.1", "No such\nuser" },
	{ "550-5.1.1 No such\r\n550 5.1.2 user\r\n", 550, "5.1.1", "No such\n5.1.2 user" },
	{ "550-No status\r\n550 5.1.2 user\r\n", 550, "", "No status\n5.1.2 user" },
	{ "450 5.1.1 wrong class\r\n", 450, "", "5.1.1 wrong class" },
	{ "550 5.01.1 zero\r\n", 550, "", "5.01.1 zero" },
	{ "550 5.1.1234 four\r\n", 550, "", "5.1.1234 four" },
	{ "354 3.0.0 go\r\n", 354, "", "3.0.0 go" },
	{ "571 refused\r\n", 571, "", "refused" },
	{ "250 nul \x01 and \xff, \xe2\x80\xae\r\n", 250, "",
	    "nul \\x01 and \\xff, \\xe2\\x80\\xae" },
	{ "250 bare \r here\r\n", 250, "", "bare \\x0d here" },
	{ "250 caf\xc3\xa9\ttab\r\n", 250, "", "caf\xc3\xa9\ttab" },
	{ "25 OK\r\n", 0, "", "" },
	{ "22X OK\r\n", 0, "", "" },
	{ "220OK\r\n", 0, "", "" },
	{ "220+OK\r\n", 0, "", "" },
	{ "2200 OK\r\n", 0, "", "" },
	{ "199 low\r\n", 0, "", "" },
	{ "699 high\r\n", 0, "", "" },
	{ " 250 OK\r\n", 0, "", "" },
	{ "\r\n", 0, "", "" },
	{ "250-a\r\n251 b\r\n", 0, "", "" },
	{ "250-a\r\nb\r\n", 0, "", "" },
	{ "HTTP/1.1 200 OK\r\n", 0, "", "" },
	{ "SSH-2.0-x\r\n", 0, "", "" },
};

static void
replies_in_pieces_of_any_size(void)
{
	for (size_t i = 0; i < COUNT(replies); i++) {
		size_t len = strlen(replies[i].in);

		for (size_t step = 1; step <= len; step++) {
			enum reply_result result = REPLY_MORE;
			size_t start = 0, used;
			struct reply r;

			reply_init(&r);
			for (size_t end = 0; end < len && result == REPLY_MORE; start += used) {
				end = end + step < len ? end + step : len;
				result = reply_read(
				    &r, (struct str){ replies[i].in + start, end - start }, &used);
			}
			CHECK_INT_AT(
			    result, replies[i].code ? REPLY_COMPLETE : REPLY_BROKEN, replies[i].in);
			if (result == REPLY_COMPLETE) {
				CHECK_INT_AT(start, len, replies[i].in);
				CHECK_INT_AT(r.code, replies[i].code, replies[i].in);
				CHECK_STR_AT(
				    str_of(r.status), str_of(replies[i].status), replies[i].in);
				CHECK_STR_AT(
				    buf_str(&r.text), str_of(replies[i].text), replies[i].in);
			}
			reply_free(&r);
		}
	}
}

static void
pipelined_replies_are_read_one_by_one(void)
{
	struct str in = STR("250 one\r\n250-two\r\n250 more\r\n354 3\r\n55");
	static const char *const texts[] = { "one", "two\nmore", "3" };
	struct reply r;
	size_t used;

	reply_init(&r);
	for (size_t i = 0; i < COUNT(texts); i++) {
		CHECK_INT(reply_read(&r, in, &used), REPLY_COMPLETE);
		CHECK_STR(buf_str(&r.text), str_of(texts[i]));
		in = str_from(in, used);
	}
	CHECK_INT(reply_read(&r, in, &used), REPLY_MORE);
	CHECK_INT(used, 0);
	CHECK_INT(r.code, 0);
	reply_free(&r);
}

/* A peer that never ends a line, a reply, or a text. */
static void
endless_replies_are_broken(void)
{
	static const struct {
		const char *line;
		size_t count;
		enum reply_result result;
	} rows[] = {
		{ "x", REPLY_LINE_MAX, REPLY_MORE },
		{ "x", REPLY_LINE_MAX + 1, REPLY_BROKEN },
		{ "250-x\r\n", REPLY_LINES_MAX, REPLY_MORE },
		{ "250-x\r\n", REPLY_LINES_MAX + 1, REPLY_BROKEN },
		{ "250-\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\r\n", 500,
		    REPLY_BROKEN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply r;
		struct buf in;
		size_t used;

		buf_init(&in, 1 << 20);
		for (size_t n = 0; n < rows[i].count; n++)
			buf_add_text(&in, rows[i].line);
		reply_init(&r);
		CHECK_INT(reply_read(&r, buf_str(&in), &used), rows[i].result);
		CHECK(r.text.len <= REPLY_TEXT_MAX && r.lines <= REPLY_LINES_MAX);
		reply_free(&r);
		buf_free(&in);
	}
}

static void
status_codes_that_fit(void)
{
	static const struct {
		int code;
		const char *status;
		bool fits;
	} rows[] = {
		{ 250, "2.0.0", true },
		{ 451, "4.7.1", true },
		{ 554, "5.999.999", true },
		{ 550, "4.7.1", false },
		{ 354, "3.0.0", false },
		{ 550, "", false },
		{ 550, "5", false },
		{ 550, "5.7", false },
		{ 550, "5.7.", false },
		{ 550, "5..1", false },
		{ 550, "5.7.1.1", false },
		{ 550, "5.7.01", false },
		{ 550, "5.7.1000", false },
		{ 550, "5.7.-1", false },
		{ 550, "5.7.1 ", false },
		{ 550, "55.7.1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_INT_AT(reply_status_fits(rows[i].code, str_of(rows[i].status)), rows[i].fits,
		    rows[i].status);
}

/* Dovecot breaks off where a control stands in the text; here it is escaped, and the code counts.
 * Its last row is about a limit that its test sets. */
static bool
is_control_or_limit(const char *reply)
{
	return strpbrk(reply, "\x03\x04\x08") != NULL || strstr(reply, " \r is wrong") != NULL ||
	       strstr(reply, "the very low limit") != NULL;
}

static void
replies_of_dovecot(void)
{
	static const char *const arrays[] = { "valid_reply_parse_tests",
		"invalid_reply_parse_tests" };
	const char *folder = check_vectors("smtp");
	char path[5000];
	json_t *root, *row;
	size_t i, used;

	if (folder == NULL)
		return;
	snprintf(path, sizeof path, "%s/dovecot-smtp-reply.dev.json", folder);
	root = json_load_file(path, 0, NULL);
	CHECK(root != NULL);
	for (size_t valid = 0; valid < 2; valid++) {
		json_array_foreach(json_object_get(root, arrays[!valid]), i, row)
		{
			const char *in =
			    json_string_value(json_object_get(row, valid ? "input" : "reply"));
			bool want = valid || is_control_or_limit(in);
			struct reply r;

			reply_init(&r);
			CHECK_INT_AT(reply_read(&r, str_of(in), &used),
			    want ? REPLY_COMPLETE : REPLY_BROKEN, in);
			if (valid)
				CHECK_INT_AT(r.code,
				    atoi(json_string_value(json_object_get(row, "status"))), in);
			reply_free(&r);
		}
	}
	json_decref(root);
}

void
suite_reply(void)
{
	static const struct test tests[] = {
		{ "replies in pieces of any size", replies_in_pieces_of_any_size },
		{ "pipelined replies are read one by one", pipelined_replies_are_read_one_by_one },
		{ "endless replies are broken", endless_replies_are_broken },
		{ "status codes that fit", status_codes_that_fit },
		{ "replies of Dovecot", replies_of_dovecot },
	};

	CHECK_SUITE("reply", tests);
}
