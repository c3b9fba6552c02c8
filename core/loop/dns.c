/* SPDX-License-Identifier: MIT */
/*
 * dns -- questions to the domain name system, with a deadline and a cancel (libunbound).
 *
 * A query has one timer. Answered, it is set to now, so that answers of every source come from
 * the loop, in later turns; otherwise it is the deadline.
 */
#include "core/loop/dns.h"
#include "core/base/mem.h"
#include "core/loop/dns_inner.h"
#include "core/loop/loop_inner.h"
#include "core/loop/timer.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63, QUERIES_MAX = 20000 };

struct dns_query {
	struct link link;
	struct dns *dns;
	struct timer timer;
	dns_fn *fn;
	void *arg;
	enum dns_type type;
	bool counts; /* as something that keeps the loop busy */
	bool answered;
	int net_id; /* asked of the network, not answered yet; 0: no */
	struct dns_answer answer;
	struct dns_result *keep; /* the answer's memory, or NULL */
	char name[DNS_NAME_MAX + 1];
};

struct dns {
	struct loop *loop;
	struct loop_item item;
	struct dns_fixture *fixture;
	struct dns_cache *cache;
	struct dns_net *net; /* NULL: the fixture only */
	uint64_t deadline_ms;
	struct link queries;
	size_t count;
};

/* ---- results ---- */

struct dns_result *
dns_result_create(void)
{
	struct dns_result *r = mem_alloc(sizeof *r);

	r->refs = 1;
	r->arena = arena_create(NULL);
	r->answer.status = DNS_FAILED;
	return r;
}

struct dns_result *
dns_result_hold(struct dns_result *r)
{
	r->refs++;
	return r;
}

void
dns_result_drop(struct dns_result *r)
{
	if (r == NULL || --r->refs > 0)
		return;
	arena_destroy(r->arena);
	mem_free(r);
}

const char *
dns_status_name(enum dns_status status)
{
	static const char *const names[] = {
		[DNS_FOUND] = "found",
		[DNS_NO_DATA] = "no data",
		[DNS_NO_NAME] = "no such name",
		[DNS_TIMED_OUT] = "timed out",
		[DNS_FAILED] = "failed",
		[DNS_BOGUS] = "bogus",
	};

	return names[status];
}

/* ---- one query ---- */

static void
query_free(struct dns_query *q)
{
	list_remove(&q->link);
	timer_stop(&q->timer);
	q->dns->count--;
	if (q->counts)
		loop_busy_add(q->dns->loop, -1);
	dns_result_drop(q->keep);
	mem_free(q);
}

/* The answer, or the deadline. */
static void
on_timer(void *arg)
{
	struct dns_query *q = arg;
	dns_fn *fn = q->fn;
	struct dns_answer answer = q->answer;
	struct dns_result *keep = q->keep;

	if (q->net_id != 0)
		dns_net_cancel(q->dns->net, q->net_id);
	if (!q->answered)
		answer = (struct dns_answer){ .status = DNS_TIMED_OUT };
	q->keep = NULL;
	arg = q->arg;
	query_free(q);
	fn(&answer, arg);
	dns_result_drop(keep);
}

static void
answer_soon(struct dns_query *q, const struct dns_answer *answer, struct dns_result *keep)
{
	q->answer = *answer;
	q->keep = keep;
	q->answered = true;
	timer_set(&q->timer, 0);
}

void
dns_answered(struct dns_query *q, struct str packet, bool secure, bool bogus)
{
	struct dns_result *r = dns_result_create();

	q->net_id = 0;
	dns_wire_read(packet, q->type, r->arena, &r->answer);
	r->answer.secure = secure;
	if (bogus)
		r->answer = (struct dns_answer){ .status = DNS_BOGUS };
	dns_cache_put(q->dns->cache, str_of(q->name), q->type, clock_ms(q->dns->loop), r);
	answer_soon(q, &r->answer, r);
}

/* Ask what is asked first; whoever knows has answered. */
static void
ask(struct dns_query *q)
{
	static const struct dns_answer no_name = { .status = DNS_NO_NAME },
				       failed = { .status = DNS_FAILED };
	struct dns *dns = q->dns;
	struct str name = str_of(q->name);
	struct dns_answer answer;
	struct dns_result *kept;
	uint32_t ttl;
	int id = 0;

	if (dns->fixture != NULL && dns_fixture_get(dns->fixture, name, q->type, &answer)) {
		if (answer.status != DNS_TIMED_OUT)
			answer_soon(q, &answer, NULL);
		return;
	}
	if (dns->net == NULL) {
		answer_soon(q, &no_name, NULL);
		return;
	}
	kept = dns_cache_get(dns->cache, name, q->type, clock_ms(dns->loop), &ttl);
	if (kept != NULL) {
		answer_soon(q, &kept->answer, dns_result_hold(kept));
		q->answer.ttl = ttl;
		return;
	}
	if (dns->count > QUERIES_MAX || dns_net_ask(dns->net, q->name, q->type, q, &id) < 0)
		answer_soon(q, &failed, NULL);
	if (!q->answered)
		q->net_id = id;
}

