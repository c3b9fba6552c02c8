/* SPDX-License-Identifier: MIT */
#include "core/loop/acceptor.h"
#include "core/loop/clock.h"
#include "core/loop/conn.h"
#include "core/loop/loop.h"
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* What an owner saw: a letter for each event, and the input. */
struct seen {
	char events[64];
	char input[256];
	size_t total;
	bool leave; /* input unconsumed */
	bool pause; /* at the first input */
	const char *answer;
	struct conn *conn;
};

static struct loop *loop;

static void
note(struct seen *s, char letter)
{
	size_t len = strlen(s->events);

	if (len < sizeof s->events - 1)
		s->events[len] = letter;
}

static void
on_event(struct conn *c, enum conn_event event, void *owner)
{
	struct seen *s = owner;
	struct str in = conn_input(c);
	size_t room = sizeof s->input - 1 - strlen(s->input);

	note(s, "CSDEOTX."[event]);
	if (event != CONN_DATA)
		return;
	if (s->pause)
		conn_pause(c);
	if (s->answer != NULL)
		conn_write(c, s->answer, strlen(s->answer));
	if (s->leave)
		return;
	strncat(s->input, in.p, in.len < room ? in.len : room);
	s->total += in.len;
	conn_consume(c, in.len);
}

/* A connection, and the other end of its socket pair. */
static int
begin(struct seen *s)
{
	int fds[2];

	loop = loop_create();
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	s->conn = conn_adopt_take(loop, fds[0], on_event, s);
	return fds[1];
}

static void
end(int fd)
{
	if (fd >= 0)
		close(fd);
	loop_destroy(loop);
}

/* Turns until nothing happens any more. */
static void
settle(void)
{
	int quiet = 0;

	for (int i = 0; i < 1000 && quiet < 2; i++)
		quiet = loop_turn(loop, false, 0) ? 0 : quiet + 1;
}

static void
say(int fd, const char *text)
{
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
}

static void
hear(int fd, const char *want)
{
	char got[256] = "";
	ssize_t len = read(fd, got, sizeof got - 1);

	CHECK(len >= 0 || want[0] == '\0');
	CHECK_TEXT(got, want);
}

static void
bytes_go_both_ways(void)
{
	struct seen s = { .answer = "250 ok\r\n" };
	int fd = begin(&s);

	say(fd, "NOOP\r\n");
	settle();
	CHECK_TEXT(s.input, "NOOP\r\n");
	CHECK_TEXT(s.events, "D");
	hear(fd, "250 ok\r\n");
	conn_close(s.conn, 0);
	conn_close(s.conn, 1000);
	CHECK_TEXT(s.events, "D");
	settle();
	CHECK_TEXT(s.events, "D.");
	end(fd);
}

static void
replies_of_one_turn_leave_together(void)
{
	struct seen s = { 0 };
	int fds[2];

	loop = loop_create();
	/* A packet socket keeps what was sent apart. */
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	s.conn = conn_adopt_take(loop, fds[0], on_event, &s);
	conn_write(s.conn, "250 a\r\n", 7);
	conn_write(s.conn, "250 b\r\n", 7);
	CHECK_INT(conn_unsent(s.conn), 14);
	settle();
	CHECK_INT(conn_unsent(s.conn), 0);
	hear(fds[1], "250 a\r\n250 b\r\n");
	end(fds[1]);
}

static void
input_that_is_left_stays_and_grows(void)
{
	struct seen s = { .leave = true };
	int fd = begin(&s);

	say(fd, "HEL");
	settle();
	CHECK_STR(conn_input(s.conn), STR("HEL"));
	say(fd, "O x\r\n");
	settle();
	CHECK_TEXT(s.events, "DD");
	CHECK_STR(conn_input(s.conn), STR("HELO x\r\n"));
	conn_consume(s.conn, 5);
	CHECK_STR(conn_input(s.conn), STR("x\r\n"));
	s.leave = false;
	conn_again(s.conn);
	CHECK_TEXT(s.events, "DD");
	settle();
	CHECK_TEXT(s.events, "DDD");
	CHECK_TEXT(s.input, "x\r\n");
	CHECK_STR(conn_input(s.conn), STR(""));
	end(fd);
}

