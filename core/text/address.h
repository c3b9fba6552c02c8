/* SPDX-License-Identifier: MIT */
/*
 * address -- mailboxes and domains as SMTP writes them (RFC 5321, 4.1.2 and 4.1.3; RFC 6531, 3.3).
 *
 * Parsing gives typed values, never the string that came in: a local part without its quotes,
 * a domain in canonical form (lower case, A-labels become U-labels only for display, no dot at
 * the end). A source route is read and dropped (RFC 5321, appendix F.2).
 */
#ifndef CORE_TEXT_ADDRESS_H
#define CORE_TEXT_ADDRESS_H

#pragma GCC visibility push(default)

#include <stdbool.h>

#include "core/base/ip.h"
#include "core/base/str.h"

struct arena;
struct buf;

enum {
	ADDRESS_LOCAL_MAX = 64,   /* RFC 5321, 4.5.3.1.1; bytes */
	ADDRESS_DOMAIN_MAX = 255, /* 4.5.3.1.2 */
	ADDRESS_PATH_MAX = 256,   /* 4.5.3.1.3, with the brackets */
	ADDRESS_LABEL_MAX = 63
};

enum address_allow {
	ADDRESS_NULL = 1,       /* <> */
	ADDRESS_POSTMASTER = 2, /* <postmaster> without a domain (RFC 5321, 4.1.1.3) */
	ADDRESS_UTF8 = 4,       /* SMTPUTF8 was asked for */
	ADDRESS_BARE = 8        /* a local part alone, for the command line and for login names */
};

struct address {
	struct str local;  /* unquoted; empty for <> */
	struct str domain; /* lower case, IDN as A-labels; for a literal "[192.0.2.1]" or
			      "[IPv6:2001:db8::1]"; empty: none */
	struct str text;   /* the whole in canonical form: local part quoted where it must be, '@',
			      domain; empty for <> */
	struct ip ip;      /* of a literal */
	bool is_literal;
	bool is_utf8; /* local part or original domain has bytes over 0x7f */
};

enum address_error {
	ADDRESS_OK = 0,
	ADDRESS_SYNTAX,   /* 501 5.1.3 or 5.1.7 */
	ADDRESS_TOO_LONG, /* a length of RFC 5321, 4.5.3.1 */
	ADDRESS_BAD_DOMAIN,
	ADDRESS_NEEDS_UTF8, /* 553 5.6.7: needs SMTPUTF8 */
	ADDRESS_BAD_UTF8    /* 501 5.6.7: not UTF-8, or with controls */
};

/*
 * Parse a path in its angle brackets from the start of `in`; `*rest` is what follows '>'.
 * The result lives in the arena; `*out` is unchanged on an error.
 */
enum address_error address_parse_path(
    struct arena *, struct str in, unsigned allow, struct address *out, struct str *rest);

/* Parse `local@domain` without brackets; the whole of `in`. */
enum address_error
address_parse(struct arena *, struct str in, unsigned allow, struct address *out);

/* What is wrong, for a reply: "address has no domain" and the like. */
const char *address_error_text(enum address_error);

/* EHLO's argument: a domain or an address literal, whole (RFC 5321, 4.1.1.1). Underscores are let
 * through. */
bool address_is_helo(struct str);

/* A domain in canonical form (lower case, A-labels). False: it is none, for example because of a
 * dot at the end. */
bool address_domain(struct arena *, struct str in, struct str *out);

/* "user+detail" before and after the first `separator`; false: no detail, `*user` = all, also where
 * no user is left. */
bool address_split_detail(struct str local, char separator, struct str *user, struct str *detail);

/* Append the canonical text of the parts. -1, and nothing appended: over the maximum, or no such
 * address can be written (controls, or a domain alone). */
int address_print(struct buf *, struct str local, struct str domain);

#pragma GCC visibility pop
#endif
