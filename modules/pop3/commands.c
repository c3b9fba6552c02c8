/* SPDX-License-Identifier: MIT */
/* commands -- the commands of POP3, in one table (RFC 1939; RFC 2449; RFC 2595; RFC 5034). */
#include "modules/pop3/pop3.h"

#include <stdio.h>

/* What stands behind a command. */
struct args {
	struct str text; /* all of it, as it came */
	size_t message;  /* index; SIZE_MAX: none was named */
	uint64_t lines;
};

enum form {
	NOTHING,
	TEXT,     /* something, spaces too */
	ANYTHING, /* or nothing */
	MAYBE_MESSAGE,
	MESSAGE,
	MESSAGE_AND_LINES
};

struct command {
	struct str name;
	unsigned when; /* of enum pop3_state */
	enum form form;
	void (*act)(struct pop3 *, const struct args *);
};

/* ---- before login */

static void
act_user(struct pop3 *c, const struct args *a)
{
	pop3_user(c, a->text);
}

static void
act_pass(struct pop3 *c, const struct args *a)
{
	pop3_pass(c, a->text);
}

static void
act_auth(struct pop3 *c, const struct args *a)
{
	pop3_auth(c, a->text);
}

/* Whoever puts a command behind STLS into the same packet wants it obeyed within TLS: end it
 * (THREATS.md, T1). */
static void
act_stls(struct pop3 *c, const struct args *a)
{
	(void)a;
	if (!session_can_tls(c->session)) {
		pop3_refuse(c,
		    session_is_secure(c->session) ? "TLS is on already" : "TLS is not available");
		return;
	}
	if (session_has_input(c->session)) {
		pop3_goodbye(c, "-ERR Nothing may follow STLS before TLS");
		return;
	}
	pop3_say(c, "+OK Begin TLS");
	session_start_tls(c->session);
}

/* ---- at any time */

static void
act_capa(struct pop3 *c, const struct args *a)
{
	(void)a;
	session_write(c->session, STR("+OK "
				      "Capabilities\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-"
				      "CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n"));
	if (session_may_log_in(c->session))
		session_write(c->session, STR("USER\r\nSASL PLAIN\r\n"));
	if (session_can_tls(c->session))
		session_write(c->session, STR("STLS\r\n"));
	session_write(c->session, STR("IMPLEMENTATION Postern\r\n.\r\n"));
}

static void
act_noop(struct pop3 *c, const struct args *a)
{
	(void)a;
	pop3_say(c, "+OK");
}

/* ---- the mailbox */

static void
act_stat(struct pop3 *c, const struct args *a)
{
	uint64_t size = 0;
	size_t count = 0;

	(void)a;
	for (size_t i = 0; i < c->count; i++)
		if (!c->messages[i].deleted) {
			size += c->messages[i].size;
			count++;
		}
	session_printf(c->session, "+OK %zu %llu\r\n", count, (unsigned long long)size);
}

static void
act_list(struct pop3 *c, const struct args *a)
{
	if (a->message == SIZE_MAX)
		pop3_list(c);
	else
		session_printf(c->session, "+OK %zu %llu\r\n", a->message + 1,
		    (unsigned long long)c->messages[a->message].size);
}

static void
act_uidl(struct pop3 *c, const struct args *a)
{
	char unique[POP3_UID + 1];

	if (a->message == SIZE_MAX)
		pop3_uidl(c);
	else
		session_printf(c->session, "+OK %zu %s\r\n", a->message + 1,
		    pop3_unique(c, &c->messages[a->message], unique));
}

static void
act_retr(struct pop3 *c, const struct args *a)
{
	pop3_retr(c, a->message, false, 0);
}

static void
act_top(struct pop3 *c, const struct args *a)
{
	pop3_retr(c, a->message, true, a->lines);
}

static void
act_dele(struct pop3 *c, const struct args *a)
{
	c->messages[a->message].deleted = true;
	session_printf(c->session, "+OK Message %zu will be deleted\r\n", a->message + 1);
}

static void
act_rset(struct pop3 *c, const struct args *a)
{
	(void)a;
	for (size_t i = 0; i < c->count; i++)
		c->messages[i].deleted = false;
	pop3_say(c, "+OK");
}

/* ---- the end */

static void
on_ended(struct ref asker, const struct store_answer *a)
{
	struct pop3 *c = pop3_of(asker);

	(void)a;
	if (c != NULL)
		pop3_goodbye(c, "+OK Goodbye");
}

static void
leave(struct pop3 *c)
{
	struct store *store = c->store;

	c->store = NULL;
	store_end(store, on_ended);
}

static void
on_expunged(struct ref asker, const struct store_answer *a)
{
	struct pop3 *c = pop3_of(asker);

	if (c == NULL)
		return;
	c->store_busy = false;
	if (a->result == 0) {
		leave(c);
		return;
	}
	log_error("%s", a->err.text);
	pop3_goodbye(c, "-ERR [SYS/TEMP] Some deleted messages are still there");
}

