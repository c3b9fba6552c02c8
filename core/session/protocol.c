/* SPDX-License-Identifier: MIT */
/* protocol -- what protocols may do with their session. */
#include "core/session/protocol.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/conn.h"
#include "core/process/counters.h"
#include "core/process/server.h"
#include "core/session/session.h"
#include "core/session/tx_core.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { OUTPUT_MAX = 16 * 1024 }; /* of one session_printf */

/* ---- what is known */

void *
session_state(struct session *s)
{
	return s->state;
}

void *
session_conf(struct session *s)
{
	return s->service->conf;
}

struct arena *
session_arena(struct session *s)
{
	return s->arena;
}

struct tx *
session_tx(struct session *s)
{
	return s->tx;
}

struct session *
tx_session(struct tx *tx)
{
	return tx_owner(tx);
}

const struct session_limits *
session_limits(struct session *s)
{
	return &s->service->limits;
}

struct session *
session_of(struct ref ref)
{
	struct session *s = ref_get(server_here()->refs, ref);

	return s != NULL && s->magic == SESSION_MAGIC ? s : NULL;
}

struct ref
session_ref(struct session *s)
{
	return s->ref;
}

const char *
session_endpoint(struct session *s)
{
	return s->service->listen->endpoint;
}

bool
session_needs_auth(struct session *s)
{
	return s->service->listen->needs_auth;
}

const char *
session_hostname(struct session *s)
{
	return s->service->server->config->hostname;
}

void
session_client(struct session *s, struct ip *ip, uint16_t *port)
{
	*ip = s->client;
	if (port != NULL)
		*port = s->client_port;
}

uint64_t
session_now_ms(struct session *s)
{
	return clock_ms(s->service->server->loop);
}

/* ---- output */

void
session_write(struct session *s, struct str text)
{
	if (!s->closing)
		conn_write(s->conn, text.p, text.len);
}

void
session_printf(struct session *s, const char *format, ...)
{
	char text[OUTPUT_MAX];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	assert(len >= 0 && (size_t)len < sizeof text);
	session_write(s, (struct str){ text, (size_t)len });
}

bool
session_is_full(struct session *s)
{
	return conn_is_full(s->conn);
}

/* ---- input */

void
session_read_lines(struct session *s)
{
	s->reading = READ_LINES;
	session_restart_window(s);
	session_arm(s);
}

void
session_read_bytes(struct session *s)
{
	s->reading = READ_BYTES;
	session_restart_window(s);
	session_arm(s);
}

void
session_set_line_max(struct session *s, size_t max)
{
	assert(max > 0 && max <= SESSION_LINE_MAX);
	s->line_max = (uint32_t)max;
}

bool
session_line_is_bare(struct session *s)
{
	return s->line_is_bare;
}

bool
session_has_input(struct session *s)
{
	return conn_input(s->conn).len > 0;
}

bool
session_has_arrived(struct session *s)
{
	return conn_has_arrived(s->conn);
}

void
session_hold(struct session *s)
{
	s->held = true;
	s->deadline_at = 0;
	session_restart_window(s);
	session_arm(s);
}

void
session_go(struct session *s)
{
	if (!s->held)
		return;
	s->held = false;
	session_restart_window(s);
	session_arm(s);
	conn_again(s->conn);
}

void
session_deadline(struct session *s, uint64_t ms)
{
	s->deadline_at = ms == 0 ? 0 : clock_ms(s->service->server->loop) + ms;
	session_arm(s);
}

/* ---- TLS */

bool
session_can_tls(struct session *s)
{
	return s->service->tls != NULL && !conn_is_secure(s->conn);
}

bool
session_is_secure(struct session *s)
{
	return conn_is_secure(s->conn);
}

void
session_start_tls(struct session *s)
{
	assert(session_can_tls(s));
	s->shaking_hands = true;
	session_deadline(s, s->service->tls_ms);
	conn_start_tls_server(s->conn, s->service->tls);
}

const char *
session_tls_version(struct session *s)
{
	return conn_is_secure(s->conn) ? conn_tls_version(s->conn) : "";
}

const char *
session_tls_cipher(struct session *s)
{
	return conn_is_secure(s->conn) ? conn_tls_cipher(s->conn) : "";
}

/* ---- logging in */

bool
session_may_log_in(struct session *s)
{
	return conn_is_secure(s->conn) ||
	       (s->service->listen->auth_without_tls && ip_is_loopback(&s->client));
}

bool
session_login_is_barred(struct session *s)
{
	struct server *server = s->service->server;
	uint64_t most = server->config->limits.auth_failures_per_address;

	return most > 0 &&
	       counters_auth_failure(server->counters, &s->client, session_now_ms(s), 0) >= most;
}

void
session_login_failed(struct session *s, struct str user)
{
	struct log_line line;
	char ip[IP_TEXT_MAX];

	counters_auth_failure(s->service->server->counters, &s->client, session_now_ms(s), 1);
	log_begin(&line, NULL, "auth=fail");
	log_str(&line, "user", user);
	log_text(&line, "client", ip_print(&s->client, ip));
	log_text(&line, "via", s->service->via);
	log_end(&line);
}

bool
session_parse_plain(struct str response, struct str *user, struct str *password, bool *other)
{
	struct str as;

	if (!str_cut(&response, '\0', &as) || !str_cut(&response, '\0', user) ||
	    str_find(response, '\0') >= 0)
		return false;
	*password = response;
	*other = as.len > 0 && !str_eq(as, *user);
	return user->len > 0 && password->len > 0;
}