/* In lower case without the last dot; false where no such name can exist, or where it could be written
 * in several ways. */
static bool
normalise(struct str name, char *to)
{
	size_t label = 0,
	       len = name.len > 0 && name.p[name.len - 1] == '.' ? name.len - 1 : name.len;

	if (len == 0 || len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name.p[i];

		if (c == '.' ? label == 0 : label == LABEL_MAX || c <= ' ' || c > '~' || c == '\\')
			return false;
		label = c == '.' ? 0 : label + 1;
		to[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	to[len] = '\0';
	return label > 0;
}

struct dns_query *
dns_ask(struct dns *dns, struct str name, enum dns_type type, dns_fn *fn, void *arg)
{
	static const struct dns_answer no_name = { .status = DNS_NO_NAME };
	struct dns_query *q = mem_alloc(sizeof *q);

	q->dns = dns;
	q->fn = fn;
	q->arg = arg;
	q->type = type;
	list_add_last(&dns->queries, &q->link);
	dns->count++;
	timer_init(&q->timer, dns->loop, on_timer, q);
	timer_set(&q->timer, dns->deadline_ms);
	if (normalise(name, q->name))
		ask(q);
	else
		answer_soon(q, &no_name, NULL);
	/* A fixture's "timeout" waits for time alone. */
	q->counts = q->answered || q->net_id != 0;
	if (q->counts)
		loop_busy_add(dns->loop, 1);
	return q;
}

void
dns_cancel(struct dns_query *q)
{
	if (q->net_id != 0)
		dns_net_cancel(q->dns->net, q->net_id);
	query_free(q);
}

/* ---- all queries ---- */

static void
dns_end(struct loop_item *item)
{
	dns_destroy(list_member(item, struct dns, item));
}

static struct dns *
create(struct loop *loop, const struct dns_config *config)
{
	struct dns *dns = mem_alloc(sizeof *dns);

	dns->loop = loop;
	dns->cache = dns_cache_create();
	dns->deadline_ms = config->deadline_ms > 0 ? config->deadline_ms : DNS_DEADLINE_MS;
	list_init(&dns->queries);
	loop_item_add(loop, &dns->item, dns_end);
	return dns;
}

struct dns *
dns_create(struct loop *loop, const struct dns_config *config, struct err *err)
{
	struct dns *dns = create(loop, config);
	bool ok = true;

	if (config->fixture != NULL)
		ok = (dns->fixture = dns_fixture_create(config->fixture, STR(""), err)) != NULL;
	if (ok && !config->fixture_only)
		ok = (dns->net = dns_net_create(loop, config, err)) != NULL;
	if (ok)
		return dns;
	dns_destroy(dns);
	return NULL;
}

struct dns *
dns_create_fixture(struct loop *loop, struct str json, struct err *err)
{
	struct dns *dns = create(loop, &(struct dns_config){ .fixture_only = true });

	dns->fixture = dns_fixture_create(NULL, json, err);
	if (dns->fixture != NULL)
		return dns;
	dns_destroy(dns);
	return NULL;
}

void
dns_destroy(struct dns *dns)
{
	if (dns == NULL)
		return;
	LIST_EACH (at, &dns->queries)
		dns_cancel(list_member(at, struct dns_query, link));
	loop_item_remove(&dns->item);
	dns_net_destroy(dns->net);
	dns_fixture_destroy(dns->fixture);
	dns_cache_destroy(dns->cache);
	mem_free(dns);
}

const char *
dns_reversed(const struct ip *ip, const char *zone, char *to, size_t size)
{
	size_t len = 0, bytes = ip_is_v4(ip) ? 4 : 16;
	char name[DNS_NAME_MAX];
	int total;

	for (size_t i = 15; i >= 16 - bytes && i < 16; i--)
		if (bytes == 4)
			len += (size_t)snprintf(name + len, sizeof name - len, "%u.", ip->bytes[i]);
		else
			len += (size_t)snprintf(name + len, sizeof name - len, "%x.%x.",
			    ip->bytes[i] & 0xf, ip->bytes[i] >> 4);
	if (zone == NULL)
		zone = bytes == 4 ? "in-addr.arpa" : "ip6.arpa";
	total = snprintf(to, size, "%s%s", name, zone);
	return total >= 0 && (size_t)total < size ? to : NULL;
}