/* The state UPDATE (RFC 1939, 6). The goodbye is said when the mailbox is free for the next
 * session. */
static void
update(struct pop3 *c)
{
	struct buf uids;

	buf_init(&uids, c->count * sizeof(uint32_t));
	for (size_t i = 0; i < c->count; i++)
		if (c->messages[i].deleted && c->conf->delete)
			buf_add(&uids, &c->messages[i].uid, sizeof c->messages[i].uid);
	c->state = POP3_UPDATE;
	pop3_wait(c);
	if (uids.len == 0) {
		leave(c);
	} else if (store_change(c->store, (const uint32_t *)(const void *)uids.p,
		       uids.len / sizeof(uint32_t), 0, 0, true, on_expunged) == 0) {
		c->store_busy = true;
	} else {
		pop3_goodbye(c, "-ERR [SYS/TEMP] Busy: deleted messages are still there");
	}
	buf_free(&uids);
}

static void
act_quit(struct pop3 *c, const struct args *a)
{
	(void)a;
	if (c->state == POP3_TRANSACTION)
		update(c);
	else
		pop3_goodbye(c, "+OK Goodbye");
}

/* clang-format off */
enum { BEFORE = POP3_AUTHORIZATION, INSIDE = POP3_TRANSACTION, ANY = BEFORE | INSIDE };

static const struct command commands[] = {
	/* command        when    what follows it     then      */
	{ STR("USER"), BEFORE, TEXT,              act_user },
	{ STR("PASS"), BEFORE, TEXT,              act_pass },
	{ STR("AUTH"), BEFORE, ANYTHING,          act_auth },
	{ STR("STLS"), BEFORE, NOTHING,           act_stls },
	{ STR("CAPA"), ANY,    NOTHING,           act_capa },
	{ STR("QUIT"), ANY,    NOTHING,           act_quit },
	{ STR("NOOP"), INSIDE, NOTHING,           act_noop },
	{ STR("STAT"), INSIDE, NOTHING,           act_stat },
	{ STR("LIST"), INSIDE, MAYBE_MESSAGE,     act_list },
	{ STR("UIDL"), INSIDE, MAYBE_MESSAGE,     act_uidl },
	{ STR("RETR"), INSIDE, MESSAGE,           act_retr },
	{ STR("TOP"),  INSIDE, MESSAGE_AND_LINES, act_top  },
	{ STR("DELE"), INSIDE, MESSAGE,           act_dele },
	{ STR("RSET"), INSIDE, NOTHING,           act_rset },
};
/* clang-format on */

/* ---- reading a command */

/* NULL, or what is wrong. */
static const char *
parse_message(const struct pop3 *c, struct str text, size_t *message)
{
	uint64_t number;

	if (!str_number(text, UINT32_MAX, &number))
		return "That is not the number of a message";
	if (number == 0 || number > c->count)
		return "No such message";
	if (c->messages[number - 1].deleted)
		return "That message is deleted";
	*message = (size_t)number - 1;
	return NULL;
}

static const char *
parse(const struct pop3 *c, enum form form, struct str text, struct args *a)
{
	struct str number;

	*a = (struct args){ .text = text, .message = SIZE_MAX };
	switch (form) {
	case NOTHING:
		return text.len == 0 ? NULL : "Nothing may follow this command";
	case TEXT:
		return text.len > 0 ? NULL : "Something is missing behind this command";
	case ANYTHING:
		return NULL;
	case MAYBE_MESSAGE:
		return text.len == 0 ? NULL : parse_message(c, text, &a->message);
	case MESSAGE:
		return parse_message(c, text, &a->message);
	case MESSAGE_AND_LINES:
		str_cut(&text, ' ', &number);
		if (!str_number(text, UINT32_MAX, &a->lines))
			return "Say TOP, the message's number, and how many lines";
		return parse_message(c, number, &a->message);
	}
	return "Bad command";
}

static const struct command *
find(struct str name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (str_eq_nocase(name, commands[i].name))
			return &commands[i];
	return NULL;
}

void
pop3_command(struct pop3 *c, struct str line)
{
	const struct command *command;
	struct str name, text = line;
	const char *wrong;
	struct args args;

	str_cut(&text, ' ', &name);
	command = find(name);
	if (command == NULL) {
		pop3_refuse(c, "Unknown command");
		return;
	}
	if ((command->when & c->state) == 0) {
		pop3_refuse(c,
		    c->state == POP3_AUTHORIZATION ? "Log in first" : "You are logged in already");
		return;
	}
	wrong = parse(c, command->form, text, &args);
	if (wrong != NULL)
		pop3_refuse(c, wrong);
	else
		command->act(c, &args);
}
