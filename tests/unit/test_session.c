/* SPDX-License-Identifier: MIT */
/* A toy protocol, served by the real listener over socket pairs: what every protocol can rely on.
 */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/module.h"
#include "core/policy/policy.h"
#include "core/process/counters.h"
#include "core/process/server.h"
#include "core/session/listener.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the toy saw: a letter for each event. */
static char seen[64];
static unsigned lines, ends;
static bool stubborn; /* does not end when it is told that the server stops */
static size_t bytes;
static struct session *current;

static struct loop *loop;
static struct arena *arena;
static struct server server;
static struct config config;

/* ---- the toy: "HOLD", "BYTES", "CLOSE", "FLOOD"; anything else comes back */

static void
toy_start(struct session *s)
{
	current = s;
	session_write(s, STR("hello\r\n"));
	session_deadline(s, 1000);
}

static void
toy_flood(struct session *s)
{
	static const char much[8192];

	while (!session_is_full(s))
		session_write(s, (struct str){ much, sizeof much });
	session_deadline(s, 1000);
}

static void
toy_line(struct session *s, struct str line)
{
	lines++;
	if (str_eq(line, STR("HOLD")))
		session_hold(s);
	else if (str_eq(line, STR("BYTES")))
		session_read_bytes(s);
	else if (str_eq(line, STR("FLOOD")))
		toy_flood(s);
	else if (str_eq(line, STR("CLOSE")))
		session_close(s);
	else
		session_printf(s, "%s<%.*s>%s\r\n", session_line_is_bare(s) ? "bare " : "",
		    STR_FMT(line), session_has_input(s) ? " and more" : "");
}

/* Bytes up to an exclamation mark. */
static size_t
toy_bytes(struct session *s, struct str in)
{
	ptrdiff_t end = str_find(in, '!');
	size_t used = end >= 0 ? (size_t)end + 1 : in.len;

	bytes += used;
	if (end >= 0)
		session_read_lines(s);
	return used;
}

static void
toy_event(struct session *s, enum session_event event)
{
	size_t len = strlen(seen);

	CHECK(len < sizeof seen - 1);
	seen[len] = "STLDXG"[event]; /* secured, timeout, too long, drained, stopping, gone */
	seen[len + 1] = '\0';
	if (event == SESSION_TIMEOUT || (event == SESSION_STOPPING && !stubborn))
		session_close(s);
}

static void
toy_end(struct session *s)
{
	(void)s;
	ends++;
}

static const struct endpoint endpoints[] = { { "toy", 1, false, false, NULL },
	{ NULL, 0, false, false, NULL } };

static const struct protocol toy = {
	.size = sizeof toy,
	.endpoints = endpoints,
	.alpn = "toy",
	.session_size = 1,
	.line_max = 64,
	.busy = "busy",
	.start = toy_start,
	.line = toy_line,
	.bytes = toy_bytes,
	.event = toy_event,
	.end = toy_end,
};

static const struct module module = { .protocol = &toy };

/* ---- the stage */

static void
ignore_log(struct str line, void *arg)
{
	(void)line, (void)arg;
}

static void
begin(void)
{
	static struct config_listen listen = { .endpoint = "toy", .protocol = "toy", .policy = "" };
	static struct config_use use = { .name = "toy", .module = &module };
	struct err err;

	seen[0] = '\0';
	lines = ends = 0;
	bytes = 0;
	log_capture(ignore_log, NULL);
	arena = arena_create(NULL);
	loop = loop_create();
	clock_fake(loop, 1700000000000000000);
	config =
	    (struct config){ .listens = &listen, .listen_count = 1, .uses = &use, .use_count = 1 };
	config.limits.stop_ms = 30000;
	config.limits.data_rate = 500;
	server = (struct server){
		.loop = loop, .arena = arena, .config = &config, .refs = ref_table_create()
	};
	server.counters = counters_open(-1, 0, &err);
	server.policies = policy_set_create(&server, &err);
	server.listeners = listeners_create(&server, &err);
	CHECK(server.listeners != NULL);
}

static void
settle(void)
{
	int quiet = 0;

	for (int i = 0; i < 1000 && quiet < 2; i++)
		quiet = loop_turn(loop, false, 0) ? 0 : quiet + 1;
}

static int
connect_from(const char *client)
{
	struct ip ip;
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	CHECK(ip_parse(str_of(client), &ip));
	listeners_serve_take(server.listeners, 0, fds[0], &ip, 1234);
	settle();
	return fds[1];
}

