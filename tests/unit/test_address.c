/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/random.h"
#include "core/text/address.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 20000, ANY = ADDRESS_NULL | ADDRESS_POSTMASTER | ADDRESS_UTF8 };

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define A8 "aaaaaaaa"
#define A32 A8 A8 A8 A8
#define A63 A32 A8 A8 A8 "aaaaaaa"
#define A64 A32 A32
#define U2 "\xc3\xbc.\xc3\xbc."
#define U10 U2 U2 U2 U2 U2

static struct arena *scratch;

struct row {
	struct str in;
	unsigned allow;
	enum address_error want;
	struct str local, domain, text;
};

#define OK(in, allow, local, domain, text) \
	{ \
		STR(in), allow, ADDRESS_OK, STR(local), STR(domain), STR(text) \
	}
#define BAD(in, allow, error) \
	{ \
		STR(in), allow, error, { 0, 0 }, { 0, 0 }, \
		{ \
			0, 0 \
		} \
	}

static void
check_row(const struct row *r)
{
	struct address got = { .local = STR("untouched") };
	struct str rest = STR("untouched");
	enum address_error e = address_parse_path(scratch, r->in, r->allow, &got, &rest);

	CHECK_INT_AT(e, r->want, r->in.p);
	CHECK_STR_AT(rest, e == ADDRESS_OK ? STR(" X=1") : STR("untouched"), r->in.p);
	CHECK_STR_AT(got.local, e == ADDRESS_OK ? r->local : STR("untouched"), r->in.p);
	if (e != ADDRESS_OK || r->want != ADDRESS_OK)
		return;
	CHECK_STR_AT(got.domain, r->domain, r->in.p);
	CHECK_STR_AT(got.text, r->text, r->in.p);
}

/* Each row is a path with " X=1" behind it, which must be left over. */
static void
check_rows(const struct row *rows, size_t count)
{
	scratch = arena_create(NULL);
	for (size_t i = 0; i < count; i++) {
		struct row r = rows[i];
		char *in = arena_alloc(scratch, r.in.len + 5);

		memcpy(in, r.in.p, r.in.len);
		memcpy(in + r.in.len, " X=1", 5);
		r.in = (struct str){ in, r.in.len + 4 };
		check_row(&r);
	}
	arena_destroy(scratch);
}