static void
a_paused_connection_tells_nothing_but_the_peers_leaving(void)
{
	struct seen s = { .pause = true };
	int fd = begin(&s);

	say(fd, "a");
	settle();
	CHECK_TEXT(s.events, "D");
	say(fd, "b");
	settle();
	CHECK_TEXT(s.events, "D");
	s.pause = false;
	conn_resume(s.conn);
	settle();
	CHECK_TEXT(s.events, "DD");
	conn_pause(s.conn);
	close(fd);
	settle();
	CHECK_TEXT(s.events, "DDE");
	end(-1);
}

static void
the_end_waits_for_input_that_a_paused_owner_has_not_seen(void)
{
	struct seen s = { .pause = true };
	int fd = begin(&s);

	say(fd, "DATA");
	settle();
	say(fd, "QUIT");
	close(fd);
	settle();
	CHECK_TEXT(s.events, "D");
	s.pause = false;
	conn_resume(s.conn);
	settle();
	CHECK_TEXT(s.events, "DDE");
	CHECK_TEXT(s.input, "DATAQUIT");
	end(-1);
}

static void
reading_stops_at_the_high_water_mark(void)
{
	static char block[8192];
	struct seen s = { .leave = true };
	int fd = begin(&s);
	size_t sent = 0;
	ssize_t len;

	memset(block, 'x', sizeof block);
	for (int i = 0; i < 200; i++) {
		if ((len = write(fd, block, sizeof block)) > 0)
			sent += (size_t)len;
		loop_turn(loop, false, 0);
	}
	CHECK_INT(conn_input(s.conn).len, CONN_IN_MAX);
	CHECK(sent > CONN_IN_MAX && sent < 200 * sizeof block);
	s.leave = false;
	conn_again(s.conn);
	settle();
	CHECK_INT(s.total, sent);
	end(fd);
}

static void
a_slow_reader_is_told_full_and_drained(void)
{
	static char block[CONN_OUT_HIGH];
	static char got[8192];
	struct seen s = { 0 };
	int fd = begin(&s);
	size_t written = 0, read_back = 0;
	ssize_t len;

	memset(block, 'y', sizeof block);
	while (!conn_is_full(s.conn)) {
		conn_write(s.conn, block, sizeof block);
		written += sizeof block;
		settle();
	}
	CHECK_TEXT(s.events, "");
	for (int i = 0; i < 1000; i++) {
		while ((len = read(fd, got, sizeof got)) > 0)
			read_back += (size_t)len;
		loop_turn(loop, false, 0);
	}
	CHECK_INT(read_back, written);
	CHECK_TEXT(s.events, "O");
	end(fd);
}

static void
output_has_a_maximum(void)
{
	static char block[CONN_OUT_HIGH];
	struct seen s = { 0 };
	int fd = begin(&s);

	for (size_t i = 0; i <= CONN_OUT_MAX / sizeof block; i++)
		conn_write(s.conn, block, sizeof block);
	CHECK_TEXT(s.events, "");
	settle();
	CHECK_TEXT(s.events, "X");
	CHECK(strstr(conn_error(s.conn), "output") != NULL);
	conn_close(s.conn, 5000);
	settle();
	CHECK_TEXT(s.events, "X.");
	end(fd);
}

static void
closing_sends_what_was_written_and_waits_for_the_peer(void)
{
	struct seen s = { 0 };
	int fd = begin(&s);

	say(fd, "x");
	conn_write(s.conn, "221 bye\r\n", 9);
	conn_close(s.conn, 5000);
	conn_write(s.conn, "never", 5);
	settle();
	CHECK_TEXT(s.events, "");
	hear(fd, "221 bye\r\n");
	hear(fd, "");
	close(fd);
	settle();
	CHECK_TEXT(s.events, ".");
	end(-1);
}

