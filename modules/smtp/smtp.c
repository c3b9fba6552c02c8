/* SPDX-License-Identifier: MIT */
/* smtp -- mail comes in: from other servers (RFC 5321) and from people (RFC 6409, 8314). */
#include "modules/smtp/smtp.h"

struct smtp_worker *smtp_worker;

/* ---- asking the stages */

/* The answer is there; its delay holds this session only. */
static void
answered(struct tx *tx)
{
	struct smtp *c = session_state(tx_session(tx));
	uint64_t delay_ms = tx_answer(tx)->delay_ms;

	if (delay_ms == 0) {
		c->then(c);
		return;
	}
	c->delayed = true;
	session_hold(c->session);
	session_deadline(c->session, delay_ms);
}

void
smtp_ask(struct smtp *c, enum stage stage, smtp_then_fn *then)
{
	c->stage = stage;
	c->then = then;
	if (tx_ask(c->tx, stage, answered) == STEP_WAIT)
		session_hold(c->session);
	else
		answered(c->tx);
}

/* ---- the beginning */

/*
 * A greeting that refuses leaves the client nothing but QUIT; 421 ends it (RFC 5321, 3.1 and 3.8).
 */
static void
greet(struct smtp *c)
{
	if (session_has_arrived(c->session)) {
		smtp_out_of_step(c);
		return;
	}
	if (smtp_refused(c)) {
		c->refused = true;
		return;
	}
	session_printf(c->session, "220 %s ESMTP Postern\r\n", session_hostname(c->session));
	smtp_next(c);
	session_deadline(c->session, session_limits(c->session)->greeting_ms);
}

static void
connect_answered(struct smtp *c)
{
	const struct tx_answer *answer = tx_answer(c->tx);
	bool is_refused = verdict_refuses(answer->verdict) && !answer->spoken_later;

	if (session_is_secure(c->session) && !is_refused)
		smtp_ask(c, STAGE_TLS, greet);
	else
		greet(c);
}

static void
smtp_start(struct session *s)
{
	struct smtp *c = session_state(s);

	c->session = s;
	c->tx = session_tx(s);
	c->in_command = true;
	buf_init(&c->auth_user, SMTP_AUTH_MAX);
	session_hold(s);
	smtp_ask(c, STAGE_CONNECT, connect_answered);
}

/* ---- events */

/* The client speaks next, so that a refusal has no place; only a drop is felt. */
static void
tls_answered(struct smtp *c)
{
	if (tx_answer(c->tx)->verdict == VERDICT_DROP)
		smtp_refused(c);
	else
		smtp_next(c);
}

static void
too_long(struct smtp *c)
{
	bool in_auth = c->auth_step != AUTH_STEP_NONE;

	smtp_auth_end(c);
	smtp_reply(c, in_auth ? "500 5.5.6 Authentication exchange line is too long"
			      : "500 5.5.2 Line is too long");
}

static void
timed_out(struct smtp *c)
{
	if (c->delayed) {
		c->delayed = false;
		c->then(c);
		return;
	}
	smtp_goodbye(c, "421 4.4.2 Timeout, closing the connection");
}

/* Told once, a transaction may end; told twice, only a command whose effect is not known yet. */
static void
stopping(struct smtp *c)
{
	bool again = c->stopping;

	c->stopping = true;
	if (c->in_command)
		return;
	if (again)
		smtp_goodbye(c, SMTP_STOPPING);
	else
		smtp_next(c);
}

static void
smtp_event(struct session *s, enum session_event event)
{
	struct smtp *c = session_state(s);

	switch (event) {
	case SESSION_SECURED:
		smtp_ask(c, STAGE_TLS, tls_answered);
		break;
	case SESSION_TIMEOUT:
		timed_out(c);
		break;
	case SESSION_TOO_LONG:
		too_long(c);
		break;
	case SESSION_STOPPING:
		stopping(c);
		break;
	case SESSION_DRAINED:
	case SESSION_GONE:
		break;
	}
}

static void
smtp_line(struct session *s, struct str line)
{
	struct smtp *c = session_state(s);

	c->in_command = true;
	if (c->auth_step != AUTH_STEP_NONE)
		smtp_auth_line(c, line);
	else
		smtp_command(c, line);
}

static void
smtp_end(struct session *s)
{
	smtp_auth_end(session_state(s));
}

/* ---- the module */

static int
start(void *conf, struct err *err)
{
	(void)err;
	smtp_worker = module_worker_state(conf);
	smtp_worker->scratch = arena_create(NULL);
	return 0;
}

static void
stop(void *conf)
{
	(void)conf;
	arena_destroy(smtp_worker->scratch);
}

/* clang-format off */
static const struct endpoint endpoints[] = {
	/* name          port  TLS first  for people  known to handlers as */
	{ "smtp",        25,   false,     false,      "smtp" },
	{ "submission",  587,  false,     true,       "submission" },
	{ "submissions", 465,  true,      true,       "submission" },
	{ NULL,          0,    false,     false,      NULL },
};
/* clang-format on */

static const struct protocol protocol = {
	.size = sizeof(struct protocol),
	.endpoints = endpoints,
	.alpn = "smtp",
	.session_size = sizeof(struct smtp),
	.line_max = SMTP_LINE_MAX,
	.busy = "421 4.7.0 Too many connections, try again later",
	.start = smtp_start,
	.line = smtp_line,
	.bytes = smtp_bytes,
	.event = smtp_event,
	.end = smtp_end,
};

MODULE(smtp) = {
	.abi = MODULE_ABI,
	.summary = "SMTP server: mail from other servers, and submission from people",
	.worker_size = sizeof(struct smtp_worker),
	.start = start,
	.stop = stop,
	.protocol = &protocol,
};
