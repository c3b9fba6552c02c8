/* SPDX-License-Identifier: MIT */
/* login -- USER and PASS, AUTH PLAIN (RFC 5034, RFC 4616), and opening the mailbox. */
#include "modules/pop3/pop3.h"

#include <errno.h>
#include <string.h>

void
pop3_forget_login(struct pop3 *c)
{
	buf_clear(&c->user);
	c->awaits_response = false;
	session_set_line_max(c->session, POP3_LINE);
}

/* ---- the mailbox */

/* The listing is borrowed: what the session needs of it is kept, in numbers. */
static void
keep_messages(struct pop3 *c, const struct store_answer *a)
{
	c->arena = arena_create(NULL);
	c->uid_validity = a->uid_validity;
	c->count = a->count;
	c->messages = arena_alloc(c->arena, (a->count + 1) * sizeof *c->messages);
	for (size_t i = 0; i < a->count; i++) {
		const struct storage_message *m = &a->messages[i];

		c->messages[i] = (struct pop3_message){ .uid = m->uid, .size = m->size };
		if (m->pop3_uid.len > 0)
			c->messages[i].unique =
			    arena_copy(c->arena, m->pop3_uid.p, m->pop3_uid.len);
	}
}

static void
fail_to_open(struct pop3 *c, const struct err *err)
{
	store_close(c->store);
	c->store = NULL;
	pop3_forget_login(c);
	if (err != NULL && err->code == EBUSY) {
		pop3_refuse(c, "[IN-USE] Another session has the mailbox");
	} else {
		if (err != NULL)
			log_error("%s", err->text);
		pop3_refuse(c, "[SYS/TEMP] The mailbox cannot be opened now");
	}
	pop3_go(c);
}

static void
on_messages(struct ref asker, const struct store_answer *a)
{
	struct pop3 *c = pop3_of(asker);

	if (c == NULL)
		return;
	c->store_busy = false;
	if (a->result < 0) {
		fail_to_open(c, &a->err);
		return;
	}
	keep_messages(c, a);
	c->state = POP3_TRANSACTION;
	session_printf(c->session, "+OK %zu messages\r\n", c->count);
	pop3_go(c);
}

static void
on_open(struct ref asker, const struct store_answer *a)
{
	struct pop3 *c = pop3_of(asker);

	if (c == NULL)
		return;
	if (a->result == 0 && store_messages(c->store, on_messages) == 0)
		return;
	c->store_busy = false;
	fail_to_open(c, a->result < 0 ? &a->err : NULL);
}

static void
open_mailbox(struct pop3 *c)
{
	c->store = store_open(buf_str(&c->user), STR("INBOX"), STORAGE_CREATE | STORAGE_EXCLUSIVE,
	    session_ref(c->session), on_open);
	c->store_busy = c->store != NULL;
	if (c->store == NULL)
		fail_to_open(c, NULL);
}

/* ---- the password */

/* The same words for a wrong password and for a name that nobody has (THREATS.md, A3). */
static void
deny(struct pop3 *c)
{
	uint64_t most = session_limits(c->session)->auth_failures;

	session_login_failed(c->session, buf_str(&c->user));
	pop3_forget_login(c);
	if (most > 0 && ++c->auth_failures >= most) {
		pop3_goodbye(c, "-ERR [AUTH] Too many failed logins");
		return;
	}
	session_printf(c->session, "-ERR [AUTH] Wrong name or password\r\n");
	pop3_go(c);
}

static void
on_checked(enum auth_result result, struct str user, void *arg)
{
	struct pop3 *c = arg;

	c->request = NULL;
	if (result == AUTH_OK) {
		buf_clear(&c->user);
		buf_add_str(&c->user, user);
		open_mailbox(c);
	} else if (result == AUTH_UNAVAILABLE) {
		pop3_forget_login(c);
		pop3_refuse(c, "[SYS/TEMP] Logins cannot be checked now, try again");
		pop3_go(c);
	} else {
		deny(c);
	}
}

/* The deadline of the check is the auth process' own; the session only waits. */
static void
check(struct pop3 *c, struct str password)
{
	struct str user = buf_str(&c->user);

	pop3_wait(c);
	if (session_login_is_barred(c->session)) {
		pop3_forget_login(c);
		pop3_refuse(c, "[SYS/TEMP] Too many failed logins from your network, try later");
		pop3_go(c);
		return;
	}
	if (user.len == 0 || !utf8_is_clean(user) || password.len == 0 ||
	    str_find(password, '\0') >= 0) {
		deny(c);
		return;
	}
	c->request = auth_check(auth_here(), user, password, "pop3", on_checked, c);
}

static bool
may_log_in(struct pop3 *c)
{
	if (session_may_log_in(c->session))
		return true;
	pop3_refuse(c, "Passwords are taken under TLS only: say STLS");
	return false;
}

/* ---- the commands */

void
pop3_user(struct pop3 *c, struct str name)
{
	if (!may_log_in(c))
		return;
	buf_clear(&c->user);
	if (buf_add_str(&c->user, name) < 0) {
		pop3_refuse(c, "That name is too long");
		return;
	}
	pop3_say(c, "+OK Now the password");
}

void
pop3_pass(struct pop3 *c, struct str password)
{
	if (!may_log_in(c))
		return;
	if (c->user.len == 0)
		pop3_refuse(c, "Say USER first");
	else
		check(c, password);
}

static void
take_plain(struct pop3 *c, struct str response)
{
	struct str user, password;
	bool other;

	if (!session_parse_plain(response, &user, &password, &other)) {
		pop3_refuse(c, "Bad PLAIN response");
		return;
	}
	buf_clear(&c->user);
	buf_add_str(&c->user, user);
	if (!other) {
		check(c, password);
		return;
	}
	pop3_wait(c);
	deny(c);
}

/* The response in base64; "=" is the empty one, "*" gives up (RFC 5034, 4). */
void
pop3_auth_response(struct pop3 *c, struct str line)
{
	struct buf response;

	c->awaits_response = false;
	session_set_line_max(c->session, POP3_LINE);
	if (str_eq(line, STR("*"))) {
		pop3_refuse(c, "Login given up");
		return;
	}
	buf_init(&response, POP3_AUTH_LINE);
	if (str_eq(line, STR("=")) || base64_decode(line, &response) == 0)
		take_plain(c, buf_str(&response));
	else
		pop3_refuse(c, "Bad base64");
	if (response.cap > 0)
		explicit_bzero(response.p, response.cap);
	buf_free(&response);
}

void
pop3_auth(struct pop3 *c, struct str args)
{
	struct str mechanism;
	bool initial = str_cut(&args, ' ', &mechanism);

	if (!may_log_in(c))
		return;
	if (!str_eq_nocase(mechanism, STR("PLAIN"))) {
		pop3_refuse(c, "The only mechanism is PLAIN");
		return;
	}
	if (initial) {
		pop3_auth_response(c, args);
		return;
	}
	c->awaits_response = true;
	session_set_line_max(c->session, POP3_AUTH_LINE);
	pop3_say(c, "+ ");
}
