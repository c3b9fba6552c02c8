/* SPDX-License-Identifier: MIT */
/*
 * parse -- the arguments of SMTP commands as typed values (RFC 5321, 4.1.1; RFC 1870, 4954, 6152,
 * 6531).
 */
#include "modules/smtp/parse.h"
#include "core/module.h"

#include <ctype.h>

void
smtp_split(struct str line, struct str *verb, struct str *args)
{
	str_cut(&line, ' ', verb);
	*args = str_trim(line);
}

bool
smtp_is_text(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
			return false;
	return true;
}

const char *
smtp_parse_domain(struct str args, struct str *name)
{
	if (!address_is_helo(args))
		return "501 5.5.4 Need the name of your host, or its address in brackets";
	*name = args;
	return NULL;
}

/* ---- paths */

/* clang-format off */
static const char *const path_errors[][2] = {
	/*                          of the sender                                      of a recipient */
	[ADDRESS_SYNTAX]     = { "501 5.1.7 Bad sender address syntax",              "501 5.1.3 Bad recipient address syntax" },
	[ADDRESS_TOO_LONG]   = { "501 5.1.7 Sender address is too long",             "501 5.1.3 Recipient address is too long" },
	[ADDRESS_BAD_DOMAIN] = { "501 5.1.7 Bad domain in sender address",           "501 5.1.3 Bad domain in recipient address" },
	[ADDRESS_NEEDS_UTF8] = { "553 5.6.7 Address needs SMTPUTF8",                 "553 5.6.7 Address needs SMTPUTF8" },
	[ADDRESS_BAD_UTF8]   = { "501 5.6.7 Sender address is not valid UTF-8",      "501 5.6.7 Recipient address is not valid UTF-8" },
};
/* clang-format on */

/*
 * "FROM:<path> parameters". Spaces behind the colon are wrong (RFC 5321, 3.3) but common, and
 * harmless.
 */
static const char *
parse_path(struct arena *arena, struct str args, struct str word, unsigned allow,
    struct address *path, struct str *params)
{
	bool is_rcpt = word.p[0] == 'T';
	enum address_error error;

	if (!str_starts_nocase(args, word))
		return is_rcpt ? "501 5.5.4 Syntax: RCPT TO:<address>"
			       : "501 5.5.4 Syntax: MAIL FROM:<address>";
	error = address_parse_path(
	    arena, str_trim(str_from(args, word.len)), allow | ADDRESS_UTF8, path, params);
	if (error != ADDRESS_OK)
		return path_errors[error][is_rcpt];
	if (params->len > 0 && params->p[0] != ' ')
		return path_errors[ADDRESS_SYNTAX][is_rcpt];
	return NULL;
}

/* ---- parameters */

struct mail_reading {
	struct arena *arena;
	const struct mail_rules *rules;
	struct mail_params *params;
};

static const char bad_value[] = "501 5.5.4 Bad parameter value";

/* size-value = 1*20DIGIT (RFC 1870, 5); what does not fit a number is too large all the same. */
static const char *
read_size(struct mail_reading *r, struct str value)
{
	uint64_t max = r->rules->size_max;

	for (size_t i = 0; i < value.len; i++)
		if (!isdigit((unsigned char)value.p[i]))
			return bad_value;
	if (value.len == 0)
		return bad_value;
	if (!str_number(value, UINT64_MAX, &r->params->size) || (max > 0 && r->params->size > max))
		return "552 5.3.4 Message is too large";
	return NULL;
}

static const char *
read_body(struct mail_reading *r, struct str value)
{
	r->params->body_8bit = str_eq_nocase(value, STR("8BITMIME"));
	return r->params->body_8bit || str_eq_nocase(value, STR("7BIT")) ? NULL : bad_value;
}

static const char *
read_utf8(struct mail_reading *r, struct str value)
{
	r->params->utf8 = true;
	return value.p == NULL ? NULL : bad_value;
}

