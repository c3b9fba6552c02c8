/* SPDX-License-Identifier: MIT */
/*
 * body -- the message itself, from 354 to the reply that takes or refuses it (RFC 5321, 4.1.1.4).
 */
#include "modules/smtp/smtp.h"

#include <stdio.h>

/* clang-format off */
static const char *const failures[] = {
	[INTAKE_TOO_LARGE]   = "552 5.3.4 Message is too large",
	[INTAKE_FULL]        = "452 4.3.1 No room for the message, try again later",
	[INTAKE_FAILED]      = "451 4.3.0 The message could not be stored, try again later",
	[INTAKE_BARE_CR_LF]  = "550 5.5.2 Message has a bare CR or a bare LF",
	[INTAKE_NUL]         = "550 5.6.0 Message has a NUL byte",
	[INTAKE_LONG_LINE]   = "554 5.6.0 Message has a line that is too long",
	[INTAKE_LONG_HEADER] = "552 5.3.4 Message header is too large",
	[INTAKE_LOOP]        = "554 5.4.6 Message goes in circles: too many Received fields",
};
/* clang-format on */

/* The transaction is over before its reply goes out: what follows is the next one's. */
static void
refuse(struct smtp *c, enum intake_result why)
{
	tx_log_refusal(c->tx, failures[why]);
	tx_reset(c->tx);
	smtp_reply(c, failures[why]);
}

/* Only now is the message ours. */
static void
committed(struct tx *tx)
{
	struct smtp *c = session_state(tx_session(tx));
	enum intake_result result = tx_committed(tx);
	char line[80];

	if (result != INTAKE_OK) {
		refuse(c, result);
		return;
	}
	snprintf(line, sizeof line, "250 2.0.0 Ok: queued as %s", tx_id(tx));
	tx_reset(tx);
	c->messages++;
	c->errors = c->idle = 0;
	smtp_reply(c, line);
}

static void
message_answered(struct smtp *c)
{
	if (smtp_refused(c))
		return;
	session_hold(c->session);
	tx_commit(c->tx, committed);
}

static void
end_data(struct smtp *c)
{
	enum intake_result result = tx_body_end(c->tx);

	session_read_lines(c->session);
	if (result != INTAKE_OK)
		refuse(c, result);
	else
		smtp_ask(c, STAGE_MESSAGE, message_answered);
}

void
smtp_begin_data(struct smtp *c)
{
	smtp_reply(c, "354 End data with <CR><LF>.<CR><LF>");
	c->in_command = true;
	c->data = (struct data_reader){ DATA_AT_START };
	session_read_bytes(c->session);
	session_deadline(c->session, session_limits(c->session)->data_ms);
}

static void
add(void *tx, const char *p, size_t len)
{
	tx_body_add(tx, p, len);
}

/* What was over the mark has gone to the disk. */
static void
drained(struct tx *tx)
{
	struct session *s = tx_session(tx);

	session_deadline(s, session_limits(s)->data_ms);
	session_go(s);
}

size_t
smtp_bytes(struct session *s, struct str input)
{
	struct smtp *c = session_state(s);
	size_t used = data_read(&c->data, input, add, c->tx);

	if (c->data.at == DATA_AT_END) {
		end_data(c);
		return used;
	}
	session_deadline(s, session_limits(s)->data_ms);
	if (tx_body_is_full(c->tx)) {
		session_hold(s);
		tx_body_on_drained(c->tx, drained);
	}
	return used;
}
