/* SPDX-License-Identifier: MIT */
/* domain -- the part of a mailbox behind the '@': a name or an address literal. For address.c. */
#ifndef CORE_TEXT_DOMAIN_H
#define CORE_TEXT_DOMAIN_H

#include "core/text/address.h"

struct domain {
	struct str
	    text; /* canonical: lower case and A-labels, or "[192.0.2.1]", "[IPv6:2001:db8::1]" */
	struct ip ip; /* of a literal */
	bool is_literal;
	bool is_utf8; /* was written with U-labels */
};

/*
 * The whole of `in` as Domain / address-literal; names over 0x7f only where `allow` has
 * ADDRESS_UTF8. `*out` is unchanged on an error.
 */
enum address_error domain_parse(struct arena *, struct str in, unsigned allow, struct domain *out);

/* How many bytes at the start of `in` could belong to a domain: what follows them is another thing.
 */
size_t domain_span(struct str in);

#endif
