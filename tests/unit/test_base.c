/* SPDX-License-Identifier: MIT */
/* The small ones of core/base: str, buf, ref, err, ip. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/ref.h"
#include "core/base/str.h"
#include "tests/lib/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* ---- str */

static void
pieces_of_a_str(void)
{
	struct str s = STR("a,b,,c"), piece;
	const struct str none = { NULL, 0 };

	CHECK(str_cut(&s, ',', &piece) && str_eq(piece, STR("a")) && str_eq(s, STR("b,,c")));
	CHECK(str_cut(&s, ',', &piece) && str_cut(&s, ',', &piece) && piece.len == 0);
	CHECK(!str_cut(&s, ',', &piece) && str_eq(piece, STR("c")) && s.len == 0);
	CHECK(!str_cut(&s, ',', &piece) && piece.len == 0);
	CHECK_STR(str_from(STR("abc"), 2), STR("c"));
	CHECK_STR(str_from(STR("abc"), 9), STR(""));
	CHECK(str_from(none, 5).p == NULL);
	CHECK_STR(str_trim(STR(" \t a b\t ")), STR("a b"));
	CHECK_STR(str_trim(STR(" \t")), STR(""));
	CHECK_STR(str_trim(none), STR(""));
	CHECK_INT(str_find(STR("abca"), 'a'), 0);
	CHECK_INT(str_find_last(STR("abca"), 'a'), 3);
	CHECK_INT(str_find(none, 'a'), -1);
	CHECK_INT(str_find_last(STR("abca"), 'x'), -1);
	CHECK_STR(str_of(NULL), STR(""));
}

static void
strs_compared(void)
{
	const struct str none = { NULL, 0 };

	CHECK(
	    str_eq(none, STR("")) && !str_eq(STR("a"), STR("A")) && !str_eq(STR("a"), STR("a\0")));
	CHECK(str_eq_nocase(STR("aZ09"), STR("Az09")) && !str_eq_nocase(STR("@"), STR("`")));
	CHECK(
	    !str_eq_nocase(STR("\xc3\xa9"), STR("\xc3\x89")) && !str_eq_nocase(STR("["), STR("{")));
	CHECK(str_starts(STR("abc"), STR("ab")) && str_starts(none, STR("")) &&
	      !str_starts(STR("a"), STR("ab")));
	CHECK(str_starts_nocase(STR("MAIL FROM:"), STR("mail")));
	CHECK(str_ends_nocase(STR("x.TEST"), STR(".test")) &&
	      !str_ends_nocase(STR("t"), STR(".test")));
	CHECK(str_compare(STR("a"), STR("b")) < 0 && str_compare(STR("a"), STR("ab")) < 0);
	CHECK(str_compare(STR("\xff"), STR("a")) > 0 && str_compare(none, STR("")) == 0 &&
	      str_compare(STR("ab"), STR("a")) > 0);
}

