/* SPDX-License-Identifier: MIT */
/*
 * dns_inner -- the parts of dns: dns.c asks in this order, and the first that knows answers.
 *
 *   fixture (dns_fixture.c) -> cache (dns_cache.c) -> network (dns_net.c, read by dns_wire.c)
 */
#ifndef CORE_LOOP_DNS_INNER_H
#define CORE_LOOP_DNS_INNER_H

#include "core/base/arena.h"
#include "core/loop/dns.h"

enum {
	DNS_NAME_MAX = 253,  /* as text, without the last dot */
	DNS_CHAIN_MAX = 8,   /* CNAMEs followed */
	DNS_TTL_MAX = 3600,  /* seconds; whoever says longer is asked again all the same */
	DNS_CACHE_MAX = 8192 /* answers kept */
};

/* An answer and its memory, shared by the cache and the queries that it was given to. */
struct dns_result {
	unsigned refs;
	struct arena *arena;
	struct dns_answer answer;
};

struct dns_result *dns_result_create(void); /* DNS_FAILED, held once */
struct dns_result *dns_result_hold(struct dns_result *);
void dns_result_drop(struct dns_result *); /* NULL is allowed */

/*
 * Read a response (RFC 1035, 4) to a question for `type`. Bounded: at most DNS_RECORDS_MAX
 * records, DNS_CHAIN_MAX aliases. A response that breaks the format is DNS_FAILED.
 */
void dns_wire_read(struct str packet, enum dns_type type, struct arena *, struct dns_answer *);

struct dns_cache;

struct dns_cache *dns_cache_create(void);
void dns_cache_destroy(struct dns_cache *);
/* What is kept and still valid, held by the cache alone; its ttl is what is left of it. NULL: nothing. */
struct dns_result *
dns_cache_get(struct dns_cache *, struct str name, enum dns_type, uint64_t now_ms, uint32_t *ttl);
/* Keep an answer for its ttl; failures are not kept. */
void dns_cache_put(
    struct dns_cache *, struct str name, enum dns_type, uint64_t now_ms, struct dns_result *);

struct dns_fixture;

/* From a file, or, where `path` is NULL, from `json`. NULL with err where it does not read. */
struct dns_fixture *dns_fixture_create(const char *path, struct str json, struct err *);
void dns_fixture_destroy(struct dns_fixture *);
/* Whether the fixture has the name; the answer lives as long as the fixture. `name` in lower case. */
bool
dns_fixture_get(const struct dns_fixture *, struct str name, enum dns_type, struct dns_answer *);

struct dns_net;

struct dns_net *dns_net_create(struct loop *, const struct dns_config *, struct err *);
void dns_net_destroy(struct dns_net *);
/*
 * Ask the resolvers; dns_answered follows once, perhaps inside this call, unless cancelled. Returns -1
 * where it could not be asked; `id` is for dns_net_cancel.
 */
int dns_net_ask(struct dns_net *, const char *name, enum dns_type, struct dns_query *, int *id);
void dns_net_cancel(struct dns_net *, int id);
/* In dns.c: the response to a query, empty where there was none. */
void dns_answered(struct dns_query *, struct str packet, bool secure, bool bogus);

#endif
