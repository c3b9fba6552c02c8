/* SPDX-License-Identifier: MIT */
/*
 * dns -- questions to the domain name system, with a deadline and a cancel (libunbound).
 */
#ifndef CORE_LOOP_DNS_H
#define CORE_LOOP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/str.h"

struct loop;
struct dns;
struct dns_query;

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52
};

enum dns_status {
	DNS_FOUND,
	DNS_NO_DATA,   /* the name exists, the type does not */
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_TIMED_OUT, /* our deadline or the resolver's */
	DNS_FAILED,    /* SERVFAIL, refused, malformed */
	DNS_BOGUS      /* signatures do not fit */
};

enum { DNS_RECORDS_MAX = 1000, DNS_DEADLINE_MS = 10000 };

struct dns_record {
	/* PTR, CNAME, NS, MX, SRV: the name in lower case without its last dot, "." for the root, "unknown" where it
	 * has bytes that host names have not; TXT: the strings joined, any bytes */
	struct str text;
	struct ip ip;      /* A, AAAA */
	uint16_t priority; /* MX, SRV */
	uint16_t weight, port;
	struct str raw; /* rdata in wire format; of a fixture only that of TLSA */
};

struct dns_answer {
	enum dns_status status;
	bool secure;          /* validated by DNSSEC */
	uint32_t ttl;         /* seconds */
	struct str canonical; /* the name at the end of the CNAME chain */
	size_t count;
	const struct dns_record *records; /* as they came; sorted by nobody */
};

struct dns_config {
	const char *fixture; /* JSON file of DESIGN.md 7, or NULL */
	bool fixture_only;   /* never ask the network */
	const char *const
	    *servers; /* addresses ("127.0.0.1@53"), NULL-terminated, or NULL: /etc/resolv.conf */
	bool dnssec;
	uint64_t deadline_ms; /* of each query; 0: DNS_DEADLINE_MS */
};

/* The answer lives until `fn` returns. */
typedef void dns_fn(const struct dns_answer *, void *arg);

struct dns *dns_create(struct loop *, const struct dns_config *, struct err *);
/* The same from the fixture's content (JSON) instead of its name. */
struct dns *dns_create_fixture(struct loop *, struct str json, struct err *);
void dns_destroy(struct dns *); /* queries under way are dropped without a call */

/* Ask; `fn` is called once, never inside this call, unless cancelled. `name` without its last dot is fine. */
struct dns_query *dns_ask(struct dns *, struct str name, enum dns_type, dns_fn *, void *arg);
void dns_cancel(struct dns_query *); /* only before `fn` was called */

/* The name to ask for the address in a list, or with `zone` NULL in in-addr.arpa or ip6.arpa
 * ("1.2.0.192.in-addr.arpa"). 80 bytes are enough for those. Returns `to`, or NULL where it does not fit. */
const char *dns_reversed(const struct ip *, const char *zone, char *to, size_t size);

const char *dns_status_name(enum dns_status);

#endif
