/* SPDX-License-Identifier: MIT */
/* The first byte chooses the type that was asked for, the rest is a response. */
#include "core/loop/dns_inner.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

FUZZ(dns)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_TXT, DNS_MX, DNS_PTR, DNS_SRV,
		DNS_TLSA, DNS_CNAME };
	struct arena *arena = arena_create(NULL);
	struct dns_answer a;

	if (size == 0) {
		arena_destroy(arena);
		return 0;
	}
	dns_wire_read(
	    (struct str){ (const char *)input + 1, size - 1 }, types[input[0] % 8], arena, &a);
	assert(a.count <= DNS_RECORDS_MAX && a.ttl <= DNS_TTL_MAX &&
	       (a.status == DNS_FOUND) == (a.count > 0));
	for (size_t i = 0; i < a.count && types[input[0] % 8] != DNS_TXT; i++)
		for (size_t at = 0; at < a.records[i].text.len; at++)
			assert(a.records[i].text.p[at] > ' ');
	arena_destroy(arena);
	return 0;
}
