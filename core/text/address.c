/* SPDX-License-Identifier: MIT */
/*
 * address -- mailboxes and paths as SMTP writes them (RFC 5321, 4.1.2; RFC 6531, 3.3).
 *
 * Each function of the grammar takes what it knows from the start of `*rest`. Every byte is looked
 * at a bounded number of times, and nothing here calls itself.
 *
 * Stricter than the grammar, on purpose: a local part that is an empty quoted string ("") is
 * refused, because nothing behind us can tell it from none.
 */
#include "core/text/address.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/text/domain.h"
#include "core/text/encode.h"

#include <string.h>

/* A path without its brackets. */
enum { MAILBOX_MAX = ADDRESS_PATH_MAX - 2 };

/* atext of RFC 5322, 3.2.3, and UTF8-non-ascii of RFC 6531, 3.3 */
static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* qtextSMTP and what quoted-pairSMTP may quote: no control, not DEL */
static bool
is_quotable(char c)
{
	return (c >= ' ' && c <= '~') || (unsigned char)c >= 0x80;
}

static bool
take(struct str *rest, char c)
{
	if (rest->len == 0 || rest->p[0] != c)
		return false;
	*rest = str_from(*rest, 1);
	return true;
}

/* The length of the Dot-string at the start: Dot-string = Atom *("." Atom); Atom = 1*atext */
static size_t
dot_string(struct str in)
{
	size_t n = 0, end = 0;

	for (;; n++) {
		size_t start = n;

		while (n < in.len && is_atext(in.p[n]))
			n++;
		if (n > start)
			end = n;
		if (n == start || n == in.len || in.p[n] != '.')
			return end;
	}
}

/*
 * Quoted-string    = DQUOTE *QcontentSMTP DQUOTE
 * QcontentSMTP     = qtextSMTP / quoted-pairSMTP
 * quoted-pairSMTP  = %d92 %d32-126
 * The length of the one at the start, with its quotes; 0: none, or not closed.
 */
static size_t
quoted_string(struct str in)
{
	for (size_t n = 1; n < in.len; n++) {
		if (in.p[n] == '"')
			return n + 1;
		if (in.p[n] == '\\' && (++n == in.len || (unsigned char)in.p[n] >= 0x80))
			return 0;
		if (!is_quotable(in.p[n]))
			return 0;
	}
	return 0;
}

/* A Quoted-string without its quotes and backslashes. */
static struct str
unquote(struct arena *a, struct str quoted)
{
	char *p = arena_alloc(a, quoted.len);
	size_t len = 0;

	for (size_t i = 1; i + 1 < quoted.len; i++) {
		if (quoted.p[i] == '\\')
			i++;
		p[len++] = quoted.p[i];
	}
	return (struct str){ p, len };
}

