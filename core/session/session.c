/* SPDX-License-Identifier: MIT */
/* session -- one client's connection and the protocol that speaks over it. */
#include "core/session/session.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/conn.h"
#include "core/process/ledger.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"

#include <assert.h>
#include <string.h>

enum {
	TLS_HANDSHAKE_BYTE = 0x16
}; /* the first of a ClientHello (RFC 8446, 5.1); no text begins with it */

/* ---- the deadline: what the protocol set, or the end of the window for the data rate */

void
session_arm(struct session *s)
{
	uint64_t at = s->deadline_at, now = clock_ms(s->service->server->loop);

	if (s->window_at != 0 && (at == 0 || s->window_at < at))
		at = s->window_at;
	conn_deadline(s->conn, at == 0 ? 0 : at > now ? at - now : 1);
}

void
session_restart_window(struct session *s)
{
	bool wanted = s->reading == READ_BYTES && !s->held && s->service->data_rate > 0;

	s->window_bytes = 0;
	s->window_at = wanted ? clock_ms(s->service->server->loop) + SESSION_WINDOW_MS : 0;
}

static void
on_timeout(struct session *s)
{
	uint64_t now = clock_ms(s->service->server->loop);
	uint64_t least = s->service->data_rate * SESSION_WINDOW_MS / 1000;
	bool slow = s->window_at != 0 && now >= s->window_at && s->window_bytes < least;

	if (!slow && (s->deadline_at == 0 || now < s->deadline_at)) {
		if (s->window_at != 0 && now >= s->window_at)
			session_restart_window(s);
		session_arm(s);
		return;
	}
	s->deadline_at = s->window_at = 0;
	if (s->shaking_hands)
		session_abort(s);
	else
		s->service->protocol->event(s, SESSION_TIMEOUT);
}

/* ---- the end */

/* The protocol's last call, then the stage close: always, and once. */
static void
end(struct session *s)
{
	if (s->ended)
		return;
	s->ended = s->closing = true;
	if (!s->starting)
		s->service->protocol->end(s);
	tx_reset(s->tx);
	tx_tell(s->tx, STAGE_CLOSE);
	tx_destroy(s->tx);
	s->tx = NULL;
	ref_end(s->service->server->refs, s->ref);
}

/* The client has gone: whatever it was waiting for is of no use to anyone. */
static void
gone(struct session *s)
{
	if (!s->closing && !s->starting)
		s->service->protocol->event(s, SESSION_GONE);
	end(s);
	conn_close(s->conn, SESSION_LINGER_MS);
}

void
session_abort(struct session *s)
{
	end(s);
	conn_close(s->conn, 0);
}

void
session_close(struct session *s)
{
	if (s->closing)
		return;
	s->closing = true;
	conn_close(s->conn, conn_is_full(s->conn) ? 0 : SESSION_LINGER_MS);
}

void
session_stop(struct session *s)
{
	if (s->closing)
		return;
	if (s->starting)
		session_abort(s);
	else
		s->service->protocol->event(s, SESSION_STOPPING);
}

/* ---- input */

static void
touch(struct session *s)
{
	s->active_at = clock_ms(s->service->server->loop);
	list_remove(&s->link);
	list_add_last(s->service->sessions, &s->link);
}

/* Throw away what belongs to a line that is too long. False: there is no more. */
static bool
skip_line(struct session *s, struct str in)
{
	const char *lf = memchr(in.p, '\n', in.len);
	size_t len = lf != NULL ? (size_t)(lf - in.p) + 1 : in.len;

	conn_consume(s->conn, len);
	s->skipped += (uint32_t)len;
	if (lf != NULL)
		s->reading = READ_LINES;
	else if (s->skipped > SESSION_SKIP_MAX)
		session_abort(s);
	return lf != NULL;
}

/*
 * Give the next line, as a copy: what the protocol does with the connection (TLS, closing) may
 * end the input it stood in. False: there is no whole line.
 */
static bool
give_line(struct session *s, struct str in)
{
	char line[SESSION_LINE_MAX];
	size_t most = in.len < s->line_max ? in.len : s->line_max, len;
	const char *lf = memchr(in.p, '\n', most);

	if (lf == NULL && in.len < s->line_max)
		return false;
	if (lf == NULL) {
		s->reading = READ_SKIP;
		s->skipped = 0;
		s->service->protocol->event(s, SESSION_TOO_LONG);
		return true;
	}
	touch(s);
	len = (size_t)(lf - in.p);
	memcpy(line, in.p, len);
	conn_consume(s->conn, len + 1);
	s->line_is_bare = len == 0 || line[len - 1] != '\r';
	s->service->protocol->line(s, (struct str){ line, s->line_is_bare ? len : len - 1 });
	return true;
}

/* Give bytes to the protocol. False: it wants more than there are. */
static bool
give_bytes(struct session *s, struct str in)
{
	size_t used = s->service->protocol->bytes(s, in);

	assert(used <= in.len);
	if (s->closing)
		return false;
	conn_consume(s->conn, used);
	s->window_bytes += used;
	touch(s);
	return used > 0 || s->reading != READ_BYTES;
}

