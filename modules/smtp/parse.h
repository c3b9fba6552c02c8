/* SPDX-License-Identifier: MIT */
/*
 * parse -- the arguments of SMTP commands as typed values (RFC 5321, 4.1.1; RFC 1870, 4954, 6152,
 * 6531).
 *
 * Each function returns NULL, or the reply that refuses what it read.
 */
#ifndef MODULES_SMTP_PARSE_H
#define MODULES_SMTP_PARSE_H

#include "core/session/intake.h"

struct arena;

/*
 * What the reply to EHLO may offer. A parameter of an extension that was not offered does not exist.
 */
enum smtp_offer {
	OFFER_PIPELINING = 1,
	OFFER_SIZE = 2,
	OFFER_8BITMIME = 4,
	OFFER_SMTPUTF8 = 8,
	OFFER_CODES = 16,
	OFFER_STARTTLS = 32,
	OFFER_AUTH = 64
};

struct mail_rules {
	unsigned offered;  /* enum smtp_offer */
	uint64_t size_max; /* bytes; 0: any */
};

/* The first word, and what follows it without spaces at both ends. */
void smtp_split(struct str line, struct str *verb, struct str *args);
/* A command line is text: no CR, no NUL, no other control characters but TAB. */
bool smtp_is_text(struct str line);

const char *smtp_parse_domain(struct str args, struct str *name);
const char *smtp_parse_mail(struct arena *, struct str args, const struct mail_rules *,
    struct address *, struct mail_params *);
/* `utf8`: the transaction asked for SMTPUTF8. */
const char *
smtp_parse_rcpt(struct arena *, struct str args, bool utf8, struct address *, struct rcpt_params *);

#endif
