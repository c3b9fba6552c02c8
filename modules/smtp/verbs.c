/* SPDX-License-Identifier: MIT */
/*
 * verbs -- the commands of SMTP, in one table (RFC 5321, 4.1; RFC 3207; RFC 4954).
 *
 * Every command goes the same way: is it allowed now, are its arguments right, what do the
 * handlers say; then it is done. Each step may end it with a reply.
 */
#include "modules/smtp/parse.h"
#include "modules/smtp/smtp.h"

/* What the client may say depends on how far it is. */
enum at {
	AT_REFUSED = 1, /* the greeting was 554 */
	AT_START = 2,   /* before EHLO, and again after STARTTLS */
	AT_READY = 4,
	AT_MESSAGE = 8, /* between MAIL and the reply to its data */
	ANY = AT_START | AT_READY | AT_MESSAGE,
	EVER = ANY | AT_REFUSED
};

enum rule {
	LAST = 1,       /* of its group: the client must wait for the reply (RFC 2920, 3.1) */
	IDLE = 2,       /* leads nowhere: counted until a message comes */
	IDENTIFIED = 4, /* where only people are served: after TLS and AUTH */
	NO_ARGUMENT = 8
};

#define NOBODY STAGE_COUNT /* is asked */

struct verb {
	struct str name;
	unsigned when, rules;
	const char *(*parse)(
	    struct smtp *, struct str args); /* NULL, or the reply that refuses them */
	enum stage stage;
	void (*act)(struct smtp *);
};

/* ---- MAIL, RCPT, DATA */

static const char *
parse_mail(struct smtp *c, struct str args)
{
	const struct session_limits *limits = session_limits(c->session);
	const struct mail_rules rules = { c->offered, limits->message_size };
	struct mail_params params;
	struct address sender;
	const char *refusal;

	if (limits->transactions > 0 && c->messages >= limits->transactions)
		return "421 4.7.0 Too many messages on this connection, open another one";
	refusal = smtp_parse_mail(smtp_worker->scratch, args, &rules, &sender, &params);
	if (refusal != NULL)
		return refusal;
	if (tx_room(c->tx, params.size) < 0)
		return "452 4.3.1 No room for the message, try again later";
	tx_begin(c->tx, &sender, &params);
	c->utf8 = params.utf8;
	c->named_rcpt = false;
	return NULL;
}

static void
act_mail(struct smtp *c)
{
	smtp_reply(c, "250 2.1.0 Ok");
}

static const char *
parse_rcpt(struct smtp *c, struct str args)
{
	struct rcpt_params params;
	struct address rcpt;
	const char *refusal = smtp_parse_rcpt(smtp_worker->scratch, args, c->utf8, &rcpt, &params);

	c->named_rcpt = true;
	if (refusal != NULL)
		return refusal;
	tx_candidate(c->tx, &rcpt, &params);
	return NULL;
}

static void
act_rcpt(struct smtp *c)
{
	smtp_reply(c, "250 2.1.5 Ok");
}

static const char *
parse_data(struct smtp *c, struct str args)
{
	(void)args;
	if (tx_rcpt_count(c->tx) > 0)
		return NULL;
	return c->named_rcpt ? "554 5.5.1 No valid recipients" : "503 5.5.1 Say RCPT first";
}

/* ---- commands that need no message */

static void
act_rset(struct smtp *c)
{
	tx_reset(c->tx);
	smtp_reply(c, "250 2.0.0 Ok");
}

static void
act_noop(struct smtp *c)
{
	smtp_reply(c, "250 2.0.0 Ok");
}

static void
act_quit(struct smtp *c)
{
	smtp_goodbye(c, "221 2.0.0 Bye");
}

static void
act_help(struct smtp *c)
{
	smtp_reply(c, "214 2.0.0 See RFC 5321");
}

static const char *
parse_vrfy(struct smtp *c, struct str args)
{
	(void)c;
	return args.len == 0 ? "501 5.5.4 Syntax: VRFY address" : NULL;
}