static void
closing_does_not_wait_longer_than_asked(void)
{
	struct seen s = { 0 };
	int fd = begin(&s);

	clock_fake(loop, 0);
	conn_write(s.conn, "221 bye\r\n", 9);
	conn_close(s.conn, 5000);
	settle();
	clock_advance(loop, 4999);
	settle();
	CHECK_TEXT(s.events, "");
	clock_advance(loop, 1);
	settle();
	CHECK_TEXT(s.events, ".");
	end(fd);
}

static void
the_deadline_is_told_once(void)
{
	struct seen s = { 0 };
	int fd = begin(&s);

	clock_fake(loop, 0);
	conn_deadline(s.conn, 300000);
	clock_advance(loop, 299999);
	settle();
	CHECK_TEXT(s.events, "");
	clock_advance(loop, 1000000);
	settle();
	CHECK_TEXT(s.events, "T");
	end(fd);
}

static void
a_reset_is_an_error_and_keeps_its_reason(void)
{
	struct linger reset = { 1, 0 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int listening = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	struct seen s = { 0 };
	struct ip ip;
	uint16_t port;

	loop = loop_create();
	CHECK_INT(bind(listening, (struct sockaddr *)&a, size), 0);
	CHECK_INT(listen(listening, 5), 0);
	getsockname(listening, (struct sockaddr *)&a, &size);
	CHECK_INT(connect(client, (struct sockaddr *)&a, size), 0);
	s.conn = conn_adopt_take(loop, accept4(listening, NULL, NULL, SOCK_NONBLOCK), on_event, &s);
	conn_peer(s.conn, &ip, &port);
	CHECK(ip_is_loopback(&ip) && port != 0);
	conn_local(s.conn, &ip, &port);
	CHECK_INT(port, ntohs(a.sin_port));
	conn_pause(s.conn);
	settle();
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(client);
	settle();
	CHECK_TEXT(s.events, "X");
	CHECK(strstr(conn_error(s.conn), "reset") != NULL);
	close(listening);
	end(-1);
}

/* ---- connect and accept ---- */

static struct seen accepted;

static void
on_accept(int fd, void *arg)
{
	(void)arg;
	accepted.conn = conn_adopt_take(loop, fd, on_event, &accepted);
}

static int
listen_here(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&a, size), 0);
	CHECK_INT(listen(fd, 100), 0);
	getsockname(fd, (struct sockaddr *)&a, &size);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
a_client_connects_and_is_accepted(void)
{
	struct seen s = { 0 };
	struct acceptor *a;
	uint16_t port;
	struct ip ip;
	int fd = listen_here(&port);

	loop = loop_create();
	accepted = (struct seen){ 0 };
	ip_parse(STR("127.0.0.1"), &ip);
	a = acceptor_open(loop, fd, on_accept, NULL);
	s.conn = conn_connect(loop, &ip, port, &ip, on_event, &s);
	conn_write(s.conn, "early", 5);
	CHECK_TEXT(s.events, "");
	settle();
	CHECK_TEXT(s.events, "C");
	CHECK_TEXT(accepted.input, "early");
	acceptor_close(a);
	close(fd);
	end(-1);
}

static void
a_refused_connect_is_an_error_from_the_loop(void)
{
	struct seen s = { 0 }, t = { 0 };
	uint16_t port;
	struct ip ip, far;

	close(listen_here(&port));
	loop = loop_create();
	ip_parse(STR("127.0.0.1"), &ip);
	ip_parse(STR("192.0.2.1"), &far);
	s.conn = conn_connect(loop, &ip, port, NULL, on_event, &s);
	t.conn = conn_connect(loop, &ip, port, &far, on_event, &t); /* not an address of ours */
	CHECK_TEXT(s.events, "");
	settle();
	CHECK_TEXT(s.events, "X");
	CHECK(strstr(conn_error(s.conn), "refused") != NULL);
	CHECK_TEXT(t.events, "X");
	conn_close(t.conn, 100);
	conn_close(s.conn, 100);
	CHECK_TEXT(t.events, "X");
	settle();
	CHECK_TEXT(s.events, "X.");
	CHECK_TEXT(t.events, "X.");
	end(-1);
}

