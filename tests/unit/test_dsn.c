/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/delivery/dsn.h"
#include "core/text/header.h"
#include "tests/lib/check.h"

#include <string.h>

static const struct dsn_rcpt failed[] = {
	{ .address = { "nobody@example.test", 19 },
	    .original = { "info@example.test", 17 },
	    .status = "5.1.1",
	    .reply = "No such mailbox" },
	{ .address = { "bob@remote.test", 15 },
	    .host = { "mx.remote.test", 14 },
	    .status = "4.7.1",
	    .reply = "450 4.7.1 try\r\nInjected: yes\r\n\r\nlater \xff\x1b[31m",
	    .why = "could not be delivered within 5d" },
};

static struct dsn
sample(void)
{
	return (struct dsn){
		.hostname = "mx.example.test",
		.id = "dsn1",
		.original_id = "orig1",
		.sender = STR("ann@sender.test"),
		.envid = STR("env 1"),
		.received = 1763712000,
		.now = 1763712600,
		.boundary = 0x1234,
		.rcpts = failed,
		.count = 2,
		.header = STR("Subject: hello\r\nFrom: ann@sender.test\r\n"),
	};
}

/* Bytes of `text` behind the first `mark`, up to `end`. */
static struct str
between(struct str text, const char *mark, const char *end)
{
	const char *from = memmem(text.p, text.len, mark, strlen(mark)), *to;

	if (from == NULL)
		return STR("");
	from += strlen(mark);
	to = memmem(from, text.len - (size_t)(from - text.p), end, strlen(end));
	return (struct str){ from, to == NULL ? 0 : (size_t)(to - from) };
}

static struct str
field(struct arena *a, struct str block, struct str name)
{
	struct str value = STR("(none)");
	struct header_field f;
	struct header h;

	header_init(&h);
	header_add(&h, block.p, block.len);
	header_end(&h);
	if (header_find(&h, name, 0, &f))
		value = str_copy(a, header_unfold(a, f.value));
	header_free(&h);
	return value;
}

/* RFC 3464, 2: what a program reads out of it is what we put in. */
static void
reads_back_as_a_report(void)
{
	struct arena *a = arena_create(NULL);
	struct dsn d = sample();
	struct buf text;
	struct str status, first, second;

	buf_init(&text, DSN_MAX);
	CHECK_INT(dsn_print(&d, &text), 0);
	CHECK_STR(field(a, buf_str(&text), STR("Auto-Submitted")), STR("auto-replied"));
	CHECK_STR(field(a, buf_str(&text), STR("To")), STR("<ann@sender.test>"));
	CHECK_STR(field(a, buf_str(&text), STR("Content-Type")),
	    STR("multipart/report; report-type=delivery-status; "
		"boundary=\"=_postern_0000000000001234\""));
	status = between(buf_str(&text),
	    "message/delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
	    "--=_postern_0000000000001234");
	CHECK_STR(field(a, status, STR("Reporting-MTA")), STR("dns; mx.example.test"));
	CHECK_STR(field(a, status, STR("Original-Envelope-Id")), STR("env 1"));
	first = between(status, "\r\n\r\n", "\r\n\r\n");
	CHECK_STR(field(a, first, STR("Final-Recipient")), STR("rfc822; nobody@example.test"));
	CHECK_STR(field(a, first, STR("Original-Recipient")), STR("rfc822; info@example.test"));
	CHECK_STR(field(a, first, STR("Action")), STR("failed"));
	CHECK_STR(field(a, first, STR("Status")), STR("5.1.1"));
	second = str_from(first, first.len + 4);
	second = (struct str){ first.p + first.len + 4,
		(size_t)(status.p + status.len - first.p) - first.len - 4 };
	CHECK_STR(field(a, second, STR("Status")), STR("5.4.7"));
	CHECK_STR(field(a, second, STR("Remote-MTA")), STR("dns; mx.remote.test"));
	CHECK_STR(field(a, second, STR("Injected")), STR("(none)"));
	CHECK_STR(between(buf_str(&text),
		      "text/rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		      "\r\n\r\n--=_postern"),
	    STR("Subject: hello\r\nFrom: ann@sender.test"));
	buf_free(&text);
	arena_destroy(a);
}

/* Remote replies are hostile: no line of theirs starts at the margin, no control survives. */
static void
strangers_words_stay_in_their_place(void)
{
	struct dsn d = sample();
	struct buf text;

	buf_init(&text, DSN_MAX);
	dsn_print(&d, &text);
	CHECK(memmem(text.p, text.len, "\nInjected", 9) == NULL);
	CHECK(memchr(text.p, '\x1b', text.len) == NULL);
	CHECK(memchr(text.p, '\xff', text.len) == NULL);
	for (size_t i = 0; i < text.len; i++)
		CHECK(text.p[i] != '\n' || (i > 0 && text.p[i - 1] == '\r'));
	buf_free(&text);
}

static void
says_what_to_do(void)
{
	CHECK(strstr(dsn_advice("5.1.1", false), "no such address") != NULL);
	CHECK(strstr(dsn_advice("5.2.2", false), "full") != NULL);
	CHECK(strstr(dsn_advice("4.4.1", true), "do not send the message again") != NULL);
	CHECK(dsn_advice("", false)[0] != '\0');
}

static void
too_much_is_an_error_not_a_part(void)
{
	struct dsn d = sample();
	struct buf text;

	buf_init(&text, 500);
	CHECK_INT(dsn_print(&d, &text), -1);
	buf_free(&text);
}

void
suite_dsn(void)
{
	static const struct test tests[] = {
		{ "reads back as a report", reads_back_as_a_report },
		{ "strangers' words stay in their place", strangers_words_stay_in_their_place },
		{ "says what to do", says_what_to_do },
		{ "too much is an error, not a part", too_much_is_an_error_not_a_part },
	};

	CHECK_SUITE("dsn", tests);
}
