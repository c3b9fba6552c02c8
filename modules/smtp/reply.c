/* SPDX-License-Identifier: MIT */
/* reply -- what the client is told (RFC 5321, 4.2; RFC 2034; RFC 3463). */
#include "modules/smtp/smtp.h"

#include <stdio.h>

enum { REPLY_MAX = 600 }; /* a handler's text has at most 480 bytes */

static void
say(struct smtp *c, const char *line)
{
	session_printf(c->session, "%s\r\n", line);
}

void
smtp_goodbye(struct smtp *c, const char *line)
{
	say(c, line);
	session_close(c->session);
}

void
smtp_refuse_and_close(struct smtp *c, const char *line)
{
	tx_log_refusal(c->tx, line);
	smtp_goodbye(c, line);
}

void
smtp_next(struct smtp *c)
{
	c->in_command = false;
	if (c->stopping && !tx_is_open(c->tx)) {
		smtp_goodbye(c, SMTP_STOPPING);
		return;
	}
	session_deadline(c->session, session_limits(c->session)->command_ms);
	session_go(c->session);
}

void
smtp_reply(struct smtp *c, const char *line)
{
	uint64_t most = session_limits(c->session)->errors;

	if (line[0] == '5' && most > 0 && ++c->errors >= most) {
		smtp_refuse_and_close(c, "421 4.7.0 Too many errors, closing the connection");
		return;
	}
	if (str_starts(str_of(line), STR("421"))) {
		smtp_goodbye(c, line);
		return;
	}
	say(c, line);
	smtp_next(c);
}

void
smtp_refuse(struct smtp *c, const char *line)
{
	tx_log_refusal(c->tx, line);
	smtp_reply(c, line);
}

/* clang-format off */
static const char *const usual_texts[VERDICT_COUNT] = {
	[VERDICT_REJECT] = "Refused by policy",
	[VERDICT_DEFER]  = "Try again later",
	[VERDICT_DROP]   = "Closing the connection",
};
/* clang-format on */

static const char *
or_else(const char *text, const char *other)
{
	return text != NULL && text[0] != '\0' ? text : other;
}

bool
smtp_refused(struct smtp *c)
{
	const struct tx_answer *answer = tx_answer(c->tx);
	const struct verdict_rule *rule = verdict_rule(c->stage, answer->verdict);
	char line[REPLY_MAX];

	if (!verdict_refuses(answer->verdict) || answer->spoken_later)
		return false;
	snprintf(line, sizeof line, "%d %s %s", answer->code != 0 ? answer->code : rule->code,
	    or_else(answer->status, rule->status),
	    or_else(answer->text, usual_texts[answer->verdict]));
	tx_log_refusal(c->tx, line);
	if (rule->scope == SCOPE_TRANSACTION)
		tx_reset(c->tx);
	if (answer->verdict == VERDICT_DROP)
		smtp_goodbye(c, line);
	else
		smtp_reply(c, line);
	return true;
}