static void
a_paused_acceptor_accepts_nothing(void)
{
	struct seen s = { 0 };
	struct acceptor *a;
	uint16_t port;
	struct ip ip;
	int fd = listen_here(&port);

	loop = loop_create();
	accepted = (struct seen){ 0 };
	ip_parse(STR("127.0.0.1"), &ip);
	a = acceptor_open(loop, fd, on_accept, NULL);
	acceptor_pause(a);
	s.conn = conn_connect(loop, &ip, port, NULL, on_event, &s);
	settle();
	CHECK(accepted.conn == NULL);
	acceptor_resume(a);
	settle();
	CHECK(accepted.conn != NULL);
	close(fd);
	end(-1); /* the acceptor ends with its loop */
}

/* THREATS X3: no spinning while there are no descriptors, and service afterwards. */
static void
an_acceptor_without_descriptors_waits(void)
{
	struct rlimit before, none;
	struct seen s = { 0 };
	uint16_t port;
	struct ip ip;
	int fd = listen_here(&port), turns = 0;

	loop = loop_create();
	clock_fake(loop, 0);
	accepted = (struct seen){ 0 };
	ip_parse(STR("127.0.0.1"), &ip);
	s.conn = conn_connect(loop, &ip, port, NULL, on_event, &s);
	settle();
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ 0, before.rlim_max };
	acceptor_open(loop, fd, on_accept, NULL);
	setrlimit(RLIMIT_NOFILE, &none);
	while (turns < 100 && clock_next_timer(loop) < 0) {
		loop_turn(loop, false, 0);
		turns++;
	}
	CHECK(turns < 10);
	CHECK(!loop_turn(loop, false, 0)); /* not ready again and again */
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(accepted.conn == NULL);
	clock_advance(loop, 1000);
	settle();
	CHECK(accepted.conn != NULL);
	close(fd);
	end(-1);
}

void
suite_conn(void)
{
	static const struct test tests[] = {
		{ "bytes go both ways", bytes_go_both_ways },
		{ "replies of one turn leave together", replies_of_one_turn_leave_together },
		{ "input that is left stays and grows", input_that_is_left_stays_and_grows },
		{ "a paused connection tells nothing but the peer's leaving",
		    a_paused_connection_tells_nothing_but_the_peers_leaving },
		{ "the end waits for input that a paused owner has not seen",
		    the_end_waits_for_input_that_a_paused_owner_has_not_seen },
		{ "reading stops at the high-water mark", reading_stops_at_the_high_water_mark },
		{ "a slow reader makes it full, then drained",
		    a_slow_reader_is_told_full_and_drained },
		{ "output has a maximum", output_has_a_maximum },
		{ "closing sends what was written and waits for the peer",
		    closing_sends_what_was_written_and_waits_for_the_peer },
		{ "closing does not wait longer than asked",
		    closing_does_not_wait_longer_than_asked },
		{ "the deadline is told once", the_deadline_is_told_once },
		{ "a reset is an error and keeps its reason",
		    a_reset_is_an_error_and_keeps_its_reason },
		{ "a client connects and is accepted", a_client_connects_and_is_accepted },
		{ "a refused connect is an error from the loop",
		    a_refused_connect_is_an_error_from_the_loop },
		{ "a paused acceptor accepts nothing", a_paused_acceptor_accepts_nothing },
		{ "an acceptor without descriptors waits and does not spin (X3)",
		    an_acceptor_without_descriptors_waits },
	};

	CHECK_SUITE("conn", tests);
}