/* "<>" or a mailbox, as xtext (RFC 4954, 5). */
static const char *
read_auth(struct mail_reading *r, struct str value)
{
	struct address address;
	struct buf text;
	bool good;

	buf_init(&text, ADDRESS_PATH_MAX);
	good = value.len > 0 && xtext_decode(value, &text) == 0;
	good = good && (str_eq(buf_str(&text), STR("<>")) ||
			   address_parse(r->arena, buf_str(&text), ADDRESS_BARE | ADDRESS_UTF8,
			       &address) == ADDRESS_OK);
	if (good)
		r->params->auth = str_copy(r->arena, buf_str(&text));
	buf_free(&text);
	return good ? NULL : bad_value;
}

/* clang-format off */
static const struct param {
	struct str name;
	unsigned offer; /* the extension that it belongs to */
	const char *(*read)(struct mail_reading *, struct str value); /* value.p NULL: there is none */
} mail_table[] = {
	{ STR("SIZE"),     OFFER_SIZE,     read_size },
	{ STR("BODY"),     OFFER_8BITMIME, read_body },
	{ STR("SMTPUTF8"), OFFER_SMTPUTF8, read_utf8 },
	{ STR("AUTH"),     OFFER_AUTH,     read_auth },
};
/* clang-format on */

static const struct param *
find_param(struct str name, unsigned offered)
{
	for (size_t i = 0; i < sizeof mail_table / sizeof mail_table[0]; i++)
		if (str_eq_nocase(name, mail_table[i].name))
			return (mail_table[i].offer & offered) != 0 ? &mail_table[i] : NULL;
	return NULL;
}

/* esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-") */
static bool
is_keyword(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && (s.p[i] != '-' || i == 0))
			return false;
	return s.len > 0;
}

/*
 * The next "keyword" or "keyword=value"; a value without a keyword is NULL. False: there is none.
 */
static bool
next_param(struct str *rest, struct str *name, struct str *value)
{
	struct str word;

	*rest = str_trim(*rest);
	if (rest->len == 0)
		return false;
	str_cut(rest, ' ', &word);
	*value = word;
	if (!str_cut(value, '=', name))
		*value = (struct str){ NULL, 0 };
	return true;
}

static const char *
read_params(struct mail_reading *r, struct str rest)
{
	struct str name, value;
	unsigned seen = 0;

	while (next_param(&rest, &name, &value)) {
		const struct param *p;
		const char *refusal;

		if (!is_keyword(name))
			return "501 5.5.4 Bad parameter syntax";
		p = find_param(name, r->rules->offered);
		if (p == NULL)
			return "555 5.5.4 Parameter is not recognized";
		if ((seen & p->offer) != 0)
			return "501 5.5.4 Parameter is given twice";
		seen |= p->offer;
		if ((refusal = p->read(r, value)) != NULL)
			return refusal;
	}
	return NULL;
}

/* ---- commands */

const char *
smtp_parse_mail(struct arena *arena, struct str args, const struct mail_rules *rules,
    struct address *sender, struct mail_params *params)
{
	struct mail_reading reading = { arena, rules, params };
	const char *refusal;
	struct str rest;

	*params = (struct mail_params){ 0 };
	refusal = parse_path(arena, args, STR("FROM:"), ADDRESS_NULL, sender, &rest);
	if (refusal == NULL)
		refusal = read_params(&reading, rest);
	if (refusal == NULL && sender->is_utf8 && !params->utf8)
		refusal = path_errors[ADDRESS_NEEDS_UTF8][0];
	return refusal;
}

const char *
smtp_parse_rcpt(struct arena *arena, struct str args, bool utf8, struct address *rcpt,
    struct rcpt_params *params)
{
	struct str rest, name, value;
	const char *refusal;

	*params = (struct rcpt_params){ 0 };
	refusal = parse_path(arena, args, STR("TO:"), ADDRESS_POSTMASTER, rcpt, &rest);
	if (refusal != NULL)
		return refusal;
	if (next_param(&rest, &name, &value))
		return is_keyword(name) ? "555 5.5.4 Parameter is not recognized"
					: "501 5.5.4 Bad parameter syntax";
	return rcpt->is_utf8 && !utf8 ? path_errors[ADDRESS_NEEDS_UTF8][1] : NULL;
}