bool
session_is_idle(const struct session *s)
{
	return !s->closing && !s->held && s->reading != READ_BYTES && !tx_is_open(s->tx) &&
	       tx_user(s->tx).len == 0;
}

/* One piece of input for the protocol. False: nothing to be done before more comes. */
static bool
give(struct session *s)
{
	struct str in;

	if (s->held || s->closing || s->shaking_hands || s->starting || conn_is_full(s->conn))
		return false;
	in = conn_input(s->conn);
	if (in.len == 0)
		return false;
	if (s->reading == READ_BYTES)
		return give_bytes(s, in);
	if (s->reading == READ_SKIP)
		return skip_line(s, in);
	if ((unsigned char)in.p[0] == TLS_HANDSHAKE_BYTE) {
		tx_log_refusal(s->tx, "closed: a TLS handshake where plain text is spoken");
		session_close(s);
		return false;
	}
	return give_line(s, in);
}

/* A client that closed its half may still be owed answers to what it had sent. */
static bool
is_owed_answers(const struct session *s)
{
	return conn_is_full(s->conn) || (s->held && conn_input(s->conn).len > 0);
}

static void
serve_input(struct session *s)
{
	while (give(s))
		;
	if (s->at_end && !s->closing && !is_owed_answers(s))
		gone(s);
}

/* ---- events */

static void
start(struct session *s)
{
	s->starting = false;
	s->service->protocol->start(s);
	serve_input(s);
}

/*
 * TLS stands. Where bytes came between the command that asked for it and the handshake,
 * somebody may have put them there (RFC 3207, 5): end.
 */
static void
on_secured(struct session *s)
{
	s->shaking_hands = false;
	s->deadline_at = 0;
	session_arm(s);
	if (conn_discarded(s->conn) > 0) {
		tx_log_refusal(s->tx, "closed: plain text in front of the TLS handshake");
		session_abort(s);
		return;
	}
	tx_learn_tls(s->tx, conn_tls_version(s->conn), conn_tls_cipher(s->conn));
	if (s->starting) {
		start(s);
		return;
	}
	s->service->protocol->event(s, SESSION_SECURED);
	serve_input(s);
}

static void
take_event(struct session *s, enum conn_event event)
{
	switch (event) {
	case CONN_DATA:
		serve_input(s);
		break;
	case CONN_SECURED:
		on_secured(s);
		break;
	case CONN_DRAINED:
		s->service->protocol->event(s, SESSION_DRAINED);
		serve_input(s);
		break;
	case CONN_TIMEOUT:
		on_timeout(s);
		break;
	case CONN_EOF:
		s->at_end = true;
		serve_input(s);
		break;
	case CONN_ERROR:
		gone(s);
		break;
	case CONN_CONNECTED:
	case CONN_CLOSED:
		break;
	}
}

/* The ledger knows whose session it was, should the protocol crash. */
static void
on_event(struct conn *conn, enum conn_event event, void *owner)
{
	struct session *s = owner;

	(void)conn;
	ledger_enter(s->service->listen->protocol, s->service->via, NULL, &s->client);
	if (event == CONN_CLOSED) {
		end(s);
		s->service->ended(s->service->listeners, s);
		arena_destroy(s->arena);
	} else if (!s->closing) {
		take_event(s, event);
	}
	ledger_leave();
}

/* ---- the beginning */

static struct tx *
make_tx(struct session *s)
{
	const struct service *service = s->service;
	const struct config *config = service->server->config;
	struct tx_options options = {
		.server = service->server,
		.policy = service->policy,
		.via = service->via,
		.client = s->client,
		.client_port = s->client_port,
		.at_once = service->listen->at_once,
		.checks_sender = service->listen->needs_auth,
		.owner = s,
	};
	uint16_t port;

	conn_local(s->conn, &options.local, &port);
	for (size_t i = 0; i < config->trusted_count; i++)
		options.trusted = options.trusted || ip_in(&s->client, &config->trusted[i]);
	return tx_create(&options);
}

struct session *
session_create_take(
    const struct service *service, int fd, const struct ip *client, uint16_t client_port)
{
	struct arena *arena = arena_create(service->server->arena);
	struct session *s = arena_alloc(arena, sizeof *s);

	s->magic = SESSION_MAGIC;
	s->arena = arena;
	s->service = service;
	s->client = *client;
	s->client_port = client_port;
	s->starting = true;
	s->line_max = (uint32_t)service->protocol->line_max;
	assert(s->line_max > 0 && s->line_max <= SESSION_LINE_MAX);
	list_init(&s->link);
	touch(s);
	s->state = arena_alloc(arena, service->protocol->session_size);
	s->conn = conn_adopt_take(service->server->loop, fd, on_event, s);
	s->ref = ref_add(service->server->refs, s);
	s->tx = make_tx(s);
	if (!service->listen->tls_first) {
		start(s);
		return s;
	}
	s->shaking_hands = true;
	s->deadline_at = clock_ms(service->server->loop) + service->tls_ms;
	session_arm(s);
	conn_start_tls_server(s->conn, service->tls);
	return s;
}
