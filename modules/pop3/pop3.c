/* SPDX-License-Identifier: MIT */
/*
 * pop3 -- gives people their mail (RFC 1939, 2449, 2595, 5034, 8314).
 */
#include "modules/pop3/pop3.h"

#include <stdio.h>

static const struct option options[] = {
	OPTION_BOOL(struct pop3_conf, delete, true,
	    "remove what was deleted; with false, DELE is answered and all is kept"),
	OPTION_END
};

static const struct endpoint endpoints[] = {
	{ .name = "pop3", .port = 110, .needs_auth = true },
	{ .name = "pop3s", .port = 995, .tls_first = true, .needs_auth = true },
	{ 0 },
};

/* ---- what all commands use */

struct pop3 *
pop3_of(struct ref r)
{
	struct session *s = session_of(r);

	return s == NULL ? NULL : session_state(s);
}

void
pop3_say(struct pop3 *c, const char *line)
{
	session_printf(c->session, "%s\r\n", line);
}

void
pop3_goodbye(struct pop3 *c, const char *line)
{
	if (line != NULL)
		pop3_say(c, line);
	session_close(c->session);
}

void
pop3_refuse(struct pop3 *c, const char *text)
{
	uint64_t most = session_limits(c->session)->errors;

	if (most > 0 && ++c->errors > most) {
		pop3_goodbye(c, "-ERR Too many errors");
		return;
	}
	session_printf(c->session, "-ERR %s\r\n", text);
}

static void
set_deadline(struct pop3 *c)
{
	const struct session_limits *l = session_limits(c->session);

	session_deadline(
	    c->session, c->state == POP3_AUTHORIZATION ? l->command_ms : l->pop3_idle_ms);
}

void
pop3_wait(struct pop3 *c)
{
	session_hold(c->session);
}

void
pop3_go(struct pop3 *c)
{
	if (c->stopping) {
		pop3_goodbye(c, NULL);
		return;
	}
	set_deadline(c);
	session_go(c->session);
}

/* ---- the session */

static void
start(struct session *s)
{
	struct pop3 *c = session_state(s);

	c->session = s;
	c->conf = session_conf(s);
	c->state = POP3_AUTHORIZATION;
	buf_init(&c->user, POP3_USER);
	session_printf(s, "+OK %s POP3 ready\r\n", session_hostname(s));
	set_deadline(c);
}

static void
line(struct session *s, struct str text)
{
	struct pop3 *c = session_state(s);

	set_deadline(c);
	if (c->awaits_response)
		pop3_auth_response(c, text);
	else
		pop3_command(c, text);
}

/* What was said without TLS is worth nothing behind it. */
static void
secured(struct pop3 *c)
{
	pop3_forget_login(c);
	set_deadline(c);
}

static void
stop(struct pop3 *c)
{
	c->stopping = true;
	if (c->request == NULL && !c->store_busy && c->output.more == NULL)
		pop3_goodbye(c, "-ERR [SYS/TEMP] The server stops, come back soon");
}

static void
event(struct session *s, enum session_event e)
{
	struct pop3 *c = session_state(s);

	switch (e) {
	case SESSION_SECURED:
		secured(c);
		break;
	case SESSION_TIMEOUT: /* no word, and nothing is removed (RFC 1939, 3) */
		pop3_goodbye(c, NULL);
		break;
	case SESSION_TOO_LONG:
		c->awaits_response = false;
		session_set_line_max(s, POP3_LINE);
		pop3_refuse(c, "Line too long");
		break;
	case SESSION_DRAINED:
		pop3_more(c);
		break;
	case SESSION_STOPPING:
		stop(c);
		break;
	case SESSION_GONE:
		break;
	}
}

static void
log_end_of(struct pop3 *c)
{
	char client[IP_TEXT_MAX];
	struct log_line l;
	struct ip ip;
	uint16_t port;

	session_client(c->session, &ip, &port);
	log_begin(&l, NULL, "pop3");
	log_str(&l, "user", buf_str(&c->user));
	log_text(&l, "client", ip_print(&ip, client));
	log_int(&l, "messages", (int64_t)c->count);
	log_int(&l, "retrieved", (int64_t)c->retrieved);
	log_text(&l, "quit", c->state == POP3_UPDATE ? "yes" : "no");
	log_end(&l);
}

/* Without QUIT nothing is removed, whatever was deleted (RFC 1939, 6). */
static void
end(struct session *s)
{
	struct pop3 *c = session_state(s);

	if (c->state != POP3_AUTHORIZATION)
		log_end_of(c);
	if (c->request != NULL)
		auth_cancel(c->request);
	store_close(c->store);
	arena_destroy(c->arena);
	buf_free(&c->user);
}

static const struct protocol protocol = {
	.size = sizeof(struct protocol),
	.endpoints = endpoints,
	.alpn = "pop3",
	.session_size = sizeof(struct pop3),
	.line_max = POP3_LINE,
	.busy = "-ERR [SYS/TEMP] Too many connections, come back later",
	.start = start,
	.line = line,
	.event = event,
	.end = end,
};

MODULE(pop3) = {
	.abi = MODULE_ABI,
	.summary = "let people fetch their mail (POP3)",
	.conf_size = sizeof(struct pop3_conf),
	.options = options,
	.protocol = &protocol,
};
