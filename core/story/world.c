/* SPDX-License-Identifier: MIT */
/* world -- the server that a story talks to: in this process with a fake clock, or another one over TCP. */
#include "core/story/world.h"
#include "core/base/arena.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/process/auth.h"
#include "core/process/server.h"
#include "core/story/world_files.h"
#include "core/story/world_process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_SECONDS = 15, /* over TCP, for one line */
	FAKE_LIMIT_MS =
	    2 * 3600 * 1000, /* how much time may pass while a story waits for one line */
	LOG_MAX = 4 * 1024 * 1024,
	PORT_TRIES = 5,
	TRIES = 250,
	TRY_MS = 20
};

struct world {
	struct arena *arena;
	struct world_files files;
	enum story_mode mode;
	struct buf log;
	char data[160];
	uint64_t waited_ms; /* of fake time, for the present line */
	/* in process */
	struct loop *loop;
	struct server *server;
	/* over TCP */
	struct world_process *process;
};

static void
keep_line(struct str line, void *arg)
{
	struct world *w = arg;

	buf_add_str(&w->log, line);
}

static int
mistakes_to_err(const struct config_mistakes *m, struct err *err)
{
	if (m->count == 0)
		return err_set(err, "the configuration was refused without a word");
	return err_set(err, "%s:%d: %s", m->items[0].file, m->items[0].line, m->items[0].text);
}

static int
start_here(struct world *w, const struct story *s, struct err *err)
{
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct server_options options = { .class = SERVER_ALL, .retry_scale = 1.0 };
	int64_t start =
	    s->clock_ns != 0 ? s->clock_ns : 1795246200000000000; /* 2026-11-21T07:30:00Z */

	log_capture(keep_line, w);
	w->loop = loop_create();
	clock_fake(w->loop, start);
	options.loop = w->loop;
	options.config = config_load(w->arena,
	    arena_printf(w->arena, "%s/postern.lua", w->files.folder), &mistakes, &warnings);
	if (options.config == NULL)
		return mistakes_to_err(&mistakes, err);
	options.auth = auth_local(w->loop, options.config);
	w->server = server_create(&options, err);
	if (w->server == NULL)
		return -1;
	world_settle(w);
	return 0;
}

static struct world *
open_once(const struct story *s, enum story_mode mode, struct err *err)
{
	struct arena *a = arena_create(NULL);
	struct world *w = arena_alloc(a, sizeof *w);
	int r;

	w->arena = a;
	w->mode = mode;
	buf_init(&w->log, LOG_MAX);
	r = world_files_make(&w->files, a, s, mode != STORY_IN_PROCESS, err);
	snprintf(w->data, sizeof w->data, "%s/data", w->files.folder);
	if (r == 0 && mode == STORY_IN_PROCESS)
		r = start_here(w, s, err);
	else if (r == 0)
		r = (w->process = world_process_start(a, w->files.folder, err)) != NULL ? 0 : -1;
	if (r == 0)
		return w;
	world_close(w);
	return NULL;
}

/* A port that was free may be taken a moment later: then there are others. */
struct world *
world_open(const struct story *s, enum story_mode mode, struct err *err)
{
	struct world *w = open_once(s, mode, err);

	for (int i = 0; w == NULL && i < PORT_TRIES && strstr(err->text, "in use") != NULL; i++)
		w = open_once(s, mode, err);
	return w;
}

static void
set_flag(void *arg)
{
	*(bool *)arg = true;
}

static void
stop_here(struct world *w)
{
	bool stopped = w->server == NULL;

	if (w->server != NULL)
		server_stop(w->server, set_flag, &stopped);
	for (unsigned i = 0; !stopped && i < 10000; i++)
		world_wait(w, -1);
	server_destroy(w->server);
	loop_destroy(w->loop);
	log_capture(NULL, NULL);
	log_set_clock(NULL, NULL);
}

void
world_close(struct world *w)
{
	if (w == NULL)
		return;
	if (w->loop != NULL)
		stop_here(w);
	world_process_stop(w->process);
	world_files_remove(&w->files);
	buf_free(&w->log);
	arena_destroy(w->arena);
}

static int
connect_here(struct world *w, int listen, const struct ip *client, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return err_errno(err, "cannot make a socket pair");
	server_serve_take(w->server, (size_t)listen, pair[0], client, 40000);
	return pair[1];
}

static int
connect_tcp(uint16_t port, const struct ip *client, struct err *err)
{
	struct sockaddr_storage from, to;
	unsigned from_len = ip_to_sockaddr(client, 0, &from), to_len;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct ip host;

	ip_parse(STR("127.0.0.1"), &host);
	to_len = ip_to_sockaddr(&host, port, &to);
	if (fd < 0)
		return err_errno(err, "cannot make a socket");
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&from, from_len) < 0 ||
	    connect(fd, (struct sockaddr *)&to, to_len) < 0) {
		err_errno(err, "cannot connect to port %u", port);
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int
world_connect(struct world *w, struct str endpoint, struct str client, struct err *err)
{
	int listen = world_files_listen(&w->files, endpoint);
	struct ip ip;

	w->waited_ms = 0;
	if (listen < 0)
		return err_set(err, "no endpoint \"%.*s\"", STR_FMT(endpoint));
	if (!ip_parse(client, &ip))
		return err_set(err, "\"%.*s\" is no address", STR_FMT(client));
	if (w->mode == STORY_IN_PROCESS)
		return connect_here(w, listen, &ip, err);
	return connect_tcp(w->files.listens[listen].port, &ip, err);
}

void
world_settle(struct world *w)
{
	if (w->loop == NULL)
		return;
	w->waited_ms = 0;
	while (loop_turn(w->loop, false, 0) || loop_busy(w->loop))
		if (loop_busy(w->loop))
			loop_turn(w->loop, true, 20);
}

/* One turn, or, where everything rests, the time of the next timer. */
static bool
wait_here(struct world *w)
{
	int64_t next;

	if (loop_turn(w->loop, false, 0))
		return true;
	if (loop_busy(w->loop)) {
		loop_turn(w->loop, true, 20);
		return true;
	}
	next = clock_next_timer(w->loop);
	if (next < 0 || w->waited_ms > FAKE_LIMIT_MS)
		return false;
	w->waited_ms += (uint64_t)next;
	clock_advance(w->loop, (uint64_t)next);
	return true;
}

bool
world_wait(struct world *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (w->mode == STORY_IN_PROCESS)
		return wait_here(w);
	return poll(&p, 1, ANSWER_SECONDS * 1000) > 0;
}

void
world_advance(struct world *w, uint64_t ms)
{
	int64_t next;

	world_settle(w);
	/* Timer by timer, so that what one starts is done before the next comes due. */
	while ((next = clock_next_timer(w->loop)) >= 0 && (uint64_t)next <= ms) {
		clock_advance(w->loop, (uint64_t)next);
		ms -= (uint64_t)next;
		world_settle(w);
	}
	clock_advance(w->loop, ms);
	world_settle(w);
}

bool
world_try_again(struct world *w, unsigned attempt)
{
	if (w->mode == STORY_IN_PROCESS || attempt >= TRIES)
		return false;
	poll(NULL, 0, TRY_MS);
	return true;
}

struct str
world_log(struct world *w)
{
	if (w->mode != STORY_IN_PROCESS) {
		buf_clear(&w->log);
		world_process_log(w->process, &w->log);
	}
	return buf_str(&w->log);
}

const char *
world_data(const struct world *w)
{
	return w->data;
}