/* The same for everyone: who exists is nobody's business (RFC 5321, 7.3). */
static void
act_vrfy(struct smtp *c)
{
	smtp_reply(c, "252 2.0.0 Cannot verify, but will take the message and try to deliver it");
}

static void
act_expn(struct smtp *c)
{
	smtp_reply(c, "502 5.5.1 Lists are not expanded");
}

static const char *
parse_starttls(struct smtp *c, struct str args)
{
	(void)args;
	if (session_is_secure(c->session))
		return "503 5.5.1 TLS is already active";
	return smtp_offers(c, OFFER_STARTTLS) ? NULL : "502 5.5.1 TLS is not available";
}

/*
 * What was said before may have been said by somebody in between (RFC 3207, 4.2): tx_learn_tls
 * forgets it too. What they said behind the command is found here, or by the session, when the
 * handshake is over.
 */
static void
act_starttls(struct smtp *c)
{
	if (session_has_arrived(c->session)) {
		smtp_out_of_step(c);
		return;
	}
	smtp_reply(c, "220 2.0.0 Ready to start TLS");
	c->offered = 0;
	session_start_tls(c->session);
}

/* ---- the table */

/* clang-format off */
static const struct verb verbs[] = {
	/* verb              when it is allowed     rules               arguments         who is asked  then */
	{ STR("EHLO"),       ANY,                   LAST | IDLE,        smtp_parse_ehlo,  STAGE_HELO,   smtp_ehlo },
	{ STR("HELO"),       ANY,                   LAST | IDLE,        smtp_parse_helo,  STAGE_HELO,   smtp_helo },
	{ STR("MAIL"),       AT_READY,              IDENTIFIED,         parse_mail,       STAGE_MAIL,   act_mail },
	{ STR("RCPT"),       AT_MESSAGE,            0,                  parse_rcpt,       STAGE_RCPT,   act_rcpt },
	{ STR("DATA"),       AT_MESSAGE,            LAST | NO_ARGUMENT, parse_data,       STAGE_DATA,   smtp_begin_data },
	{ STR("RSET"),       ANY,                   IDLE | NO_ARGUMENT, NULL,             NOBODY,       act_rset },
	{ STR("NOOP"),       ANY,                   IDLE,               NULL,             NOBODY,       act_noop },
	{ STR("QUIT"),       EVER,                  NO_ARGUMENT,        NULL,             NOBODY,       act_quit },
	{ STR("HELP"),       ANY,                   IDLE,               NULL,             NOBODY,       act_help },
	{ STR("VRFY"),       ANY,                   IDLE,               parse_vrfy,       NOBODY,       act_vrfy },
	{ STR("EXPN"),       ANY,                   IDLE,               NULL,             NOBODY,       act_expn },
	{ STR("STARTTLS"),   AT_READY | AT_MESSAGE, LAST | NO_ARGUMENT, parse_starttls,   NOBODY,       act_starttls },
	{ STR("AUTH"),       AT_READY,              LAST,               smtp_parse_auth,  NOBODY,       smtp_auth },
};

static const struct { enum at at; const char *reply; } out_of_order[] = {
	{ AT_REFUSED, "503 5.5.1 No service here, say QUIT" },
	{ AT_START,   "503 5.5.1 Say EHLO first" },
	{ AT_READY,   "503 5.5.1 Say MAIL first" },
	{ AT_MESSAGE, "503 5.5.1 Not while a message is under way" },
};

/* Words of other protocols: a browser or a scanner, or one that was made to speak to us. */
static const struct str foreign_words[] = {
	STR("GET"), STR("POST"), STR("PUT"), STR("HEAD"), STR("DELETE"), STR("OPTIONS"), STR("CONNECT"),
	STR("TRACE"), STR("PATCH"), STR("PRI"),
};
/* clang-format on */

