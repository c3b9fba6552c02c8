/* SPDX-License-Identifier: MIT */
/*
 * bench_loop -- what timers cost, and what idle connections hold: prints `name value unit`.
 *
 * The peers of the idle connections live in a child, so that only our end is measured.
 */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/loop/clock.h"
#include "core/loop/conn.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "core/loop/tls.h"
#include "core/loop/work.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMERS = 100000, JOBS = 100000, AT_ONCE = 100 }; /* AT_ONCE: handshakes under way */

static unsigned fired;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
tell(const char *name, double value, const char *unit)
{
	printf("%-36s %10.3f %s\n", name, value, unit);
	fflush(stdout);
}

/* What malloc has given out and not got back. */
static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static size_t
resident(void)
{
	char line[100] = "";
	unsigned long total, pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f != NULL) {
		if (fgets(line, sizeof line, f) == NULL ||
		    sscanf(line, "%lu %lu", &total, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- timers ---- */

static void
on_timer(void *arg)
{
	(void)arg;
	fired++;
}

static void
bench_timers(void)
{
	struct timer *timers = mem_alloc(TIMERS * sizeof *timers);
	struct loop *loop = loop_create();
	double began;

	clock_fake(loop, 0);
	srandom(1);
	for (size_t i = 0; i < TIMERS; i++)
		timer_init(&timers[i], loop, on_timer, NULL);
	began = seconds();
	for (size_t i = 0; i < TIMERS; i++)
		timer_set(&timers[i], 1 + (uint64_t)random() % 600000);
	tell("timer set, 100000 in all", (seconds() - began) * 1e9 / TIMERS, "ns");
	began = seconds();
	for (size_t i = 0; i < TIMERS; i++)
		timer_set(&timers[i], 300000);
	tell("timer set again", (seconds() - began) * 1e9 / TIMERS, "ns");
	began = seconds();
	for (size_t i = 0; i < TIMERS; i += 2)
		timer_stop(&timers[i]);
	tell("timer stopped", (seconds() - began) * 1e9 / (TIMERS / 2), "ns");
	began = seconds();
	for (int i = 0; i < 300; i++) {
		clock_advance(loop, 1000);
		loop_turn(loop, false, 0);
	}
	tell("timer fired", (seconds() - began) * 1e9 / fired, "ns");
	loop_destroy(loop);
	mem_free(timers);
}

/* ---- jobs ---- */

static unsigned jobs_done;

static void
run(void *arg)
{
	(void)arg;
}

static void
done(void *arg, enum work_result result)
{
	(void)arg;
	(void)result;
	jobs_done++;
}

static void
bench_work(void)
{
	struct loop *loop = loop_create();
	struct work_pool *p = work_pool_create(loop, "bench", 2, 1000, 60000);
	double began = seconds();
	unsigned started = 0;

	while (jobs_done < JOBS) {
		while (started < JOBS && work_start(p, NULL, run, done, NULL) == 0)
			started++;
		loop_turn(loop, true, 100);
	}
	tell("empty job there and back", (seconds() - began) * 1e6 / JOBS, "us");
	work_pool_destroy(p);
	loop_destroy(loop);
}

/* ---- idle connections ---- */

static unsigned greeted;

static void
on_event(struct conn *c, enum conn_event event, void *owner)
{
	(void)owner;
	if (event != CONN_DATA)
		return;
	greeted++;
	conn_consume(c, conn_input(c).len);
	conn_write(c, "250 ok\r\n", 8);
}

static unsigned peers_done;

static void
on_peer(struct conn *c, enum conn_event event, void *owner)
{
	(void)owner;
	if (event == CONN_SECURED)
		conn_write(c, "EHLO x\r\n", 8);
	if (event != CONN_DATA)
		return;
	conn_consume(c, conn_input(c).len);
	peers_done++;
}

/* The other ends: each says one line, hears one, and then is idle until our end is closed. */
static _Noreturn void
be_peers(const int *fds, size_t count, bool tls, int ready)
{
	struct loop *loop = loop_create();
	struct tls_context *client = tls_client(NULL);
	struct pollfd end = { .fd = ready, .events = POLLIN };

	for (size_t i = 0; i < count; i++) {
		struct conn *c = conn_adopt_take(loop, fds[i], on_peer, NULL);

		if (tls)
			conn_start_tls_client(c, client, "mx.here.test", false);
		else
			conn_write(c, "EHLO x\r\n", 8);
	}
	while (peers_done < count)
		loop_turn(loop, true, 100);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	poll(&end, 1, -1);
	_exit(0);
}

static void
bench_idle(size_t count, bool tls)
{
	struct buf cert, key;
	struct loop *loop = loop_create();
	struct tls_context *server;
	struct conn **conns = mem_alloc(count * sizeof *conns);
	int *ours = mem_alloc(2 * count * sizeof *ours), *theirs = ours + count, ready[2];
	size_t before, used;
	double began;
	pid_t pid;
	char one;

	buf_init(&cert, 8192);
	buf_init(&key, 8192);
	tls_self_signed("mx.here.test", 1, &cert, &key, NULL);
	server = tls_server(buf_str(&cert), buf_str(&key), NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		int fds[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
			abort();
		ours[i] = fds[0];
		theirs[i] = fds[1];
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ready) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		for (size_t i = 0; i < count; i++)
			close(ours[i]);
		close(ready[0]);
		be_peers(theirs, count, tls, ready[1]);
	}
	close(ready[1]);
	for (size_t i = 0; i < count; i++)
		close(theirs[i]);
	before = resident();
	used = in_use();
	began = seconds();
	greeted = 0;
	for (size_t i = 0; i < count; i++) {
		conns[i] = conn_adopt_take(loop, ours[i], on_event, NULL);
		conn_deadline(conns[i], 300000);
		if (tls)
			conn_start_tls_server(conns[i], server);
		while (greeted + AT_ONCE < i || (i + 1 == count && greeted < count))
			loop_turn(loop, true, 100);
	}
	fcntl(ready[0], F_SETFL, O_NONBLOCK);
	while (read(ready[0], &one, 1) != 1)
		loop_turn(loop, true, 10);
	tell(tls ? "idle TLS connection, allocated" : "idle plain connection, allocated",
	    (double)(in_use() - used) / 1024 / (double)count, "KiB");
	tell(tls ? "idle TLS connection, resident" : "idle plain connection, resident",
	    (double)(resident() - before) / 1024 / (double)count, "KiB");
	tell(tls ? "  set up, with the peer's work" : "  set up and one exchange",
	    (seconds() - began) * 1e6 / (double)count, "us");
	for (size_t i = 0; i < count; i++)
		conn_close(conns[i], 0);
	close(ready[0]);
	waitpid(pid, NULL, 0);
	tls_free(server);
	loop_destroy(loop);
	buf_free(&cert);
	buf_free(&key);
	mem_free(ours);
	mem_free(conns);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (2 * count + 100 > files.rlim_cur)
		count = (files.rlim_cur - 100) / 2;
	printf("%zu connections\n", count);
	bench_timers();
	bench_work();
	bench_idle(count, false);
	bench_idle(count, true);
	return 0;
}
