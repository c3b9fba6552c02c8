/* SPDX-License-Identifier: MIT */
#include "core/loop/clock.h"
#include "core/loop/dns_inner.h"
#include "core/loop/loop.h"
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static char last[600]; /* the last answer as text */
static int answers;
static struct dns *asked;

/* "found 2 10:mx.here.test 20:mx2.here.test" */
static void
on_answer(const struct dns_answer *a, void *arg)
{
	char ip[IP_TEXT_MAX];
	size_t len;

	(void)arg;
	answers++;
	snprintf(last, sizeof last, "%s%s", dns_status_name(a->status), a->secure ? " secure" : "");
	for (size_t i = 0; i < a->count; i++) {
		const struct dns_record *r = &a->records[i];

		len = strlen(last);
		if (r->text.p != NULL)
			snprintf(last + len, sizeof last - len, " %u:%.*s", r->priority,
			    STR_FMT(r->text));
		else if (r->raw.len == 0 || r->raw.len == 4 || r->raw.len == 16)
			snprintf(last + len, sizeof last - len, " %s", ip_print(&r->ip, ip));
		else
			snprintf(last + len, sizeof last - len, " raw %zu", r->raw.len);
	}
}

static void
settle(void)
{
	int quiet = 0;

	for (int i = 0; i < 1000 && quiet < 2; i++)
		quiet = loop_turn(loop, false, 0) ? 0 : quiet + 1;
}

/* ---- the fixture ---- */

static const char fixture[] =
    "{ \"Here.test\": { \"MX\": [[10, \"mx.here.test\"], [20, \"MX2.here.test.\"]], \"A\": "
    "[\"192.0.2.1\", \"192.0.2.2\"],"
    "    \"AAAA\": [\"2001:db8::1\"], \"TXT\": [\"v=spf1 -all\"], \"secure\": true },"
    "  \"www.here.test\": { \"CNAME\": [\"here.test\"] }, \"lost.test\": { \"CNAME\": "
    "[\"nowhere.test\"] },"
    "  \"round.test\": { \"CNAME\": [\"round.test\"] }, \"_25._tcp.here.test\": { \"TLSA\": [\"3 1 "
    "1 abCD\"] },"
    "  \"_x._tcp.here.test\": { \"SRV\": [[1, 2, 3, \"srv.here.test\"]] }, \"null.test\": { "
    "\"MX\": [[0, \".\"]] },"
    "  \"192.0.2.1\": { \"PTR\": [\"mx.here.test\"] }, \"2001:db8::1\": { \"PTR\": "
    "[\"six.here.test\"] },"
    "  \"slow.test\": { \"fail\": \"timeout\" }, \"broken.test\": { \"fail\": \"servfail\" } }";

static void
a_fixture_answers(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		enum dns_type type;
		const char *want;
	} rows[] = {
		{ "here.test",           DNS_MX,    "found secure 10:mx.here.test 20:mx2.here.test" },
		{ "HERE.test.",          DNS_A,     "found secure 192.0.2.1 192.0.2.2" },
		{ "here.test",           DNS_AAAA,  "found secure 2001:db8::1" },
		{ "here.test",           DNS_TXT,   "found secure 0:v=spf1 -all" },
		{ "here.test",           DNS_SRV,   "no data secure" },
		{ "www.here.test",       DNS_A,     "found 192.0.2.1 192.0.2.2" },
		{ "www.here.test",       DNS_CNAME, "found 0:here.test" },
		{ "_x._tcp.here.test",   DNS_SRV,   "found 1:srv.here.test" },
		{ "_25._tcp.here.test",  DNS_TLSA,  "found raw 5" },
		{ "null.test",           DNS_MX,    "found 0:." },
		{ "lost.test",           DNS_A,     "no such name" },
		{ "round.test",          DNS_A,     "failed" },
		{ "broken.test",         DNS_A,     "failed" },
		{ "absent.test",         DNS_A,     "no such name" },
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, "found 0:mx.here.test" },
		{ "",                    DNS_A,     "no such name" },
		{ "a..b",                DNS_A,     "no such name" },
		{ ".here.test",          DNS_A,     "no such name" },
		{ "a b.test",            DNS_A,     "no such name" },
		{ "a\\046b.test",        DNS_A,     "no such name" },
		{ "a\x80.test",          DNS_A,     "no such name" },
	};
	/* clang-format on */
	struct err err = { 0 };
	struct dns *dns;

	loop = loop_create();
	clock_fake(loop, 0);
	dns = dns_create_fixture(loop, str_of(fixture), &err);
	CHECK_TEXT(err.text, "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		answers = 0;
		dns_ask(dns, str_of(rows[i].name), rows[i].type, on_answer, NULL);
		CHECK_INT(answers, 0);
		CHECK(loop_busy(loop));
		settle();
		CHECK_INT(answers, 1);
		CHECK_STR_AT(str_of(last), str_of(rows[i].want), rows[i].name);
		CHECK(!loop_busy(loop));
	}
	dns_destroy(dns);
	loop_destroy(loop);
}

