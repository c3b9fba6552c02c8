/* SPDX-License-Identifier: MIT */
/* auth -- AUTH with the mechanisms PLAIN (RFC 4616) and LOGIN (RFC 4954). */
#include "modules/smtp/parse.h"
#include "modules/smtp/smtp.h"

#include <string.h>

/* ---- what the answer to a password was */

static void
authenticated(struct smtp *c)
{
	if (!smtp_refused(c))
		smtp_reply(c, "235 2.7.0 Authentication successful");
}

static void
deny(struct smtp *c)
{
	uint64_t most = session_limits(c->session)->auth_failures;

	session_login_failed(c->session, buf_str(&c->auth_user));
	if (most > 0 && ++c->auth_failures >= most)
		smtp_reply(c, "421 4.7.0 Too many failed logins, closing the connection");
	else
		smtp_reply(c, "535 5.7.8 Authentication credentials invalid");
}

static void
checked(enum auth_result result, struct str user, void *arg)
{
	struct smtp *c = arg;

	c->auth_request = NULL;
	if (result == AUTH_OK) {
		tx_learn_user(c->tx, user);
		smtp_ask(c, STAGE_AUTH, authenticated);
	} else if (result == AUTH_UNAVAILABLE) {
		smtp_reply(c, "454 4.7.0 Temporary authentication failure");
	} else {
		deny(c);
	}
}

/* A name or password that nobody can have goes no further. */
static void
check(struct smtp *c, struct str password)
{
	struct str user = buf_str(&c->auth_user);

	if (user.len == 0 || !utf8_is_clean(user) || password.len == 0 ||
	    str_find(password, '\0') >= 0) {
		deny(c);
		return;
	}
	session_hold(c->session);
	c->auth_request = auth_check(auth_here(), user, password, "smtp", checked, c);
}

/* ---- the exchange */

static void expect(struct smtp *, enum auth_step);

static void
take_plain(struct smtp *c, struct str response)
{
	struct str user, password;
	bool other;

	if (!session_parse_plain(response, &user, &password, &other)) {
		smtp_reply(c, "501 5.5.2 Bad PLAIN response");
		return;
	}
	buf_clear(&c->auth_user);
	(void)buf_add_str(&c->auth_user, user);
	if (other)
		deny(c);
	else
		check(c, password);
}

static void
take_user(struct smtp *c, struct str response)
{
	buf_clear(&c->auth_user);
	(void)buf_add_str(&c->auth_user, response);
	expect(c, AUTH_STEP_PASSWORD);
}

static void
take_password(struct smtp *c, struct str response)
{
	check(c, response);
}

/* clang-format off */
static const struct {
	const char *prompt;
	void (*take)(struct smtp *, struct str response);
} steps[AUTH_STEP_COUNT] = {
	[AUTH_STEP_PLAIN]    = { "334 ",             take_plain },
	[AUTH_STEP_USER]     = { "334 VXNlcm5hbWU6", take_user },     /* Username: */
	[AUTH_STEP_PASSWORD] = { "334 UGFzc3dvcmQ6", take_password }, /* Password: */
};

static const struct { struct str name; enum auth_step first; } mechanisms[] = {
	{ STR("PLAIN"), AUTH_STEP_PLAIN },
	{ STR("LOGIN"), AUTH_STEP_USER },
};
/* clang-format on */

static void
expect(struct smtp *c, enum auth_step step)
{
	c->auth_step = step;
	smtp_reply(c, steps[step].prompt);
}

/* One response of the client, or the initial one, as base64. */
static void
respond(struct smtp *c, enum auth_step step, struct str text)
{
	struct buf response;

	c->auth_step = AUTH_STEP_NONE;
	if (text.len > SMTP_AUTH_MAX) {
		smtp_reply(c, "500 5.5.6 Authentication exchange line is too long");
		return;
	}
	buf_init(&response, SMTP_AUTH_MAX);
	if (base64_decode(text, &response) == 0)
		steps[step].take(c, buf_str(&response));
	else
		smtp_reply(c, "501 5.5.2 Bad base64");
	if (response.cap > 0)
		explicit_bzero(response.p, response.cap);
	buf_free(&response);
}

static enum auth_step
first_step(struct str mechanism)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (str_eq_nocase(mechanism, mechanisms[i].name))
			return mechanisms[i].first;
	return AUTH_STEP_NONE;
}

const char *
smtp_parse_auth(struct smtp *c, struct str args)
{
	struct str mechanism;

	if (tx_user(c->tx).len > 0)
		return "503 5.5.1 You are authenticated already";
	if (!session_may_log_in(c->session) && smtp_offers(c, OFFER_STARTTLS))
		return "538 5.7.11 Encryption is required first";
	if (!smtp_offers(c, OFFER_AUTH))
		return "502 5.5.1 Authentication is not available";
	str_cut(&args, ' ', &mechanism);
	if (mechanism.len == 0)
		return "501 5.5.4 Syntax: AUTH mechanism";
	if (first_step(mechanism) == AUTH_STEP_NONE)
		return "504 5.5.4 Mechanism is not known";
	if (session_login_is_barred(c->session))
		return "454 4.7.0 Too many failed logins from your network, try again later";
	return NULL;
}

/* "=" is a response that is there and empty (RFC 4954, 4). */
void
smtp_auth(struct smtp *c)
{
	struct str initial = c->argument, mechanism;
	enum auth_step step;

	str_cut(&initial, ' ', &mechanism);
	step = first_step(mechanism);
	initial = str_trim(initial);
	if (initial.len == 0)
		expect(c, step);
	else
		respond(c, step, str_eq(initial, STR("=")) ? STR("") : initial);
}

void
smtp_auth_line(struct smtp *c, struct str line)
{
	line = str_trim(line);
	if (session_has_input(c->session)) {
		smtp_out_of_step(c);
	} else if (str_eq(line, STR("*"))) {
		smtp_auth_end(c);
		smtp_reply(c, "501 5.7.0 Authentication cancelled");
	} else {
		respond(c, c->auth_step, line);
	}
}

void
smtp_auth_end(struct smtp *c)
{
	c->auth_step = AUTH_STEP_NONE;
	if (c->auth_request != NULL)
		auth_cancel(c->auth_request);
	c->auth_request = NULL;
	buf_free(&c->auth_user);
}