static const struct verb *
find_verb(struct str name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_eq_nocase(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static bool
is_foreign(struct str word)
{
	for (size_t i = 0; i < sizeof foreign_words / sizeof foreign_words[0]; i++)
		if (str_eq_nocase(word, foreign_words[i]))
			return true;
	return str_starts(word, STR("SSH-"));
}

/* ---- the way of a command */

static enum at
where(const struct smtp *c)
{
	if (c->refused)
		return AT_REFUSED;
	if (tx_is_open(c->tx))
		return AT_MESSAGE;
	return tx_helo(c->tx).len > 0 ? AT_READY : AT_START;
}

static const char *
not_now(enum at at)
{
	size_t i = 0;

	while (out_of_order[i].at != at)
		i++;
	return out_of_order[i].reply;
}

/*
 * A service for people serves nobody else (RFC 6409, 4.3), and hears no password before TLS
 * (RFC 8314, 3).
 */
static const char *
unidentified(struct smtp *c)
{
	if (!session_needs_auth(c->session) || tx_user(c->tx).len > 0)
		return NULL;
	if (!session_may_log_in(c->session) && session_can_tls(c->session))
		return "530 5.7.0 Must issue a STARTTLS command first";
	return "530 5.7.0 Authentication required";
}

/* Why this command cannot be done here and now, or NULL. */
static const char *
check(struct smtp *c, const struct verb *v, struct str args)
{
	uint64_t idle_most = session_limits(c->session)->idle_commands;
	const char *refusal;

	if ((v->when & where(c)) == 0)
		return not_now(where(c));
	if ((v->rules & IDLE) != 0 && idle_most > 0 && ++c->idle > idle_most)
		return "421 4.7.0 Too many commands without a message";
	if ((v->rules & IDENTIFIED) != 0 && (refusal = unidentified(c)) != NULL)
		return refusal;
	if ((v->rules & NO_ARGUMENT) != 0 && args.len > 0)
		return "501 5.5.4 No argument is allowed";
	return v->parse != NULL ? v->parse(c, args) : NULL;
}

static void
decided(struct smtp *c)
{
	if (!smtp_refused(c))
		c->verb->act(c);
}

static void
run(struct smtp *c, const struct verb *v, struct str args)
{
	const char *refusal;

	c->verb = v;
	c->argument = args;
	arena_reset(smtp_worker->scratch);
	refusal = check(c, v, args);
	if (refusal != NULL)
		smtp_refuse(c, refusal);
	else if (v->stage == NOBODY)
		v->act(c);
	else
		smtp_ask(c, v->stage, decided);
}

void
smtp_out_of_step(struct smtp *c)
{
	smtp_refuse_and_close(c, "554 5.5.0 SMTP protocol synchronization error");
}

static void
unknown(struct smtp *c)
{
	tx_tell(c->tx, STAGE_UNKNOWN);
	smtp_reply(c, "500 5.5.1 Command is not recognized");
}

/* More has come than the client may have said by now. */
static bool
is_out_of_step(struct smtp *c, const struct verb *v)
{
	bool must_wait = v != NULL && (v->rules & LAST) != 0;

	return session_has_input(c->session) && (must_wait || (c->offered & OFFER_PIPELINING) == 0);
}

/* Only AUTH may have a long argument, and looks at it itself. */
static bool
is_too_long(const struct verb *v, struct str line)
{
	return line.len + 2 > SMTP_COMMAND_MAX && (v == NULL || v->act != smtp_auth);
}

void
smtp_command(struct smtp *c, struct str line)
{
	const struct verb *v;
	struct str name, args;

	smtp_split(line, &name, &args);
	v = find_verb(name);
	if (v == NULL && is_foreign(name))
		smtp_refuse_and_close(c, "554 5.5.1 This is a mail server");
	else if (is_out_of_step(c, v))
		smtp_out_of_step(c);
	else if (is_too_long(v, line))
		smtp_reply(c, "500 5.5.2 Line is too long");
	else if (session_line_is_bare(c->session) || !smtp_is_text(line))
		smtp_reply(c, "500 5.5.2 A line is text that ends in CR LF");
	else if (v == NULL)
		unknown(c);
	else
		run(c, v, args);
}