static bool
has_utf8(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* Local-part = Dot-string / Quoted-string */
static enum address_error
local_part(struct arena *a, struct str *rest, unsigned allow, struct address *out)
{
	bool quoted = rest->len > 0 && rest->p[0] == '"';
	struct str written = { rest->p, quoted ? quoted_string(*rest) : dot_string(*rest) };

	if (written.len == 0)
		return ADDRESS_SYNTAX;
	if (written.len > ADDRESS_LOCAL_MAX)
		return ADDRESS_TOO_LONG;
	*rest = str_from(*rest, written.len);
	out->local = quoted ? unquote(a, written) : str_copy(a, written);
	if (out->local.len == 0)
		return ADDRESS_SYNTAX;
	if (!utf8_is_clean(out->local))
		return ADDRESS_BAD_UTF8;
	out->is_utf8 = has_utf8(out->local);
	return out->is_utf8 && !(allow & ADDRESS_UTF8) ? ADDRESS_NEEDS_UTF8 : ADDRESS_OK;
}

/* The Domain or address-literal at the start of `*rest`. */
static enum address_error
domain_part(struct arena *a, struct str *rest, unsigned allow, struct address *out)
{
	struct domain d;
	struct str written = { rest->p, domain_span(*rest) };
	enum address_error e = domain_parse(a, written, allow, &d);

	if (e != ADDRESS_OK)
		return e;
	*rest = str_from(*rest, written.len);
	out->domain = d.text;
	out->ip = d.ip;
	out->is_literal = d.is_literal;
	out->is_utf8 = out->is_utf8 || d.is_utf8;
	return ADDRESS_OK;
}

/* A local part without a domain: postmaster, in any case of letters, or where names alone may
 * stand. */
static enum address_error
no_domain(struct arena *a, unsigned allow, struct address *out)
{
	if ((allow & ADDRESS_POSTMASTER) && str_eq_nocase(out->local, STR("postmaster")))
		out->local = str_lower(a, out->local);
	else if (!(allow & ADDRESS_BARE))
		return ADDRESS_BAD_DOMAIN;
	return ADDRESS_OK;
}

/* The canonical text; A-labels may have made it longer than a path can be. */
static enum address_error
finish(struct arena *a, struct address *out)
{
	enum address_error e = ADDRESS_OK;
	struct buf text;

	buf_init(&text, MAILBOX_MAX);
	if (address_print(&text, out->local, out->domain) < 0)
		e = ADDRESS_TOO_LONG;
	out->text = str_copy(a, buf_str(&text));
	buf_free(&text);
	return e;
}

/* Mailbox = Local-part "@" ( Domain / address-literal ) */
static enum address_error
mailbox(struct arena *a, struct str *rest, unsigned allow, struct address *out)
{
	enum address_error e = local_part(a, rest, allow, out);

	if (e != ADDRESS_OK)
		return e;
	e = take(rest, '@') ? domain_part(a, rest, allow, out) : no_domain(a, allow, out);
	return e != ADDRESS_OK ? e : finish(a, out);
}

/*
 * A-d-l     = At-domain *( "," At-domain )
 * At-domain = "@" Domain
 * Read, checked and forgotten, with the colon behind it (RFC 5321, appendix F.2).
 */
static enum address_error
source_route(struct arena *a, struct str *rest, unsigned allow)
{
	struct address hop = { 0 };
	enum address_error e;

	if (rest->len == 0 || rest->p[0] != '@')
		return ADDRESS_OK;
	do {
		if (!take(rest, '@'))
			return ADDRESS_SYNTAX;
		if ((e = domain_part(a, rest, allow, &hop)) != ADDRESS_OK)
			return e;
		if (hop.is_literal)
			return ADDRESS_SYNTAX;
	} while (take(rest, ','));
	return take(rest, ':') ? ADDRESS_OK : ADDRESS_SYNTAX;
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">" */
enum address_error
address_parse_path(
    struct arena *a, struct str in, unsigned allow, struct address *out, struct str *rest)
{
	struct address got = { 0 };
	struct str left = in;
	enum address_error e;

	if (!take(&left, '<'))
		return ADDRESS_SYNTAX;
	if (take(&left, '>')) {
		if (!(allow & ADDRESS_NULL))
			return ADDRESS_SYNTAX;
		*out = (struct address){ .local = STR(""), .domain = STR(""), .text = STR("") };
		*rest = left;
		return ADDRESS_OK;
	}
	if ((e = source_route(a, &left, allow)) != ADDRESS_OK ||
	    (e = mailbox(a, &left, allow, &got)) != ADDRESS_OK)
		return e;
	if (!take(&left, '>'))
		return ADDRESS_SYNTAX;
	if (in.len - left.len > ADDRESS_PATH_MAX)
		return ADDRESS_TOO_LONG;
	*out = got;
	*rest = left;
	return ADDRESS_OK;
}

enum address_error
address_parse(struct arena *a, struct str in, unsigned allow, struct address *out)
{
	struct address got = { 0 };
	struct str left = in;
	enum address_error e;

	if (in.len == 0 && (allow & ADDRESS_NULL)) {
		*out = (struct address){ .local = STR(""), .domain = STR(""), .text = STR("") };
		return ADDRESS_OK;
	}
	if ((e = mailbox(a, &left, allow, &got)) != ADDRESS_OK)
		return e;
	if (left.len > 0)
		return ADDRESS_SYNTAX;
	if (in.len > MAILBOX_MAX)
		return ADDRESS_TOO_LONG;
	*out = got;
	return ADDRESS_OK;
}

const char *
address_error_text(enum address_error e)
{
	static const char *const texts[] = {
		[ADDRESS_OK] = "address is valid",
		[ADDRESS_SYNTAX] = "address is not well formed",
		[ADDRESS_TOO_LONG] = "address is too long",
		[ADDRESS_BAD_DOMAIN] = "address has no valid domain",
		[ADDRESS_NEEDS_UTF8] = "address needs SMTPUTF8",
		[ADDRESS_BAD_UTF8] = "address is not clean UTF-8",
	};

	return texts[e];
}

bool
address_split_detail(struct str local, char separator, struct str *user, struct str *detail)
{
	if (local.len > 0 && local.p[0] != separator && str_find(local, separator) > 0) {
		*detail = local;
		return str_cut(detail, separator, user);
	}
	*user = local;
	*detail = STR("");
	return false;
}

/* Quoted only where it must be, and then only '"' and '\' escaped, so that there is one way to
 * write each local part. */
static int
print_local(struct buf *to, struct str local)
{
	if (dot_string(local) == local.len)
		return buf_add_str(to, local);
	buf_add_byte(to, '"');
	for (size_t i = 0; i < local.len; i++) {
		if (!is_quotable(local.p[i]))
			return -1;
		if (local.p[i] == '"' || local.p[i] == '\\')
			buf_add_byte(to, '\\');
		buf_add_byte(to, local.p[i]);
	}
	return buf_add_byte(to, '"');
}

int
address_print(struct buf *to, struct str local, struct str domain)
{
	size_t start = to->len;
	int r;

	if (local.len == 0)
		return domain.len == 0 ? 0 : -1;
	r = print_local(to, local);
	if (domain.len > 0)
		buf_add_byte(to, '@');
	buf_add_str(to, domain);
	if (r == 0 && !to->over)
		return 0;
	buf_truncate(to, start);
	return -1;
}