static void
paths_and_their_canonical_form(void)
{
	static const struct row rows[] = {
		OK("<>", ADDRESS_NULL, "", "", ""),
		OK("<Alice@Example.TEST>", 0, "Alice", "example.test", "Alice@example.test"),
		OK("<a.b+c=d/e{f}@x>", 0, "a.b+c=d/e{f}", "x", "a.b+c=d/e{f}@x"),
		OK("<\"alice\"@x>", 0, "alice", "x", "alice@x"),
		OK("<\"al\\ice\"@x>", 0, "alice", "x", "alice@x"),
		OK("<\"a b\"@x>", 0, "a b", "x", "\"a b\"@x"),
		OK("<\"a@b\"@x>", 0, "a@b", "x", "\"a@b\"@x"),
		OK("<\"a\\\"\\\\b\"@x>", 0, "a\"\\b", "x", "\"a\\\"\\\\b\"@x"),
		OK("<\".a\"@x>", 0, ".a", "x", "\".a\"@x"),
		OK("<\">\"@x>", 0, ">", "x", "\">\"@x"),
		OK("<PostMaster>", ADDRESS_POSTMASTER, "postmaster", "", "postmaster"),
		OK("<alice>", ADDRESS_BARE, "alice", "", "alice"),
		OK("<a@[192.0.2.1]>", 0, "a", "[192.0.2.1]", "a@[192.0.2.1]"),
		OK("<a@[IPv6:2001:DB8:0:0::1]>", 0, "a", "[IPv6:2001:db8::1]",
		    "a@[IPv6:2001:db8::1]"),
		OK("<a@[ipv6:::ffff:192.0.2.1]>", 0, "a", "[192.0.2.1]", "a@[192.0.2.1]"),
		OK("<@a.test,@b.test:u@d>", 0, "u", "d", "u@d"),
		OK("<@a.test:u@d>", 0, "u", "d", "u@d"),
		BAD("<>", 0, ADDRESS_SYNTAX),
		BAD("<postmaster>", 0, ADDRESS_BAD_DOMAIN),
		BAD("<alice>", ADDRESS_POSTMASTER, ADDRESS_BAD_DOMAIN),
		BAD("<alice@>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<@x>", ANY, ADDRESS_SYNTAX),
		BAD("<a@x", ANY, ADDRESS_SYNTAX),
		BAD("a@x>", ANY, ADDRESS_SYNTAX),
		BAD("< a@x>", ANY, ADDRESS_SYNTAX),
		BAD("<a@x >", ANY, ADDRESS_SYNTAX),
		BAD("<a @x>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<@a.test u@d>", ANY, ADDRESS_SYNTAX),
		BAD("<@a.test,b.test:u@d>", ANY, ADDRESS_SYNTAX),
		BAD("<@a.test,:u@d>", ANY, ADDRESS_SYNTAX),
		BAD("<@:u@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<:u@d>", ANY, ADDRESS_SYNTAX),
		BAD("<@[192.0.2.1]:u@d>", ANY, ADDRESS_SYNTAX),
		BAD("<@a_b:u@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("", ANY, ADDRESS_SYNTAX),
		BAD("<", ANY, ADDRESS_SYNTAX),
	};

	check_rows(rows, COUNT(rows));
}

/* Rows D1, D2, D3 and D5 of the threats, and shell words besides: text is only ever text. */
static void
hostile_local_parts(void)
{
	static const struct row rows[] = {
		BAD("<;touch /tmp/x;>", ANY, ADDRESS_SYNTAX),
		BAD("<;@x>", ANY, ADDRESS_SYNTAX),
		OK("<\"$(id)\"@x>", 0, "$(id)", "x", "\"$(id)\"@x"),
		OK("<`id`@x>", 0, "`id`", "x", "`id`@x"),
		BAD("<${run{/bin/sh -c id}}@localhost>", ANY, ADDRESS_BAD_DOMAIN),
		OK("<root+${run{x}}@localhost>", 0, "root+${run{x}}", "localhost",
		    "root+${run{x}}@localhost"),
		OK("<%n%s@x>", 0, "%n%s", "x", "%n%s@x"),
		OK("<|/bin/sh@x>", 0, "|/bin/sh", "x", "|/bin/sh@x"),
		BAD("<\"\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<\"\\\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<\"a\\", ANY, ADDRESS_SYNTAX),
		BAD("<\"a@d>", ANY, ADDRESS_SYNTAX),
		BAD("<a\"b\"@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<\"a\"b@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<\"a\".\"b\"@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<\"a\r\nRCPT\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<\"a\\\n\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<\"a\0b\"@d>", ANY, ADDRESS_SYNTAX),
		BAD("<a\0b@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<a\x7f@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<.a@d>", ANY, ADDRESS_SYNTAX),
		BAD("<a.@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<a..b@d>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<(any@legit.com>", ANY, ADDRESS_SYNTAX),
		BAD("<any@legit.com(a.attack.com>", ANY, ADDRESS_SYNTAX),
		OK("<any%legit'@any.attack.com>", 0, "any%legit'", "any.attack.com",
		    "any%legit'@any.attack.com"),
		BAD("<any@legit'@any.attack.com>", ANY, ADDRESS_SYNTAX),
	};

	check_rows(rows, COUNT(rows));
}

/* Rows R1 and R2: two domains in one address never parse, but inside of quotes, where they are one
 * local part of ours. */
static void
relay_tricks_do_not_move_the_domain(void)
{
	static const struct row rows[] = {
		OK("<u%third@ourhost>", 0, "u%third", "ourhost", "u%third@ourhost"),
		OK("<third!u@ourhost>", 0, "third!u", "ourhost", "third!u@ourhost"),
		OK("<\"u@third\"@ourhost>", 0, "u@third", "ourhost", "\"u@third\"@ourhost"),
		OK("<\"u@third\"@[192.0.2.1]>", 0, "u@third", "[192.0.2.1]",
		    "\"u@third\"@[192.0.2.1]"),
		OK("<@ourhost:u@third>", 0, "u", "third", "u@third"),
		BAD("<u@third@ourhost>", ANY, ADDRESS_SYNTAX),
		BAD("<u@third@[192.0.2.1]>", ANY, ADDRESS_SYNTAX),
		BAD("<\"u@third\">", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<third!u>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<@[192.0.2.1]:u@third>", ANY, ADDRESS_SYNTAX),
		OK("<u@OURHOST.Test>", 0, "u", "ourhost.test", "u@ourhost.test"),
		BAD("<u@ourhost.>", ANY, ADDRESS_BAD_DOMAIN),
		OK("<u@b\xc3\xbc"
		   "cher.test>",
		    ANY, "u", "xn--bcher-kva.test", "u@xn--bcher-kva.test"),
		OK("<u@B\xc3\x9c"
		   "CHER.test>",
		    ANY, "u", "xn--bcher-kva.test", "u@xn--bcher-kva.test"),
		OK("<u@XN--bcher-KVA.test>", 0, "u", "xn--bcher-kva.test", "u@xn--bcher-kva.test"),
	};

	check_rows(rows, COUNT(rows));
}

static void
domains_and_literals_that_are_none(void)
{
	static const struct row rows[] = {
		BAD("<u@a..b>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@-a.com>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@a-.com>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@a_b.com>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@.com>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@com.>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@.>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@a$.tld>", ANY, ADDRESS_SYNTAX),
		BAD("<u@a\0b>", ANY, ADDRESS_SYNTAX),
		BAD("<u@[]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[999.1.1.1]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[1.2.3]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[1.2.3.04]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[ 1.2.3.4]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[1.2.3.4\0]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[::1]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[IPv6:1.2.3.4]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[IPv6:fe80::1%eth0]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[IPv6:]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[x-tag:y]>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@[1.2.3.4].com>", ANY, ADDRESS_SYNTAX),
		BAD("<u@a[1.2.3.4]>", ANY, ADDRESS_SYNTAX),
	};

	check_rows(rows, COUNT(rows));
}

static void
international_addresses(void)
{
	static const struct row rows[] = {
		OK("<\xc3\xa9va@x>", ADDRESS_UTF8, "\xc3\xa9va", "x", "\xc3\xa9va@x"),
		OK("<\"\xc3\xa9 va\"@x>", ADDRESS_UTF8, "\xc3\xa9 va", "x", "\"\xc3\xa9 va\"@x"),
		BAD("<\xc3\xa9va@x>", 0, ADDRESS_NEEDS_UTF8),
		BAD("<u@b\xc3\xbc"
		    "cher.test>",
		    0, ADDRESS_NEEDS_UTF8),
		BAD("<\xc3@x>", ANY, ADDRESS_BAD_UTF8),
		BAD("<\xc3@x>", 0, ADDRESS_BAD_UTF8),
		BAD("<\xc0\x80@x>", ANY, ADDRESS_BAD_UTF8),
		BAD("<u@\xc3>", ANY, ADDRESS_BAD_UTF8),
		BAD("<u\xe2\x80\xae@x>", ANY, ADDRESS_BAD_UTF8),
		BAD("<u@\xe2\x80\xae.test>", ANY, ADDRESS_BAD_UTF8),
		BAD("<u\xc2\x85@x>", ANY, ADDRESS_BAD_UTF8),
		BAD("<\"\\\xc3\xa9\"@x>", ANY, ADDRESS_SYNTAX), /* quoted-pairSMTP is ASCII */
		/* Mapping by UTS 46 makes a dot of U+3002; the result is judged as any name is. */
		OK("<u@a\xe3\x80\x82"
		   "b>",
		    ANY, "u", "a.b", "u@a.b"),
		BAD("<u@a\xe3\x80\x82>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@a\xe3\x80\x82.b>", ANY, ADDRESS_BAD_DOMAIN),
		BAD("<u@\xe2\x91\xb4.test>", ANY, ADDRESS_BAD_DOMAIN), /* maps to "(1)" */
		BAD("<u@\xef\xbc\xa0.test>", ANY, ADDRESS_BAD_DOMAIN), /* full-width '@' */
		/* '>' with a stroke stays in the name: dropping it would make another name. */
		OK("<u@here\xe2\x89\xaf.test>", ANY, "u", "xn--here-eq9a.test",
		    "u@xn--here-eq9a.test"),
		BAD("<u@\xf0\x9f\x93\xa7\xcc\x80.test>", ANY, ADDRESS_BAD_DOMAIN),
	};
	struct address got;

	check_rows(rows, COUNT(rows));
	scratch = arena_create(NULL);
	CHECK_INT(address_parse(scratch,
		      STR("u@b\xc3\xbc"
			  "cher.test"),
		      ANY, &got),
	    ADDRESS_OK);
	CHECK(got.is_utf8);
	CHECK_INT(address_parse(scratch, STR("u@xn--bcher-kva.test"), ANY, &got), ADDRESS_OK);
	CHECK(!got.is_utf8);
	arena_destroy(scratch);
}

/* "local@name.name..." with these lengths, in brackets when `path`. */
static enum address_error
parse_lengths(size_t local, size_t domain, bool path)
{
	struct arena *a = arena_create(NULL);
	struct address got;
	enum address_error e;
	struct str rest;
	struct buf b;

	buf_init(&b, 4096);
	buf_add_text(&b, path ? "<" : "");
	for (size_t i = 0; i < local; i++)
		buf_add_byte(&b, 'l');
	buf_add_byte(&b, '@');
	for (size_t i = 0; i < domain; i++)
		buf_add_byte(&b, i % 50 == 49 && i + 1 < domain ? '.' : 'd');
	buf_add_text(&b, path ? ">" : "");
	e = path ? address_parse_path(a, buf_str(&b), 0, &got, &rest)
		 : address_parse(a, buf_str(&b), 0, &got);
	buf_free(&b);
	arena_destroy(a);
	return e;
}

/* Row D4 */
static void
lengths_at_their_limits(void)
{
	struct arena *a = arena_create(NULL);
	struct address got;
	struct str text;

	CHECK_INT(parse_lengths(64, 10, true), ADDRESS_OK);
	CHECK_INT(parse_lengths(65, 10, true), ADDRESS_TOO_LONG);
	CHECK_INT(parse_lengths(1024, 10, true), ADDRESS_TOO_LONG);
	CHECK_INT(parse_lengths(64, 256 - 64 - 3, true), ADDRESS_OK);
	CHECK_INT(parse_lengths(64, 256 - 64 - 2, true), ADDRESS_TOO_LONG);
	CHECK_INT(parse_lengths(64, 256 - 64 - 3, false), ADDRESS_OK);
	CHECK_INT(parse_lengths(64, 256 - 64 - 2, false), ADDRESS_TOO_LONG);
	CHECK_INT(parse_lengths(1, 256, true), ADDRESS_TOO_LONG);
	CHECK_INT(address_parse(a, STR("u@" A63 ".x"), 0, &got), ADDRESS_OK);
	CHECK_INT(address_parse(a, STR("u@" A64 ".x"), 0, &got), ADDRESS_TOO_LONG);
	CHECK_INT(address_parse(a, STR("\"" A32 A8 A8 A8 "aaaaaa\"@x"), 0, &got), ADDRESS_OK);
	CHECK_INT(address_parse(a, STR("\"" A63 "\"@x"), 0, &got), ADDRESS_TOO_LONG);
	CHECK(address_is_helo(STR(A63 "." A63 "." A63 "." A63)));
	CHECK(!address_is_helo(STR(A63 "." A63 "." A63 "." A63 ".")));
	CHECK(!address_is_helo(STR(A63 "." A63 "." A63 "." A63 ".a")));
	CHECK(address_domain(a, STR(A63 "." A63 "." A63 "." A63), &text));
	/* Short as it is written, 40 labels "xn--tda" as it is kept. */
	CHECK_INT(address_parse(a, STR("u@" U10 U10 U10 U10 "x"), ANY, &got), ADDRESS_TOO_LONG);
	CHECK_INT(address_parse(a, STR("u@" U10 U10 U10 "x"), ANY, &got), ADDRESS_OK);
	arena_destroy(a);
}

/* Row D7: what IDNA may cost is bounded before it starts. */
static void
a_bomb_of_punycode_is_refused(void)
{
	struct arena *a = arena_create(NULL);
	struct str text;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_add_text(&b, "\xc3\xbc");
	for (int i = 0; i < 4000; i++)
		buf_add_text(&b, ".xn--" A32 A8 A8 A8);
	CHECK(!address_domain(a, buf_str(&b), &text));
	CHECK(arena_size(a) < 4096);
	buf_free(&b);
	arena_destroy(a);
}

/* Row P23 */
static void
arguments_of_ehlo(void)
{
	static const struct {
		struct str in;
		bool valid;
	} rows[] = {
		{ STR("client.example"), true },
		{ STR("localhost"), true },
		{ STR("WIN_7_HOST.lan"), true },
		{ STR("_a.b_"), true },
		{ STR("192.0.2.1"), true },
		{ STR("[192.0.2.1]"), true },
		{ STR("[IPv6:::1]"), true },
		{ STR("[::1]"), false },
		{ STR("[IPv6:::bad]"), true },
		{ STR("[IPv6:2001:db8:bad:x]"), false },
		{ STR("[192.0.2.1"), false },
		{ STR("[x-tag:y]"), false },
		{ STR(""), false },
		{ STR("."), false },
		{ STR("a..b"), false },
		{ STR("a."), false },
		{ STR("-a"), false },
		{ STR("a b"), false },
		{ STR("a\0"), false },
		{ STR("a\r"), false },
		{ STR("a\tb"), false },
		{ STR("<script>"), false },
		{ STR("%n"), false },
		{ STR("${run}"), false },
		{ STR("(comment)"), false },
		{ STR("b\xc3\xbc"
		      "cher"),
		    false },
		{ STR("\xff"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_INT_AT(address_is_helo(rows[i].in), rows[i].valid, rows[i].in.p);
}

static void
details_behind_a_separator(void)
{
	static const struct {
		const char *in, *user, *detail;
		bool has;
	} rows[] = {
		{ "alice+list", "alice", "list", true },
		{ "alice+a+b", "alice", "a+b", true },
		{ "alice+", "alice", "", true },
		{ "alice", "alice", "", false },
		{ "+list", "+list", "", false },
		{ "++", "++", "", false },
		{ "", "", "", false },
	};
	struct str user, detail;

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_INT_AT(address_split_detail(str_of(rows[i].in), '+', &user, &detail),
		    rows[i].has, rows[i].in);
		CHECK_STR_AT(user, str_of(rows[i].user), rows[i].in);
		CHECK_STR_AT(detail, str_of(rows[i].detail), rows[i].in);
	}
}

static void
what_cannot_be_written_is_not_printed(void)
{
	struct buf b;

	buf_init(&b, 10);
	buf_add_text(&b, "x");
	CHECK_INT(address_print(&b, STR("a\r\nb"), STR("d")), -1);
	CHECK_INT(address_print(&b, STR("a\0"), STR("d")), -1);
	CHECK_INT(address_print(&b, STR(""), STR("d")), -1);
	CHECK_INT(address_print(&b, STR(""), STR("")), 0);
	CHECK_STR(buf_str(&b), STR("x"));
	CHECK_INT(address_print(&b, STR("abcdefgh"), STR("de")), -1);
	CHECK_STR(buf_str(&b), STR("x"));
	buf_clear(&b);
	CHECK_INT(address_print(&b, STR("a b"), STR("de")), 0);
	CHECK_STR(buf_str(&b), STR("\"a b\"@de"));
	buf_free(&b);
}

/* Print random parts, read them back, print again (row D14). */
static void
what_we_print_we_read_back(void)
{
	static const char bytes[] = "ab.@\"\\ <>(),:;[]%!'\t\xc3\xa9";
	struct arena *a = arena_create(NULL);
	size_t wrong = 0, printed = 0;
	unsigned char dice[32];
	struct buf b;

	buf_init(&b, 200);
	for (size_t i = 0; i < ROUNDS; i++) {
		char local[31];
		struct str parts = { local, 0 };
		struct address got;

		random_bytes(dice, sizeof dice);
		parts.len = dice[0] % sizeof local;
		for (size_t j = 0; j < parts.len; j++)
			local[j] = bytes[dice[j + 1] % (sizeof bytes - 1)];
		buf_clear(&b);
		arena_reset(a);
		if (address_print(&b, parts, STR("d.test")) < 0)
			continue;
		printed++;
		if (address_parse(a, buf_str(&b), ANY, &got) == ADDRESS_OK)
			wrong += !str_eq(got.local, parts) || !str_eq(got.text, buf_str(&b));
		else
			wrong += memchr(local, 0xc3, parts.len) == NULL &&
				 memchr(local, 0xa9, parts.len) == NULL;
	}
	CHECK(printed > ROUNDS / 20);
	CHECK_INT(wrong, 0);
	buf_free(&b);
	arena_destroy(a);
}

void
suite_address(void)
{
	static const struct test tests[] = {
		{ "paths, and their canonical form", paths_and_their_canonical_form },
		{ "hostile local parts are text or refused", hostile_local_parts },
		{ "relay tricks do not move the domain", relay_tricks_do_not_move_the_domain },
		{ "domains and literals that are none", domains_and_literals_that_are_none },
		{ "international addresses", international_addresses },
		{ "lengths at their limits", lengths_at_their_limits },
		{ "a bomb of Punycode is refused", a_bomb_of_punycode_is_refused },
		{ "arguments of EHLO", arguments_of_ehlo },
		{ "details behind a separator", details_behind_a_separator },
		{ "what cannot be written is not printed", what_cannot_be_written_is_not_printed },
		{ "what we print we read back", what_we_print_we_read_back },
	};

	CHECK_SUITE("address", tests);
}
