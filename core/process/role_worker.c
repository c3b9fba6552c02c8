/* SPDX-License-Identifier: MIT */
/* role_worker -- the roles smtp and access: serve what comes in on the sockets that the master
 * hands over. */
#include "core/process/role.h"

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/delivery/queue.h"
#include "core/loop/loop.h"
#include "core/process/auth.h"
#include "core/process/counters.h"
#include "core/process/member.h"
#include "core/process/server.h"
#include "core/session/listener.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { SOCKETS_MAX = 1024 };

struct worker {
	struct server *server;
	struct auth *auth;
	int sockets[SOCKETS_MAX]; /* that it accepts from */
	size_t socket_count;
};

/* ---- what the master says */

static void
word_auth(struct member *m, struct str rest, const int *fds, size_t count)
{
	struct worker *w = m->owner;

	(void)rest;
	if (count == 1)
		auth_reconnect_take(w->auth, fcntl(fds[0], F_DUPFD_CLOEXEC, 0));
}

static void
word_listen(struct member *m, struct str rest, const int *fds, size_t count)
{
	struct worker *w = m->owner;
	struct err err;
	uint64_t listen;

	if (!str_number(rest, m->config->listen_count - 1, &listen) || w->server->stopping)
		return;
	for (size_t i = 0; i < count && w->socket_count < SOCKETS_MAX; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		w->sockets[w->socket_count++] = fd;
		if (server_listen(w->server, listen, fd, &err) < 0)
			log_error(
			    "cannot serve %s: %s", m->config->listens[listen].endpoint, err.text);
	}
}

static json_t *
status(const struct server *s)
{
	json_t *answer = json_object();

	json_object_set_new(
	    answer, "sessions", json_integer((json_int_t)listeners_session_count(s->listeners)));
	json_object_set_new(
	    answer, "longest_us", json_integer((json_int_t)loop_longest_us(s->loop)));
	if (s->queue == NULL)
		return answer;
	json_object_set_new(answer, "queue", json_integer((json_int_t)queue_count(s->queue)));
	json_object_set_new(answer, "active", json_integer((json_int_t)queue_active(s->queue)));
	return answer;
}

static json_t *
answer_to(const struct server *s, json_t *request)
{
	const char *cmd = json_string_value(json_object_get(request, "cmd"));

	if (cmd != NULL && strcmp(cmd, "status") == 0)
		return status(s);
	if (s->queue != NULL)
		return queue_control(s->queue, request);
	return json_pack("{s:s}", "error", "there is no queue here");
}

static void
word_ask(struct member *m, struct str rest, const int *fds, size_t count)
{
	struct worker *w = m->owner;
	json_t *request, *answer;
	struct str id;

	(void)fds;
	(void)count;
	if (!str_cut(&rest, ' ', &id))
		return;
	request = json_loadb(rest.p, rest.len, 0, NULL);
	answer = answer_to(w->server, request);
	member_answer(m, id, answer);
	json_decref(answer);
	json_decref(request);
}

static const struct member_word words[] = {
	{ "auth", word_auth },
	{ "listen", word_listen },
	{ "ask", word_ask },
	{ NULL, NULL },
};

/* ---- beginning and end */

static void
on_stopped(void *loop)
{
	loop_stop(loop);
}

/* Only a socket that is closed everywhere refuses. */
static void
close_sockets(void *arg)
{
	struct worker *w = arg;

	while (w->socket_count > 0)
		close(w->sockets[--w->socket_count]);
}

static void
stop(struct member *m)
{
	struct worker *w = m->owner;

	if (w->server == NULL) {
		loop_stop(m->loop);
	} else if (!w->server->stopping) {
		server_stop(w->server, on_stopped, m->loop);
		loop_defer(m->loop, close_sockets, w);
	}
}

static int
serve(struct member *m, struct worker *w, struct counters *counters)
{
	struct server_options options = {
		.class = strcmp(m->args->role, "access") == 0 ? SERVER_ACCESS : SERVER_SMTP,
		.loop = m->loop,
		.config = m->config,
		.counters = counters,
		.retry_scale = m->args->retry_scale,
	};
	struct err err;

	options.auth = w->auth = auth_connect_take(m->loop, -1);
	w->server = server_create(&options, &err);
	if (w->server == NULL) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	member_ready(m);
	loop_run(m->loop);
	server_destroy(w->server);
	return EX_OK;
}

int
role_worker(const struct role_args *args)
{
	struct worker w = { 0 };
	struct member *m = member_begin(args, words, stop, &w);
	struct counters *counters;
	int code = EX_OSERR;
	struct err err;

	if (m == NULL)
		return EX_OSERR;
	counters = counters_open(ROLE_FD_COUNTERS, args->column, &err);
	if (counters != NULL)
		code = serve(m, &w, counters);
	else
		log_error("%s", err.text);
	counters_close(counters);
	member_end(m);
	return code;
}