static void
say(int fd, const char *text)
{
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	settle();
}

/* Everything that came, whole. */
static void
hear(int fd, const char *want)
{
	char got[1024] = "";
	ssize_t len = read(fd, got, sizeof got - 1);

	CHECK(len >= 0 || want[0] == '\0');
	CHECK_TEXT(got, want);
}

static void
pass(uint64_t ms)
{
	clock_advance(loop, ms);
	settle();
}

static void
stopped(void *arg)
{
	*(bool *)arg = true;
}

static void
clean_up(void)
{
	listeners_destroy(server.listeners);
	policy_set_destroy(server.policies);
	ref_table_destroy(server.refs);
	loop_destroy(loop);
	counters_close(server.counters);
	arena_destroy(arena);
	log_capture(NULL, NULL);
}

/* End what is left; every session that began must have ended once. */
static void
end(unsigned sessions)
{
	bool done = false;

	listeners_stop(server.listeners, stopped, &done);
	settle();
	pass(40000);
	pass(1000);
	CHECK(done);
	CHECK_INT(listeners_session_count(server.listeners), 0);
	CHECK_INT(ends, sessions);
	CHECK_INT(ref_count(server.refs), 0);
	clean_up();
}

/* ---- lines and bytes */

static void
lines_come_one_by_one(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	say(fd, "a\r\nbc\r\nd");
	hear(fd, "<a> and more\r\n<bc> and more\r\n");
	say(fd, "e\nx\r");
	hear(fd, "bare <de> and more\r\n");
	say(fd, "\n");
	hear(fd, "<x>\r\n");
	close(fd);
	settle();
	CHECK_TEXT(seen, "G");
	end(1);
}

static void
long_lines_are_skipped(void)
{
	char line[200];
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	memset(line, 'x', sizeof line);
	line[62] = '\r', line[63] = '\n';
	CHECK_INT(write(fd, line, 64), 64);
	settle();
	CHECK_INT(lines, 1);
	CHECK_TEXT(seen, "");
	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\0';
	say(fd, line);
	CHECK_TEXT(seen, "L");
	say(fd, line);
	CHECK_TEXT(seen, "L");
	say(fd, "\r\nnext\r\n");
	CHECK_INT(lines, 2);
	close(fd);
	end(1);
}

static void
endless_lines_end(void)
{
	static char much[64 * 1024];
	char byte;
	int fd, i;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	memset(much, 'x', sizeof much);
	for (i = 0; i < 100 && write(fd, much, sizeof much) > 0; i++)
		settle();
	CHECK(i < 100 && i >= 16);
	CHECK_INT(read(fd, &byte, 1), 0);
	CHECK_TEXT(seen, "L");
	close(fd);
	end(1);
}

static void
bytes_and_lines_alternate(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	say(fd, "BYTES\r\nabc\r\n!x\r\n");
	CHECK_INT(bytes, 6);
	hear(fd, "<x>\r\n");
	close(fd);
	end(1);
}

/* ---- waiting */

static void
a_held_session_waits(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	say(fd, "HOLD\r\na\r\n");
	hear(fd, "");
	pass(5000); /* holding ended the deadline */
	CHECK_TEXT(seen, "");
	session_go(current);
	CHECK_INT(lines, 1);
	settle();
	hear(fd, "<a>\r\n");
	close(fd);
	end(1);
}

static void
leaving_while_held_is_noticed(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	say(fd, "HOLD\r\n");
	close(fd);
	settle();
	CHECK_TEXT(seen, "G");
	CHECK_INT(ends, 1);
	end(1);
}

/* A client may close its half and still hear the answers to what it had sent. */
static void
half_closed_clients_are_answered(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	say(fd, "HOLD\r\na\r\n");
	shutdown(fd, SHUT_WR);
	settle();
	CHECK_TEXT(seen, "");
	session_go(current);
	settle();
	hear(fd, "<a>\r\n");
	CHECK_TEXT(seen, "G");
	close(fd);
	end(1);
}

/* ---- deadlines */

static void
deadlines_pass(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	say(fd, "a"); /* half a line does not extend it */
	pass(999);
	CHECK_TEXT(seen, "");
	pass(1);
	CHECK_TEXT(seen, "T");
	CHECK_INT(lines, 0);
	close(fd);
	end(1);
}