static void
numbers_without_surprises(void)
{
	static const struct {
		const char *in;
		uint64_t max;
		bool valid;
		uint64_t value;
	} rows[] = {
		{ "0", 0, true, 0 },
		{ "00012", 100, true, 12 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 7 },
		{ "99999999999999999999999999", UINT64_MAX, false, 7 },
		{ "101", 100, false, 7 },
		{ "", 100, false, 7 },
		{ "-1", 100, false, 7 },
		{ "+1", 100, false, 7 },
		{ " 1", 100, false, 7 },
		{ "1 ", 100, false, 7 },
		{ "0x1", 100, false, 7 },
		{ "1e1", 100, false, 7 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 7;

		CHECK_INT_AT(
		    str_number(str_of(rows[i].in), rows[i].max, &value), rows[i].valid, rows[i].in);
		CHECK_INT_AT(value, rows[i].value, rows[i].in);
	}
}

/* ---- buf */

static void
a_buffer_never_passes_its_maximum(void)
{
	struct buf b;

	buf_init(&b, 10);
	CHECK_TEXT(buf_text(&b), "");
	CHECK_INT(buf_add(&b, NULL, 0), 0);
	CHECK_INT(buf_add_text(&b, "12345678"), 0);
	CHECK_INT(buf_add_text(&b, "901"), -1);
	CHECK(b.over && b.len == 8);
	CHECK_INT(buf_add(&b, "x", SIZE_MAX), -1);
	CHECK_INT(buf_printf(&b, "%d", 901), -1);
	CHECK(buf_room(&b, 3) == NULL);
	CHECK_INT(buf_printf(&b, "%d", 90), 0);
	CHECK_INT(buf_add_byte(&b, 'x'), -1);
	CHECK_TEXT(buf_text(&b), "1234567890");
	buf_consume(&b, 3);
	CHECK_TEXT(buf_text(&b), "4567890");
	buf_truncate(&b, 1);
	CHECK_TEXT(buf_text(&b), "4");
	CHECK(b.over);
	buf_clear(&b);
	CHECK(!b.over && b.len == 0);
	buf_free(&b);
	CHECK_INT(buf_add_text(&b, "again"), 0);
	buf_consume(&b, 5);
	CHECK_INT(b.len, 0);
	buf_free(&b);
}

static void
room_is_filled_and_counted(void)
{
	struct buf b;
	char *to;

	buf_init(&b, 1000);
	for (int i = 0; i < 100; i++) {
		to = buf_room(&b, 10);
		memset(to, 'a' + i % 26, 10);
		buf_grow(&b, 10);
	}
	CHECK_INT(b.len, 1000);
	CHECK(buf_room(&b, 1) == NULL && buf_text(&b)[999] == 'a' + 99 % 26 &&
	      strlen(buf_text(&b)) == 1000);
	buf_free(&b);
}

/* ---- ref */

static void
a_handle_outlives_its_object_and_finds_nothing(void)
{
	struct ref_table *t = ref_table_create();
	struct ref refs[200], first, second;
	char objects[200];
	size_t wrong = 0;

	CHECK(ref_get(t, (struct ref){ 0, 0 }) == NULL && ref_get(t, (struct ref){ 5, 1 }) == NULL);
	first = ref_add(t, &objects[0]);
	CHECK(ref_get(t, first) == &objects[0]);
	ref_end(t, first);
	ref_end(t, first);
	CHECK(ref_get(t, first) == NULL && ref_count(t) == 0);
	second = ref_add(t, &objects[1]);
	CHECK(second.slot == first.slot && ref_get(t, first) == NULL &&
	      ref_get(t, second) == &objects[1]);
	ref_end(t, first);
	CHECK(ref_get(t, second) == &objects[1]);
	for (size_t i = 0; i < 200; i++)
		refs[i] = ref_add(t, &objects[i]);
	for (size_t i = 0; i < 200; i += 2)
		ref_end(t, refs[i]);
	for (size_t i = 0; i < 200; i++)
		wrong += ref_get(t, refs[i]) != (i % 2 ? &objects[i] : NULL);
	CHECK_INT(wrong, 0);
	CHECK_INT(ref_count(t), 101);
	CHECK(ref_get(t, (struct ref){ UINT32_MAX, 1 }) == NULL &&
	      ref_get(t, (struct ref){ refs[1].slot, 0 }) == NULL);
	ref_table_destroy(t);
	ref_table_destroy(NULL);
}

/* ---- err */

static void
a_long_name_does_not_hide_the_reason(void)
{
	char name[2 * ERR_MAX];
	struct err err = { 0 };

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	errno = ENOSPC;
	CHECK_INT(err_errno(&err, "cannot rename %s", "spool/7f3a"), -1);
	CHECK_TEXT(err.text, "cannot rename spool/7f3a: No space left on device");
	CHECK_INT(err.code, ENOSPC);
	CHECK_INT(errno, ENOSPC);
	err_errno(&err, "cannot rename %s", name);
	CHECK(str_ends_nocase(str_of(err.text), STR("nn: No space left on device")));
	CHECK_INT(strlen(err.text), ERR_MAX - 1);
	CHECK_INT(err_set(&err, "cannot parse %s", "x"), -1);
	CHECK_INT(err.code, 0);
	CHECK_INT(err_set(NULL, "x") + err_errno(NULL, "x"), -2);
}

/* ---- ip */

static void
addresses_as_text(void)
{
	static const struct {
		const char *in, *out; /* NULL: none */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:201", "192.0.2.1" },
		{ "2001:DB8:0::1", "2001:db8::1" },
		{ "::", "::" },
		{ "1111:2222:3333:4444:5555:6666:255.255.255.255",
		    "1111:2222:3333:4444:5555:6666:ffff:ffff" },
		{ "192.0.2", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.01", NULL },
		{ "0x7f.1", NULL },
		{ "3221225985", NULL },
		{ " 192.0.2.1", NULL },
		{ "192.0.2.1 ", NULL },
		{ "fe80::1%eth0", NULL },
		{ "1::2::3", NULL },
		{ "", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip ip = { { 1 } };
		char text[IP_TEXT_MAX];

		CHECK_INT_AT(ip_parse(str_of(rows[i].in), &ip), rows[i].out != NULL, rows[i].in);
		if (rows[i].out != NULL)
			CHECK_STR_AT(str_of(ip_print(&ip, text)), str_of(rows[i].out), rows[i].in);
		else
			CHECK_INT_AT(ip.bytes[0] + ip.bytes[11], 1, rows[i].in);
	}
	CHECK(!ip_parse(STR("192.0.2.1\0"), &(struct ip){ { 0 } }));
}

static void
networks_and_who_is_in_them(void)
{
	static const struct {
		const char *net, *ip;
		int in; /* -1: no network */
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.77/24", "192.0.2.1", 1 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1/32", "192.0.2.2", 0 },
		{ "0.0.0.0/0", "203.0.113.9", 1 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "::/0", "203.0.113.9", 1 },
		{ "2001:db8::/33", "2001:db8:7fff::1", 1 },
		{ "2001:db8::/33", "2001:db8:8000::1", 0 },
		{ "2001:db8::1/128", "2001:db8::1", 1 },
		{ "::ffff:192.0.2.0/120", "192.0.2.9", 1 },
		{ "192.0.2.0/33", "", -1 },
		{ "2001:db8::/129", "", -1 },
		{ "192.0.2.0/", "", -1 },
		{ "192.0.2.0/-1", "", -1 },
		{ "192.0.2.0/24/8", "", -1 },
		{ "/24", "", -1 },
		{ "", "", -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_net net = { .bits = 77 };
		struct ip ip;
		bool valid = ip_net_parse(str_of(rows[i].net), &net);

		CHECK_INT_AT(valid, rows[i].in >= 0, rows[i].net);
		if (valid && ip_parse(str_of(rows[i].ip), &ip))
			CHECK_INT_AT(ip_in(&ip, &net), rows[i].in, rows[i].net);
		if (!valid)
			CHECK_INT_AT(net.bits, 77, rows[i].net);
	}
}

static void
what_limits_count_by(void)
{
	struct ip a, b;
	char text[IP_TEXT_MAX];

	ip_parse(STR("2001:db8:1:2:3:4:5:6"), &a);
	a = ip_limit_key(&a);
	CHECK_TEXT(ip_print(&a, text), "2001:db8:1:2::");
	ip_parse(STR("192.0.2.1"), &a);
	b = ip_limit_key(&a);
	CHECK(ip_equal(&a, &b) && ip_is_v4(&a) && !ip_is_loopback(&a));
	ip_parse(STR("::ffff:127.9.9.9"), &a);
	CHECK(ip_is_loopback(&a));
	ip_parse(STR("::1"), &a);
	CHECK(ip_is_loopback(&a) && !ip_is_v4(&a));
	ip_parse(STR("::2"), &a);
	CHECK(!ip_is_loopback(&a));
}

static void
socket_addresses_and_back(void)
{
	static const char *const rows[] = { "192.0.2.1", "2001:db8::1", "::1" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sockaddr_storage sa;
		struct ip ip, back;
		uint16_t port = 0;
		unsigned len;

		ip_parse(str_of(rows[i]), &ip);
		len = ip_to_sockaddr(&ip, 2525, &sa);
		CHECK_INT(
		    len, ip_is_v4(&ip) ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		CHECK(ip_of_sockaddr((struct sockaddr *)&sa, &back, &port) && ip_equal(&ip, &back));
		CHECK_INT(port, 2525);
		sa.ss_family = AF_UNIX;
		CHECK(!ip_of_sockaddr((struct sockaddr *)&sa, &back, &port));
	}
}

void
suite_base(void)
{
	static const struct test tests[] = {
		{ "pieces of a str", pieces_of_a_str },
		{ "strs compared", strs_compared },
		{ "numbers without surprises", numbers_without_surprises },
		{ "a buffer never passes its maximum", a_buffer_never_passes_its_maximum },
		{ "room is filled and counted", room_is_filled_and_counted },
		{ "a handle outlives its object and finds nothing",
		    a_handle_outlives_its_object_and_finds_nothing },
		{ "a long name does not hide the reason", a_long_name_does_not_hide_the_reason },
		{ "addresses as text", addresses_as_text },
		{ "networks, and who is in them", networks_and_who_is_in_them },
		{ "what limits count by", what_limits_count_by },
		{ "socket addresses and back", socket_addresses_and_back },
	};

	CHECK_SUITE("base", tests);
}