static void
a_fixtures_timeout_takes_the_deadline(void)
{
	struct dns *dns;
	struct dns_query *q;

	loop = loop_create();
	clock_fake(loop, 0);
	dns = dns_create_fixture(loop, str_of(fixture), NULL);
	answers = 0;
	dns_ask(dns, STR("slow.test"), DNS_TXT, on_answer, NULL);
	settle();
	CHECK(!loop_busy(loop)); /* it waits for time alone */
	CHECK_INT(clock_next_timer(loop), DNS_DEADLINE_MS);
	clock_advance(loop, DNS_DEADLINE_MS - 1);
	settle();
	CHECK_INT(answers, 0);
	clock_advance(loop, 1);
	settle();
	CHECK_INT(answers, 1);
	CHECK_TEXT(last, "timed out");
	q = dns_ask(dns, STR("slow.test"), DNS_TXT, on_answer, NULL);
	dns_cancel(q);
	q = dns_ask(dns, STR("here.test"), DNS_TXT, on_answer, NULL);
	dns_cancel(q);
	dns_ask(dns, STR("here.test"), DNS_TXT, on_answer, NULL);
	dns_destroy(dns);
	clock_advance(loop, 100000);
	settle();
	CHECK_INT(answers, 1);
	CHECK(!loop_busy(loop));
	loop_destroy(loop);
}

static void
mistakes_in_a_fixture_are_named(void)
{
	/* clang-format off */
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "[1]",                              "fixture: takes {\"NAME\": {...}}" },
		{ "{",                                "fixture: line 1: " },
		{ "{\"a.test\": []}",                 "fixture: a.test: takes {\"TYPE\"" },
		{ "{\"a.test\": {\"Q\": []}}",        "fixture: a.test: there is no type \"Q\"" },
		{ "{\"a.test\": {\"A\": [\"x\"]}}",   "fixture: a.test: a record of type A is an IPv4 address" },
		{ "{\"a.test\": {\"A\": [\"::1\"]}}", "fixture: a.test: a record of type A is an IPv4 address" },
		{ "{\"a.test\": {\"A\": \"192.0.2.1\"}}", "fixture: a.test: A takes a list" },
		{ "{\"a.test\": {\"MX\": [[70000, \"x\"]]}}", "fixture: a.test: a record of type MX is [priority, name]" },
		{ "{\"a.test\": {\"TLSA\": [\"3 1 1 abc\"]}}", "fixture: a.test: a record of type TLSA" },
		{ "{\"a.test\": {\"fail\": \"x\"}}",  "fixture: a.test: \"fail\" takes" },
		{ "{\"a.test\": {}, \"A.test\": {}}", "fixture: A.test: stands twice" },
	};
	/* clang-format on */

	loop = loop_create();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = { 0 };

		CHECK(dns_create_fixture(loop, str_of(rows[i].json), &err) == NULL);
		CHECK_STR_AT(((struct str){ err.text, strlen(rows[i].want) }), str_of(rows[i].want),
		    err.text);
	}
	CHECK(dns_create(loop,
		  &(struct dns_config){ .fixture = "/nonexistent", .fixture_only = true },
		  NULL) == NULL);
	loop_destroy(loop);
}

