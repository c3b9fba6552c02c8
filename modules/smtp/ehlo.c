/* SPDX-License-Identifier: MIT */
/* ehlo -- who the client is, and what is offered to it (RFC 5321, 4.1.1.1). */
#include "modules/smtp/parse.h"
#include "modules/smtp/smtp.h"

static bool
always(struct smtp *c)
{
	(void)c;
	return true;
}

static bool
can_tls(struct smtp *c)
{
	return session_can_tls(c->session);
}

static bool
can_log_in(struct smtp *c)
{
	return session_may_log_in(c->session) && tx_user(c->tx).len == 0;
}

/* clang-format off */
static const struct extension {
	struct str name;
	unsigned offer;
	bool (*is_possible)(struct smtp *);
	const char *argument;
} extensions[] = {
	{ STR("PIPELINING"),          OFFER_PIPELINING, always,     "" },             /* RFC 2920 */
	{ STR("SIZE"),                OFFER_SIZE,       always,     NULL },           /* RFC 1870; NULL: the limit */
	{ STR("8BITMIME"),            OFFER_8BITMIME,   always,     "" },             /* RFC 6152 */
	{ STR("SMTPUTF8"),            OFFER_SMTPUTF8,   always,     "" },             /* RFC 6531 */
	{ STR("STARTTLS"),            OFFER_STARTTLS,   can_tls,    "" },             /* RFC 3207 */
	{ STR("AUTH"),                OFFER_AUTH,       can_log_in, " PLAIN LOGIN" }, /* RFC 4954 */
	{ STR("ENHANCEDSTATUSCODES"), OFFER_CODES,      always,     "" },             /* RFC 2034 */
};
/* clang-format on */

enum { EXTENSIONS = sizeof extensions / sizeof extensions[0] };

static bool
is_offered(struct smtp *c, const struct extension *e)
{
	return e->is_possible(c) && tx_offers(c->tx, e->name);
}

bool
smtp_offers(struct smtp *c, unsigned offer)
{
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (extensions[i].offer == offer)
			return is_offered(c, &extensions[i]);
	return false;
}

static const char *
parse(struct smtp *c, struct str args, bool esmtp)
{
	struct str name;
	const char *refusal = smtp_parse_domain(args, &name);

	if (refusal != NULL)
		return refusal;
	c->offered = 0;
	tx_learn_helo(c->tx, name, esmtp);
	return NULL;
}

const char *
smtp_parse_helo(struct smtp *c, struct str args)
{
	return parse(c, args, false);
}

const char *
smtp_parse_ehlo(struct smtp *c, struct str args)
{
	return parse(c, args, true);
}

void
smtp_helo(struct smtp *c)
{
	session_printf(c->session, "250 %s\r\n", session_hostname(c->session));
	smtp_next(c);
}

static void
print_extension(struct smtp *c, const struct extension *e, bool is_last)
{
	unsigned long long size = session_limits(c->session)->message_size;
	char between = is_last ? ' ' : '-';

	if (e->argument == NULL)
		session_printf(c->session, "250%c%s %llu\r\n", between, e->name.p, size);
	else
		session_printf(c->session, "250%c%s%s\r\n", between, e->name.p, e->argument);
}

/* Nothing of what the client said is repeated: it may be a browser that was made to speak to us. */
void
smtp_ehlo(struct smtp *c)
{
	unsigned left = 0;

	for (size_t i = 0; i < EXTENSIONS; i++)
		left |= is_offered(c, &extensions[i]) ? extensions[i].offer : 0;
	c->offered = left;
	session_printf(
	    c->session, "250%c%s\r\n", left != 0 ? '-' : ' ', session_hostname(c->session));
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if ((left & extensions[i].offer) == 0)
			continue;
		left &= ~extensions[i].offer;
		print_extension(c, &extensions[i], left == 0);
	}
	smtp_next(c);
}