/* 500 bytes a second: 15,000 in each half minute. */
static void
slow_bytes_time_out(void)
{
	static char half[15001];
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	say(fd, "BYTES\r\n");
	session_deadline(current, 1000000);
	memset(half, 'x', sizeof half - 1);
	say(fd, half);
	pass(30000);
	CHECK_TEXT(seen, "");
	half[14999] = '\0';
	say(fd, half);
	pass(29999);
	CHECK_TEXT(seen, "");
	pass(1);
	CHECK_TEXT(seen, "T");
	close(fd);
	end(1);
}

static void
time_held_is_not_the_clients(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	say(fd, "BYTES\r\n");
	session_hold(current);
	pass(600000);
	CHECK_TEXT(seen, "");
	session_go(current);
	settle();
	pass(30000);
	CHECK_TEXT(seen, "T");
	close(fd);
	end(1);
}

/* ---- output */

static void
clients_that_do_not_read_end(void)
{
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	for (int i = 0; i < 5; i++)
		say(fd, "FLOOD\r\n");
	CHECK(lines < 5);
	pass(1000);
	CHECK(strchr(seen, 'T') != NULL);
	CHECK_INT(listeners_session_count(server.listeners), 0);
	close(fd);
	end(1);
}

static void
closing_says_what_was_written(void)
{
	int fd;
	char byte;

	begin();
	fd = connect_from("192.0.2.1");
	say(fd, "last\r\nCLOSE\r\nnot read\r\n");
	hear(fd, "hello\r\n<last> and more\r\n");
	CHECK_INT(read(fd, &byte, 1), 0);
	CHECK_INT(lines, 2);
	CHECK_TEXT(seen, "");
	close(fd);
	end(1);
}

static void
tls_on_a_plain_port_is_cut(void)
{
	char byte;
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	say(fd, "\x16\x03\x01\x02");
	CHECK_INT(read(fd, &byte, 1), 0);
	CHECK_INT(lines, 0);
	close(fd);
	end(1);
}

/* ---- limits */

static void
one_address_has_its_limit(void)
{
	int one, two, three, other;

	begin();
	config.limits.connections_per_address = 2;
	one = connect_from("2001:db8::1");
	two = connect_from("2001:db8::2"); /* the same /64 */
	three = connect_from("2001:db8::3");
	other = connect_from("2001:db8:0:1::1");
	hear(one, "hello\r\n");
	hear(two, "hello\r\n");
	hear(three, "busy\r\n");
	hear(other, "hello\r\n");
	close(one);
	settle();
	close(three);
	three = connect_from("2001:db8::3");
	hear(three, "hello\r\n");
	close(two), close(three), close(other);
	end(4);
}

static void
all_together_have_theirs(void)
{
	int fds[10], near, over;

	begin();
	config.limits.connections = 10;
	for (int i = 0; i < 9; i++)
		fds[i] = connect_from("192.0.2.1");
	over = connect_from("192.0.2.2");
	near = connect_from("127.0.0.1");
	fds[9] = connect_from("127.0.0.1");
	hear(fds[8], "hello\r\n");
	hear(over, "busy\r\n");
	hear(near, "hello\r\n"); /* a tenth is kept for our own */
	hear(fds[9], "busy\r\n");
	for (int i = 0; i < 10; i++)
		close(fds[i]);
	close(over), close(near);
	end(10);
}

static void
idle_strangers_make_room(void)
{
	int one, two, three;
	char byte;

	begin();
	config.limits.connections = 2;
	one = connect_from("192.0.2.1");
	session_deadline(current, 100000);
	two = connect_from("192.0.2.2");
	session_deadline(current, 100000);
	hear(one, "hello\r\n");
	hear(two, "hello\r\n");
	pass(500);
	say(one, "b\r\n");
	three = connect_from("192.0.2.3");
	hear(three, "busy\r\n");
	close(three);
	pass(9500);
	three = connect_from("192.0.2.3");
	hear(three, "hello\r\n");
	CHECK_INT(read(two, &byte, 1), 0);
	close(one), close(two), close(three);
	end(3);
}

static void
new_connections_have_a_rate(void)
{
	int one, two;

	begin();
	config.limits.connection_rate = 1;
	one = connect_from("192.0.2.1");
	two = connect_from("192.0.2.1");
	hear(one, "hello\r\n");
	hear(two, "busy\r\n");
	close(one), close(two);
	end(1);
}

