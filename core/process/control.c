/* SPDX-License-Identifier: MIT */
/* control -- the socket data/control: connections, lines, and who may ask. */
#include "core/process/control.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/acceptor.h"
#include "core/loop/conn.h"
#include "core/process/control_ask.h"
#include "core/process/control_socket.h"
#include "core/process/master_inner.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINGER_MS = 1000 };

struct control {
	struct arena *arena;
	struct master *master;
	int fd;
	uid_t owner; /* of the data folder */
	struct acceptor *acceptor;
	struct control_asks *asks;
	struct link clients;
	unsigned count;
};

struct control_client {
	struct link link;
	struct arena *arena, *scratch; /* for its life, for one answer */
	struct control *control;
	struct conn *conn;
	bool waits;   /* for its answer: further lines stay where they are */
	bool at_end;  /* it asks nothing more, but still reads */
	char *answer; /* what is left to be written, from `sent` on */
	size_t sent, len;
};

/* ---- answers */

/* Write as much as the connection takes; the rest when it has drained. */
static void
write_on(struct control_client *c)
{
	while (c->answer != NULL && !conn_is_full(c->conn)) {
		size_t n = c->len - c->sent < CONN_OUT_HIGH ? c->len - c->sent : CONN_OUT_HIGH;

		conn_write(c->conn, c->answer + c->sent, n);
		c->sent += n;
		if (c->sent < c->len)
			continue;
		arena_reset(c->scratch);
		c->answer = NULL;
		c->waits = false;
		conn_deadline(c->conn, CONTROL_IDLE_MS);
		conn_again(c->conn);
	}
}

void
control_reply(struct control_client *c, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);

	c->answer =
	    arena_printf(c->arena, "%s\n", text != NULL ? text : "{\"error\":\"no memory\"}");
	c->len = strlen(c->answer);
	c->sent = 0;
	free(text);
	write_on(c);
}

static void
reply_error(struct control_client *c, const char *text)
{
	json_t *answer = json_pack("{s:s}", "error", text);

	control_reply(c, answer);
	json_decref(answer);
}

/* ---- requests */

static void
cmd_status(struct control_client *c, json_t *request)
{
	(void)request;
	control_ask_status(c->control->asks, c);
}

static void
cmd_queue(struct control_client *c, json_t *request)
{
	json_t *inner = json_object_get(request, "request");

	if (json_is_object(inner))
		control_ask_queue(c->control->asks, c, inner);
	else
		reply_error(c, "queue needs a request");
}

/* The connection stays until everything has ended: its end is the answer to "has it?". */
static void
cmd_stop(struct control_client *c, json_t *request)
{
	json_t *answer = json_pack("{s:b}", "ok", 1);

	(void)request;
	control_reply(c, answer);
	json_decref(answer);
	conn_deadline(c->conn, 0);
	c->waits = true;
	master_stop(c->control->master);
}

static void
cmd_reload(struct control_client *c, json_t *request)
{
	(void)request;
	reply_error(
	    c, "reload is not there yet: stop and run the server for a changed configuration");
}

static const struct {
	const char *name;
	void (*fn)(struct control_client *, json_t *request);
} commands[] = {
	{ "status", cmd_status },
	{ "stop", cmd_stop },
	{ "queue", cmd_queue },
	{ "reload", cmd_reload },
};

static void
on_line(struct control_client *c, struct str line)
{
	json_t *request = json_loadb(line.p, line.len, JSON_REJECT_DUPLICATES, NULL);
	const char *cmd = json_string_value(json_object_get(request, "cmd"));
	size_t i = 0, count = sizeof commands / sizeof commands[0];

	c->waits = true;
	while (cmd != NULL && i < count && strcmp(commands[i].name, cmd) != 0)
		i++;
	if (cmd == NULL)
		reply_error(c, "not a request: a JSON object with \"cmd\" is expected");
	else if (i == count)
		reply_error(c, "unknown command");
	else
		commands[i].fn(c, request);
	json_decref(request);
}

/* ---- connections */

static void
end(struct control_client *c)
{
	control_asks_forget(c->control->asks, c);
	list_remove(&c->link);
	c->control->count--;
	arena_destroy(c->arena);
}

static void
on_data(struct control_client *c)
{
	struct str input = conn_input(c->conn), line;

	if (c->waits)
		return;
	if (str_cut(&input, '\n', &line)) {
		on_line(c, line);
		conn_consume(c->conn, line.len + 1);
	} else if (line.len >= CONTROL_LINE_MAX - 1) {
		conn_close(c->conn, 0);
	} else if (c->at_end) {
		conn_close(c->conn, LINGER_MS);
	}
}

static void
on_event(struct conn *conn, enum conn_event event, void *owner)
{
	struct control_client *c = owner;

	switch (event) {
	case CONN_DATA:
		on_data(c);
		break;
	case CONN_DRAINED:
		write_on(c);
		break;
	case CONN_EOF:
		c->at_end = true;
		on_data(c);
		break;
	case CONN_TIMEOUT:
	case CONN_ERROR:
		conn_close(conn, 0);
		break;
	case CONN_CLOSED:
		end(c);
		break;
	default:
		break;
	}
}

static bool
may_ask(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.uid == control->owner)
		return true;
	log_warning("user %u may not use the control socket", (unsigned)peer.uid);
	return false;
}

static void
on_accept(int fd, void *arg)
{
	struct control *control = arg;
	struct arena *arena;
	struct control_client *c;

	if (control->count >= CONTROL_CLIENTS_MAX || !may_ask(control, fd)) {
		close(fd);
		return;
	}
	arena = arena_create(control->arena);
	c = arena_alloc(arena, sizeof *c);
	c->control = control;
	c->arena = arena;
	c->scratch = arena_create(arena);
	list_add_last(&control->clients, &c->link);
	control->count++;
	c->conn = conn_adopt_take(control->master->loop, fd, on_event, c);
	conn_deadline(c->conn, CONTROL_IDLE_MS);
}

struct control *
control_open(struct master *m, struct err *err)
{
	struct arena *arena = arena_create(m->arena);
	struct control *control = arena_alloc(arena, sizeof *control);
	struct stat st;

	control->arena = arena;
	control->master = m;
	control->fd = stat(m->config->data, &st) == 0
			  ? control_socket_listen(m->config->data, st.st_uid, st.st_gid, err)
			  : err_errno(err, "cannot find %s", m->config->data);
	if (control->fd < 0) {
		arena_destroy(arena);
		return NULL;
	}
	control->owner = st.st_uid;
	list_init(&control->clients);
	control->asks = control_asks_create(arena, m);
	control->acceptor = acceptor_open(m->loop, control->fd, on_accept, control);
	return control;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	acceptor_close(control->acceptor);
	close(control->fd);
	control_socket_remove(control->master->config->data);
	control_asks_destroy(control->asks);
	LIST_EACH (at, &control->clients)
		conn_close(list_member(at, struct control_client, link)->conn, 0);
	/* The loop lets go of the connections without a call. */
	list_init(&control->clients);
}

void
control_on_answer(
    struct control *control, struct proc *p, struct str message, const int *fds, size_t count)
{
	control_asks_answer(control->asks, p, message, fds, count);
}

void
control_on_ended(struct control *control, struct proc *p)
{
	control_asks_ended(control->asks, p);
}
