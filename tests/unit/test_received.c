/* SPDX-License-Identifier: MIT */
#include "core/session/received.h"
#include "core/base/buf.h"
#include "tests/lib/check.h"

#include <string.h>

static struct buf b;

static const char *
print(struct received r)
{
	if (r.client.bytes[15] == 0)
		ip_parse(STR("192.0.2.9"), &r.client);
	if (r.via == NULL)
		r.via = "smtp";
	r.hostname = "mx.here.test";
	r.id = "ID1";
	buf_free(&b);
	buf_init(&b, 4096);
	CHECK_INT(received_print(&b, &r), 0);
	return buf_text(&b);
}

/* The lines but the date, which depends on the zone. */
#define CHECK_RECEIVED(want, ...) \
	do { \
		const char *got = print((struct received){ __VA_ARGS__ }); \
		CHECK_STR(((struct str){ got, strlen(want) }), str_of(want)); \
	} while (0)

static void
it_says_who_how_and_where(void)
{
	CHECK_RECEIVED("Received: from a.test ([192.0.2.9])\r\n\tby mx.here.test with ESMTP id "
		       "ID1\r\n\tfor <b@c.test>;\r\n\t",
	    .helo = STR("a.test"), .rcpt = STR("b@c.test"), .esmtp = true);
	CHECK_RECEIVED(
	    "Received: from [192.0.2.7] ([192.0.2.9])\r\n\tby mx.here.test with SMTP id ID1;\r\n\t",
	    .helo = STR("[192.0.2.7]"));
	buf_free(&b);
}

static void
with_names_the_protocol(void)
{
	static const struct {
		struct received r;
		const char *with;
	} rows[] = {
		{ { .via = "smtp" }, " with SMTP id" },
		{ { .via = "smtp", .esmtp = true, .secure = true }, " with ESMTPS id" },
		{ { .via = "submission", .esmtp = true, .authenticated = true },
		    " with ESMTPA id" },
		{ { .via = "submissions", .esmtp = true, .secure = true, .authenticated = true },
		    " with ESMTPSA id" },
		{ { .via = "smtp", .esmtp = true, .utf8 = true }, " with UTF8SMTP id" },
		{ { .via = "smtp",
		      .esmtp = true,
		      .utf8 = true,
		      .secure = true,
		      .authenticated = true },
		    " with UTF8SMTPSA id" },
		{ { .via = "lmtp" }, " with LMTP id" },
		{ { .via = "lmtp", .secure = true, .utf8 = true }, " with UTF8LMTPS id" },
		{ { .via = "sendmail" }, "Received: by mx.here.test with sendmail id" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct received r = rows[i].r;

		r.helo = STR("a.test");
		CHECK(strstr(print(r), rows[i].with) != NULL);
	}
	buf_free(&b);
}

/* THREATS.md, P23 and R15 */
static void
nothing_hostile_gets_out(void)
{
	static const char *const hostile[] = { "a\r\nBcc: x", "a) by evil (", "\\", "\x1b[2J", "",
		"a b", "\xff", "${x}%n<script>" };

	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		const char *got =
		    print((struct received){ .helo = str_of(hostile[i]), .esmtp = true });
		int depth = 0, lines = 0;

		for (const char *p = got; *p != '\0'; p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == '(')
				depth++;
			else if (*p == ')')
				depth--;
			else if (*p == '\n')
				lines += p[1] != '\t';
			CHECK((unsigned char)*p < 0x7f &&
			      (*p >= ' ' || strchr("\r\n\t", *p) != NULL));
			CHECK(depth == 0 || depth == 1);
		}
		CHECK_INT_AT(depth, 0, hostile[i]);
		CHECK_INT_AT(lines, 1, hostile[i]);
	}
	CHECK(strstr(print((struct received){
			 .helo = STR("laptop.lan"), .esmtp = true, .authenticated = true }),
		  "lan") == NULL);
	CHECK(strstr(buf_text(&b), "192.0.2.9") == NULL);
	buf_free(&b);
}

void
suite_received(void)
{
	static const struct test tests[] = {
		{ "it says who, how and where", it_says_who_how_and_where },
		{ "with names the protocol and what was in force", with_names_the_protocol },
		{ "nothing hostile gets out of it (P23, R15)", nothing_hostile_gets_out },
	};

	CHECK_SUITE("received", tests);
}