/* ---- stopping */

static void
stopping_is_told(void)
{
	int fd, late;
	bool done = false;

	begin();
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	listeners_stop(server.listeners, stopped, &done);
	settle();
	CHECK_TEXT(seen, "X");
	late = connect_from("192.0.2.1");
	hear(late, "busy\r\n");
	close(fd), close(late);
	settle();
	CHECK(done);
	CHECK_INT(ends, 1);
	clean_up();
}

static void
who_does_not_stop_is_told_again_and_ended(void)
{
	bool done = false;
	int fd;

	begin();
	stubborn = true;
	fd = connect_from("192.0.2.1");
	hear(fd, "hello\r\n");
	listeners_stop(server.listeners, stopped, &done);
	settle();
	CHECK_TEXT(seen, "X");
	session_deadline(current, 0);
	pass(config.limits.stop_ms);
	CHECK_TEXT(seen, "XX");
	CHECK_INT(ends, 0);
	pass(1000);
	CHECK_INT(ends, 1);
	CHECK(done);
	stubborn = false;
	close(fd);
	clean_up();
}

static void
handles_of_ended_sessions_find_nothing(void)
{
	struct ref ref;
	int fd;

	begin();
	fd = connect_from("192.0.2.1");
	ref = session_ref(current);
	CHECK(ref_get(server.refs, ref) == current);
	close(fd);
	settle();
	CHECK(ref_get(server.refs, ref) == NULL);
	end(1);
}

static void
plain_responses_have_three_parts(void)
{
	/* clang-format off */
	static const struct { struct str in; bool good, other; const char *user, *password; } rows[] = {
		{ STR("\0bob\0pw"),       true,  false, "bob", "pw" },
		{ STR("bob\0bob\0pw"),    true,  false, "bob", "pw" },
		{ STR("eve\0bob\0pw"),    true,  true,  "bob", "pw" },
		{ STR(""),                false, false, NULL,  NULL },
		{ STR("bob"),             false, false, NULL,  NULL },
		{ STR("bob\0pw"),         false, false, NULL,  NULL },
		{ STR("\0bob\0pw\0"),     false, false, NULL,  NULL },
		{ STR("\0\0pw"),          false, false, NULL,  NULL },
		{ STR("\0bob\0"),         false, false, NULL,  NULL },
	};
	/* clang-format on */
	struct str user, password;
	bool other;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool good = session_parse_plain(rows[i].in, &user, &password, &other);

		CHECK_INT(good, rows[i].good);
		if (!good || !rows[i].good)
			continue;
		CHECK_INT(other, rows[i].other);
		CHECK_STR(user, str_of(rows[i].user));
		CHECK_STR(password, str_of(rows[i].password));
	}
}

void
suite_session(void)
{
	static const struct test tests[] = {
		{ "lines come one by one, with what ended them", lines_come_one_by_one },
		{ "a line that is too long is skipped", long_lines_are_skipped },
		{ "a line without end ends the session", endless_lines_end },
		{ "bytes and lines alternate", bytes_and_lines_alternate },
		{ "a held session waits, without a deadline", a_held_session_waits },
		{ "a client that leaves while it is held is noticed",
		    leaving_while_held_is_noticed },
		{ "a client that closed its half is answered", half_closed_clients_are_answered },
		{ "a deadline passes, half a line or not", deadlines_pass },
		{ "bytes that come too slowly time out", slow_bytes_time_out },
		{ "time while held is not the client's", time_held_is_not_the_clients },
		{ "a client that does not read is ended", clients_that_do_not_read_end },
		{ "closing says what was written", closing_says_what_was_written },
		{ "a TLS handshake on a plain port is cut", tls_on_a_plain_port_is_cut },
		{ "one address, or one /64, has its limit", one_address_has_its_limit },
		{ "all together have theirs, a tenth kept for our own", all_together_have_theirs },
		{ "idle strangers make room when all places are taken", idle_strangers_make_room },
		{ "new connections have a rate", new_connections_have_a_rate },
		{ "stopping is told, and nobody else comes in", stopping_is_told },
		{ "who does not stop is told again, and then ended",
		    who_does_not_stop_is_told_again_and_ended },
		{ "handles of ended sessions find nothing",
		    handles_of_ended_sessions_find_nothing },
		{ "a PLAIN response has three parts", plain_responses_have_three_parts },
	};

	CHECK_SUITE("session", tests);
}