static void
addresses_are_reversed(void)
{
	char to[80];
	struct ip ip;

	ip_parse(STR("192.0.2.10"), &ip);
	CHECK_TEXT(dns_reversed(&ip, NULL, to, sizeof to), "10.2.0.192.in-addr.arpa");
	CHECK_TEXT(dns_reversed(&ip, "bl.test", to, sizeof to), "10.2.0.192.bl.test");
	CHECK(dns_reversed(&ip, "bl.test", to, 10) == NULL);
	ip_parse(STR("2001:db8::1"), &ip);
	CHECK_TEXT(dns_reversed(&ip, NULL, to, sizeof to),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

/* ---- responses on the wire ---- */

struct packet {
	uint8_t bytes[65536];
	size_t len;
};

static void
add(struct packet *p, const char *bytes, size_t len)
{
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}
#define ADD(p, literal) add(p, "" literal, sizeof(literal) - 1)

/* The start of a response to a question for q.test, with this many answers; its name is at 12. */
static void
start_packet(struct packet *p, char code, unsigned type, unsigned count)
{
	p->len = 0;
	ADD(p, "\0\0\x81");
	add(p, &code, 1);
	ADD(p, "\0\1");
	add(p, (char[]){ (char)(count >> 8), (char)count }, 2);
	ADD(p, "\0\0\0\0\1q\4test\0");
	add(p, (char[]){ 0, (char)type, 0, 1 }, 4);
}

static const char *
read_packet(const struct packet *p, enum dns_type type)
{
	struct arena *arena = arena_create(NULL);
	struct dns_answer a;

	dns_wire_read((struct str){ (const char *)p->bytes, p->len }, type, arena, &a);
	on_answer(&a, NULL);
	arena_destroy(arena);
	return last;
}

static void
responses_are_read(void)
{
	static struct packet p;

	start_packet(&p, 0, DNS_A, 2);
	ADD(&p, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
	ADD(&p, "\1Q\4TEST\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2");
	CHECK_TEXT(read_packet(&p, DNS_A), "found 192.0.2.1 192.0.2.2");
	start_packet(&p, 0, DNS_MX, 1);
	ADD(&p, "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\7\0\x0a\2MX\xc0\x0c");
	CHECK_TEXT(read_packet(&p, DNS_MX), "found 10:mx.q.test");
	start_packet(&p, 0, DNS_TXT, 1);
	ADD(&p, "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\7\3v=s\2pf");
	CHECK_TEXT(read_packet(&p, DNS_TXT), "found 0:v=spf");
	start_packet(&p, 3, DNS_A, 0);
	CHECK_TEXT(read_packet(&p, DNS_A), "no such name");
	start_packet(&p, 0, DNS_A, 0);
	CHECK_TEXT(read_packet(&p, DNS_A), "no data");
	start_packet(&p, 2, DNS_A, 0);
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
}

/* THREATS N17. */
static void
names_with_other_bytes_are_not_repeated(void)
{
	static const char *const labels[] = { "\4a\nb(", "\4<a>b", "\3a.b", "\3a\0b", "\3a\177b",
		"\3a b", "\3\xc3\xa9x" };
	static struct packet p;

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		size_t len = (size_t)labels[i][0] + 1;

		start_packet(&p, 0, DNS_PTR, 1);
		ADD(&p, "\xc0\x0c\0\x0c\0\1\0\0\0\x3c\0");
		add(&p, (char[]){ (char)(len + 1) }, 1);
		add(&p, labels[i], len);
		ADD(&p, "\0");
		CHECK_TEXT(read_packet(&p, DNS_PTR), "found 0:unknown");
	}
}

/* THREATS N12: whatever breaks the format is a failure, and ends. */
static void
malformed_responses_fail(void)
{
	static struct packet p;
	struct dns_answer a;
	struct arena *arena = arena_create(NULL);

	start_packet(&p, 0, DNS_A, 1); /* a pointer at itself */
	ADD(&p, "\xc0\x18\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
	start_packet(&p, 0, DNS_A, 1); /* forward */
	ADD(&p, "\xc0\x40\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
	start_packet(&p, 0, DNS_A, 1); /* cut */
	ADD(&p, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2");
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
	start_packet(&p, 0, DNS_A, 1); /* an address of five bytes */
	ADD(&p, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\5\xc0\0\2\1\1");
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
	start_packet(&p, 0, DNS_TXT, 1); /* a string longer than its record */
	ADD(&p, "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\4\5abc");
	CHECK_TEXT(read_packet(&p, DNS_TXT), "failed");
	start_packet(&p, 0, DNS_A, 9); /* fewer records than announced */
	ADD(&p, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
	CHECK_TEXT(read_packet(&p, DNS_A), "failed");
	dns_wire_read(STR("\0\0"), DNS_A, arena, &a);
	CHECK_INT(a.status, DNS_FAILED);
	CHECK_INT(a.ttl, 0);
	arena_destroy(arena);
}

/* THREATS N12: many records, long chains, strange times. */
static void
large_responses_are_cut_to_size(void)
{
	static struct packet p;
	struct arena *arena = arena_create(NULL);
	struct dns_answer a;

	start_packet(&p, 0, DNS_A, 4000);
	for (int i = 0; i < 4000; i++)
		ADD(&p, "\xc0\x0c\0\1\0\1\x7f\0\0\0\0\4\xc0\0\2\1");
	dns_wire_read((struct str){ (const char *)p.bytes, p.len }, DNS_A, arena, &a);
	CHECK_INT(a.count, DNS_RECORDS_MAX);
	CHECK_INT(a.ttl, DNS_TTL_MAX);
	start_packet(&p, 0, DNS_A, 1);
	ADD(&p, "\xc0\x0c\0\1\0\1\x80\0\0\0\0\4\xc0\0\2\1");
	dns_wire_read((struct str){ (const char *)p.bytes, p.len }, DNS_A, arena, &a);
	CHECK_INT(a.ttl, 0);
	for (unsigned steps = 8; steps <= 9; steps++) {
		start_packet(&p, 0, DNS_A, steps + 1);
		ADD(&p, "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\3\1a\0");
		for (unsigned i = 1; i < steps; i++) {
			add(&p, (char[]){ 1, (char)('a' + i - 1), 0 }, 3);
			ADD(&p, "\0\5\0\1\0\0\0\x3c\0\3");
			add(&p, (char[]){ 1, (char)('a' + i), 0 }, 3);
		}
		add(&p, (char[]){ 1, (char)('a' + steps - 1), 0 }, 3);
		ADD(&p, "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
		CHECK_TEXT(read_packet(&p, DNS_A), steps == 8 ? "found 192.0.2.1" : "failed");
	}
	arena_destroy(arena);
}

static void
the_cache_forgets_in_time_and_in_number(void)
{
	struct dns_cache *c = dns_cache_create();
	struct dns_result *r = dns_result_create();
	char name[40];
	uint32_t ttl;

	r->answer.status = DNS_NO_NAME;
	r->answer.ttl = 60;
	dns_cache_put(c, STR("a.test"), DNS_A, 1000, r);
	CHECK(dns_cache_get(c, STR("a.test"), DNS_A, 31000, &ttl) == r);
	CHECK_INT(ttl, 30);
	CHECK(dns_cache_get(c, STR("a.test"), DNS_AAAA, 31000, &ttl) == NULL);
	CHECK(dns_cache_get(c, STR("a.test"), DNS_A, 61000, &ttl) == NULL);
	for (int i = 0; i <= DNS_CACHE_MAX; i++) {
		snprintf(name, sizeof name, "n%d.test", i);
		dns_cache_put(c, str_of(name), DNS_A, 1000, r);
		CHECK(dns_cache_get(c, STR("n0.test"), DNS_A, 1000, &ttl) == r); /* in use: stays */
	}
	CHECK(dns_cache_get(c, STR("n1.test"), DNS_A, 1000, &ttl) == NULL);
	r->answer.status = DNS_FAILED;
	dns_cache_put(c, STR("f.test"), DNS_A, 1000, r);
	CHECK(dns_cache_get(c, STR("f.test"), DNS_A, 1000, &ttl) == NULL);
	dns_cache_destroy(c);
	CHECK_INT(r->refs, 1);
	dns_result_drop(r);
}

/* ---- the network: a server of our own ---- */

static int server_fd;
static int questions;
static char server_text[32];
static const char *const servers[] = { server_text, NULL };

static void
start_server(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;

	server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(server_fd, (struct sockaddr *)&a, size), 0);
	getsockname(server_fd, (struct sockaddr *)&a, &size);
	snprintf(server_text, sizeof server_text, "127.0.0.1@%d", ntohs(a.sin_port));
	questions = 0;
}

/* Answer what was asked: by the first label. */
static void
serve(void)
{
	static struct packet q, p;
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	ssize_t len;

	while ((len = recvfrom(
		    server_fd, q.bytes, sizeof q.bytes, 0, (struct sockaddr *)&from, &size)) > 17) {
		size_t end = 12;

		questions++;
		while (q.bytes[end] != 0)
			end += (size_t)q.bytes[end] + 1;
		p = (struct packet){ .len = 0 };
		add(&p, (char *)q.bytes, 2);
		ADD(&p, "\x81\x80\0\1\0\1\0\0\0\0");
		add(&p, (char *)q.bytes + 12, end + 5 - 12);
		switch (q.bytes[13]) {
		case 'a': /* an address */
			ADD(&p, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7");
			break;
		case 'n': /* no such name, says the authority for a minute */
			p.bytes[3] = 3;
			p.bytes[7] = 0;
			p.bytes[9] = 1;
			ADD(&p, "\4test\0\0\6\0\1\0\0\0\x3c\0\x1a\1m\0\1h\0"
				"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x3c");
			break;
		case 'l': /* a name that points at itself */
			ADD(&p, "\xc0\x0c\0\x0c\0\1\0\0\0\x3c\0\2\xc0\xff");
			break;
		case 'f':
			p.bytes[3] = 2;
			p.bytes[7] = 0;
			break;
		default: /* silence */
			continue;
		}
		sendto(server_fd, p.bytes, p.len, 0, (struct sockaddr *)&from, size);
	}
}

static struct dns *
start_network(void)
{
	struct err err = { 0 };

	loop = loop_create();
	start_server();
	asked = dns_create(loop, &(struct dns_config){ .servers = servers }, &err);
	CHECK_TEXT(err.text, "");
	answers = 0;
	last[0] = '\0';
	return asked;
}

static void
end_network(void)
{
	dns_destroy(asked);
	close(server_fd);
	loop_destroy(loop);
}

static void
wait_for(int count)
{
	while (answers < count) {
		loop_turn(loop, true, 20);
		serve();
	}
}

static void
a_name_server_answers_once_and_then_the_cache(void)
{
	struct dns *dns = start_network();

	clock_fake(loop, 0);
	dns_ask(dns, STR("a.test"), DNS_A, on_answer, NULL);
	CHECK(loop_busy(loop));
	wait_for(1);
	CHECK_TEXT(last, "found 192.0.2.7");
	dns_ask(dns, STR("A.test."), DNS_A, on_answer, NULL);
	CHECK_INT(answers, 1);
	settle();
	CHECK_INT(answers, 2);
	CHECK_TEXT(last, "found 192.0.2.7");
	CHECK_INT(questions, 1);
	end_network();
}

static void
failures_of_a_name_server_are_told_apart(void)
{
	struct dns *dns = start_network();

	dns_ask(dns, STR("n.test"), DNS_A, on_answer, NULL);
	wait_for(1);
	CHECK_TEXT(last, "no such name");
	dns_ask(dns, STR("f.test"), DNS_A, on_answer, NULL);
	wait_for(2);
	CHECK_TEXT(last, "failed");
	dns_ask(dns, STR("l.test"), DNS_PTR, on_answer, NULL);
	wait_for(3);
	CHECK_TEXT(last, "failed");
	end_network();
}

/* THREATS Z4, X11: a thousand questions into a black hole end at their deadline, and hold nothing up. */
static void
a_black_hole_ends_at_the_deadline(void)
{
	struct dns *dns = start_network();
	char name[32];

	clock_fake(loop, 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "x%d.test", i);
		dns_ask(dns, str_of(name), DNS_TXT, on_answer, NULL);
	}
	for (int i = 0; i < 20; i++)
		loop_turn(loop, false, 0);
	(void)loop_longest_us(loop);
	dns_ask(dns, STR("a.test"), DNS_A, on_answer, NULL);
	wait_for(1);
	CHECK_TEXT(last, "found 192.0.2.7");
	clock_advance(loop, DNS_DEADLINE_MS);
	settle();
	CHECK_INT(answers, 1001);
	CHECK_TEXT(last, "timed out");
	CHECK(!loop_busy(loop));
	/* And the server is asked again when it is back. */
	dns_ask(dns, STR("a2.test"), DNS_A, on_answer, NULL);
	wait_for(1002);
	CHECK_TEXT(last, "found 192.0.2.7");
	end_network();
}

static void
a_cancelled_question_is_not_answered(void)
{
	struct dns *dns = start_network();
	struct dns_query *q = dns_ask(dns, STR("a3.test"), DNS_A, on_answer, NULL);

	dns_cancel(q);
	CHECK(!loop_busy(loop));
	dns_ask(dns, STR("a4.test"), DNS_A, on_answer, NULL);
	wait_for(1);
	for (int i = 0; i < 20; i++) {
		serve();
		loop_turn(loop, false, 0);
	}
	CHECK_INT(answers, 1);
	dns_ask(dns, STR("x.test"), DNS_A, on_answer, NULL);
	end_network();
	CHECK_INT(answers, 1);
}

static void
a_fixture_comes_before_the_network(void)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/dns.json", check_folder());
	f = fopen(path, "w");
	fputs("{\"a.test\": {\"A\": [\"192.0.2.99\"]}}", f);
	fclose(f);
	loop = loop_create();
	start_server();
	answers = 0;
	asked = dns_create(loop, &(struct dns_config){ .fixture = path, .servers = servers }, NULL);
	dns_ask(asked, STR("a.test"), DNS_A, on_answer, NULL);
	wait_for(1);
	CHECK_TEXT(last, "found 192.0.2.99");
	CHECK_INT(questions, 0);
	dns_ask(asked, STR("a5.test"), DNS_A, on_answer, NULL);
	wait_for(2);
	CHECK_TEXT(last, "found 192.0.2.7");
	end_network();
}

void
suite_dns(void)
{
	static const struct test tests[] = {
		{ "a fixture answers, from the loop", a_fixture_answers },
		{ "a fixture's timeout takes the deadline", a_fixtures_timeout_takes_the_deadline },
		{ "mistakes in a fixture are named", mistakes_in_a_fixture_are_named },
		{ "addresses are reversed", addresses_are_reversed },
		{ "responses are read", responses_are_read },
		{ "names with other bytes are not repeated (N17)",
		    names_with_other_bytes_are_not_repeated },
		{ "malformed responses fail (N12)", malformed_responses_fail },
		{ "large responses are cut to size (N12)", large_responses_are_cut_to_size },
		{ "the cache forgets in time and in number",
		    the_cache_forgets_in_time_and_in_number },
		{ "a name server answers once, and then the cache",
		    a_name_server_answers_once_and_then_the_cache },
		{ "failures of a name server are told apart",
		    failures_of_a_name_server_are_told_apart },
		{ "a black hole ends at the deadline (Z4, X11)",
		    a_black_hole_ends_at_the_deadline },
		{ "a cancelled question is not answered", a_cancelled_question_is_not_answered },
		{ "a fixture comes before the network", a_fixture_comes_before_the_network },
	};

	CHECK_SUITE("dns", tests);
}
