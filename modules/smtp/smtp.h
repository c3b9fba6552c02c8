/* SPDX-License-Identifier: MIT */
/*
 * smtp -- the server's side of SMTP, as its files share it (RFC 5321).
 *
 * A command walks through the table in verbs.c: when is it allowed, what are its arguments, which
 * stage is asked, what is done then. Every way ends in one reply, which takes the next command.
 */
#ifndef MODULES_SMTP_SMTP_H
#define MODULES_SMTP_SMTP_H

#include "core/module.h"
#include "core/session/intake.h"
#include "modules/smtp/data.h"

enum {
	SMTP_COMMAND_MAX = 2048, /* RFC 5321, 4.5.3.1.4 asks for 512 */
	SMTP_AUTH_MAX = 12288,   /* of a response (RFC 4954, 4) */
	SMTP_LINE_MAX = SMTP_AUTH_MAX + 64
};

enum auth_step {
	AUTH_STEP_NONE,
	AUTH_STEP_PLAIN,
	AUTH_STEP_USER,
	AUTH_STEP_PASSWORD,
	AUTH_STEP_COUNT
};

struct verb;
struct smtp;
typedef void smtp_then_fn(struct smtp *);

/* The state of one session. */
struct smtp {
	struct session *session;
	struct tx *tx;
	const struct verb *verb; /* of the command in progress */
	struct str argument;     /* its argument, only while the line is here */
	bool in_command;         /* not answered yet */
	unsigned offered;        /* in the reply to EHLO: enum smtp_offer */
	bool refused;            /* greeted with 554: only QUIT is left (RFC 5321, 3.1) */
	bool stopping;
	bool utf8;       /* the transaction asked for SMTPUTF8 */
	bool named_rcpt; /* and named a recipient, accepted or not */
	uint64_t errors, idle, messages, auth_failures;
	struct data_reader data;

	enum stage stage;   /* asked last */
	smtp_then_fn *then; /* follows its answer */
	bool delayed;       /* the answer is there, its time is not */

	enum auth_step auth_step; /* what the next line is */
	struct buf auth_user;
	struct auth_request *auth_request;
};

/* What was parsed is thrown away with the next command. */
struct smtp_worker {
	struct arena *scratch;
};
extern struct smtp_worker *smtp_worker;

/* ---- smtp.c */
/* Ask a stage; `then` follows, at once or later, when the answer and its delay have come. */
void smtp_ask(struct smtp *, enum stage, smtp_then_fn *then);

/* ---- ehlo.c */
const char *smtp_parse_helo(struct smtp *, struct str args);
const char *smtp_parse_ehlo(struct smtp *, struct str args);
void smtp_helo(struct smtp *);
void smtp_ehlo(struct smtp *);
bool smtp_offers(struct smtp *, unsigned offer); /* possible now, and not hidden by a handler */

/* ---- verbs.c */
void smtp_command(struct smtp *, struct str line);
/* The client speaks when it must listen: it does not speak SMTP, or is made to (RFC 2920, 3.1). */
void smtp_out_of_step(struct smtp *);

/* ---- reply.c; a line is "250 2.1.0 Ok", without its CRLF */
/* Answer the command in progress and take the next one. 421 ends the session; 5xx are counted. */
void smtp_reply(struct smtp *, const char *line);
/* The same for a refusal, which is logged. */
void smtp_refuse(struct smtp *, const char *line);
/* Where the answer of the stage that was asked is no, say so: true. */
bool smtp_refused(struct smtp *);
/* The command is answered: take the next one. */
void smtp_next(struct smtp *);
void smtp_goodbye(struct smtp *, const char *line);
#define SMTP_STOPPING "421 4.3.2 Server is stopping, try again soon"
void smtp_refuse_and_close(struct smtp *, const char *line);

/* ---- body.c */
void smtp_begin_data(struct smtp *);
size_t smtp_bytes(struct session *, struct str input);

/* ---- auth.c */
const char *smtp_parse_auth(struct smtp *, struct str args);
void smtp_auth(struct smtp *);
void smtp_auth_line(struct smtp *, struct str line);
void smtp_auth_end(struct smtp *);

#endif
