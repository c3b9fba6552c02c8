/* SPDX-License-Identifier: MIT */
/*
 * domain -- names and address literals (RFC 5321, 4.1.2 and 4.1.3; RFC 5890; UTS 46).
 *
 *	Domain          = sub-domain *("." sub-domain)
 *	sub-domain      = Let-dig [Ldh-str] / U-label
 *	address-literal = "[" ( IPv4-address-literal / IPv6-address-literal ) "]"
 *
 * Stricter than the grammar, on purpose: a General-address-literal is refused (no tag is
 * registered), and so are numbers with leading zeros in IPv4 (some read them as octal).
 */
#include "core/text/domain.h"
#include "core/base/arena.h"
#include "core/base/utf8.h"
#include "core/text/encode.h"

#include <idn2.h>
#include <string.h>

static bool
is_let_dig(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_over_ascii(char c)
{
	return (unsigned char)c >= 0x80;
}

/*
 * sub-domain = Let-dig [Ldh-str]
 * Ldh-str    = *( ALPHA / DIGIT / "-" ) Let-dig
 * `other` is one more byte that may stand in it; '-' for none.
 */
static enum address_error
check_label(struct str label, char other)
{
	for (size_t i = 0; i < label.len; i++)
		if (!is_let_dig(label.p[i]) && label.p[i] != '-' && label.p[i] != other)
			return ADDRESS_BAD_DOMAIN;
	if (label.len == 0 || label.p[0] == '-' || label.p[label.len - 1] == '-')
		return ADDRESS_BAD_DOMAIN;
	return label.len > ADDRESS_LABEL_MAX ? ADDRESS_TOO_LONG : ADDRESS_OK;
}

/* Domain = sub-domain *("." sub-domain), in ASCII; so no dot at the end. */
static enum address_error
check_name(struct str name, char other)
{
	struct str label;
	bool more = true;

	if (name.len > ADDRESS_DOMAIN_MAX)
		return ADDRESS_TOO_LONG;
	while (more) {
		enum address_error e;

		more = str_cut(&name, '.', &label);
		if ((e = check_label(label, other)) != ADDRESS_OK)
			return e;
	}
	return ADDRESS_OK;
}

/*
 * To A-labels by UTS 46, not transitional: "Straße.test" is xn--strae-oqa.test. What comes back is
 * judged by the grammar of names, since mapping may have made dots or worse of what went in; not by
 * libidn2's own flag for that, which drops such characters and so makes another name. The work is
 * bounded, because what goes in is (decoding Punycode takes the square of a label's length).
 */
static enum address_error
to_a_labels(struct arena *a, struct str name, struct str *out)
{
	const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
	const char *text = str_copy(a, name).p;
	uint8_t *ascii = NULL;
	int r;

	r = idn2_lookup_u8((const uint8_t *)text, &ascii, flags);
	if (r == IDN2_TOO_BIG_DOMAIN || r == IDN2_TOO_BIG_LABEL)
		return ADDRESS_TOO_LONG;
	if (r != IDN2_OK)
		return ADDRESS_BAD_DOMAIN;
	*out = str_lower(a, str_of((const char *)ascii));
	idn2_free(ascii);
	return check_name(*out, '-');
}

static enum address_error
parse_name(struct arena *a, struct str in, unsigned allow, struct domain *d)
{
	enum address_error e;

	for (size_t i = 0; i < in.len; i++) {
		d->is_utf8 = d->is_utf8 || is_over_ascii(in.p[i]);
		if (!is_let_dig(in.p[i]) && !is_over_ascii(in.p[i]) && in.p[i] != '-' &&
		    in.p[i] != '.')
			return ADDRESS_BAD_DOMAIN;
	}
	if (!d->is_utf8) {
		if ((e = check_name(in, '-')) == ADDRESS_OK)
			d->text = str_lower(a, in);
		return e;
	}
	if (in.len > ADDRESS_DOMAIN_MAX)
		return ADDRESS_TOO_LONG;
	if (!utf8_is_clean(in))
		return ADDRESS_BAD_UTF8;
	if (!(allow & ADDRESS_UTF8))
		return ADDRESS_NEEDS_UTF8;
	return to_a_labels(a, in, &d->text);
}

/*
 * IPv4-address-literal = Snum 3("." Snum)
 * IPv6-address-literal = "IPv6:" IPv6-addr
 * An IPv6 literal of a mapped address stands for the IPv4 one, and is written as that.
 */
static bool
read_literal(struct str in, struct ip *ip)
{
	static const struct str tag = STR("IPv6:");
	bool v6;

	if (in.len < 2 || in.p[0] != '[' || in.p[in.len - 1] != ']')
		return false;
	in = (struct str){ in.p + 1, in.len - 2 };
	v6 = str_starts_nocase(in, tag);
	if (v6)
		in = str_from(in, tag.len);
	return (str_find(in, ':') >= 0) == v6 && ip_parse(in, ip);
}

static enum address_error
parse_literal(struct arena *a, struct str in, struct domain *d)
{
	char text[IP_TEXT_MAX];

	if (!read_literal(in, &d->ip))
		return ADDRESS_BAD_DOMAIN;
	d->is_literal = true;
	d->text = str_of(
	    arena_printf(a, "[%s%s]", ip_is_v4(&d->ip) ? "" : "IPv6:", ip_print(&d->ip, text)));
	return ADDRESS_OK;
}

enum address_error
domain_parse(struct arena *a, struct str in, unsigned allow, struct domain *out)
{
	struct domain d = { 0 };
	enum address_error e;

	if (in.len > 0 && in.p[0] == '[')
		e = parse_literal(a, in, &d);
	else
		e = parse_name(a, in, allow, &d);
	if (e == ADDRESS_OK)
		*out = d;
	return e;
}

size_t
domain_span(struct str in)
{
	size_t n = 0;

	if (in.len > 0 && in.p[0] == '[')
		return (size_t)(str_find(in, ']') + 1);
	while (n < in.len &&
	       (is_let_dig(in.p[n]) || is_over_ascii(in.p[n]) || memchr("-._", in.p[n], 3) != NULL))
		n++;
	return n;
}

bool
address_is_helo(struct str s)
{
	struct ip ip;

	if (s.len > 0 && s.p[0] == '[')
		return read_literal(s, &ip);
	return check_name(s, '_') == ADDRESS_OK;
}

bool
address_domain(struct arena *a, struct str in, struct str *out)
{
	struct domain d = { 0 };

	if (parse_name(a, in, ADDRESS_UTF8, &d) != ADDRESS_OK)
		return false;
	*out = d.text;
	return true;
}
