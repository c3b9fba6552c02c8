/* SPDX-License-Identifier: MIT */
/* The first byte: what is allowed; the rest: a path. What was read prints as text that reads the
 * same. */
#include "core/base/arena.h"
#include "core/text/address.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

FUZZ(address)
{
	struct str rest, domain, in = { (const char *)input, size };
	struct address one, two;
	struct arena *a = arena_create(NULL);
	unsigned allow = size > 0 ? input[0] & 15 : 0;

	in = str_from(in, 1);
	address_is_helo(in);
	if (address_domain(a, in, &domain))
		assert(address_domain(a, domain, &domain));
	if (address_parse_path(a, in, allow, &one, &rest) == ADDRESS_OK) {
		assert(address_parse(a, one.text, allow | ADDRESS_NULL, &two) == ADDRESS_OK);
		assert(str_eq(one.text, two.text) && str_eq(one.local, two.local) &&
		       str_eq(one.domain, two.domain));
		assert(one.is_literal == two.is_literal && rest.len < in.len);
	}
	arena_destroy(a);
	return 0;
}
