/* SPDX-License-Identifier: MIT */
/*
 * dns_fixture -- answers from a file, for tests and demonstrations.
 *
 *   { "here.test": { "MX": [[10, "mx.here.test"]], "TXT": ["v=spf1 -all"], "secure": true },
 *     "www.here.test": { "CNAME": ["here.test"] },
 *     "192.0.2.1": { "PTR": ["mx.here.test"] },
 *     "slow.test": { "fail": "timeout" } }
 *
 * An address as a name stands for its reverse name. Mistakes are found when it is read.
 */
#include "core/loop/dns_inner.h"
#include "core/base/map.h"
#include "core/base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { TTL = 300 };

/* The records of one type. */
struct set {
	struct set *next;
	enum dns_type type;
	size_t count;
	struct dns_record *records;
};

struct entry {
	struct set *sets;
	bool fails, secure;
	enum dns_status fail;
};

struct dns_fixture {
	struct arena *arena;
	struct map *names; /* lower case -> struct entry */
};

/* ---- one record; 0, or -1 where the JSON is not what the type takes ---- */

static int
take_name(struct arena *arena, const json_t *json, struct dns_record *to)
{
	struct str s = str_of(json_string_value(json));

	if (json == NULL || !json_is_string(json) || s.len > DNS_NAME_MAX + 1)
		return -1;
	if (s.len > 1 && s.p[s.len - 1] == '.')
		s.len--;
	to->text = str_lower(arena, s);
	return s.len > 0 ? 0 : -1;
}

static int
take_text(struct arena *arena, const json_t *json, struct dns_record *to)
{
	if (!json_is_string(json))
		return -1;
	to->text =
	    str_copy(arena, (struct str){ json_string_value(json), json_string_length(json) });
	return 0;
}

static int
take_v4(struct arena *arena, const json_t *json, struct dns_record *to)
{
	(void)arena;
	return json_is_string(json) && ip_parse(str_of(json_string_value(json)), &to->ip) &&
		       ip_is_v4(&to->ip)
		   ? 0
		   : -1;
}

static int
take_v6(struct arena *arena, const json_t *json, struct dns_record *to)
{
	(void)arena;
	return json_is_string(json) && ip_parse(str_of(json_string_value(json)), &to->ip) &&
		       !ip_is_v4(&to->ip)
		   ? 0
		   : -1;
}

static int
take_number(const json_t *json, uint16_t *to)
{
	json_int_t n = json_integer_value(json);

	if (!json_is_integer(json) || n < 0 || n > UINT16_MAX)
		return -1;
	*to = (uint16_t)n;
	return 0;
}

/* [priority, "host"] */
static int
take_mx(struct arena *arena, const json_t *json, struct dns_record *to)
{
	if (json_array_size(json) != 2 || take_number(json_array_get(json, 0), &to->priority) < 0)
		return -1;
	return take_name(arena, json_array_get(json, 1), to);
}

/* [priority, weight, port, "host"] */
static int
take_srv(struct arena *arena, const json_t *json, struct dns_record *to)
{
	if (json_array_size(json) != 4 || take_number(json_array_get(json, 0), &to->priority) < 0 ||
	    take_number(json_array_get(json, 1), &to->weight) < 0 ||
	    take_number(json_array_get(json, 2), &to->port) < 0)
		return -1;
	return take_name(arena, json_array_get(json, 3), to);
}

/* "3 1 1 HEX" */
static int
take_tlsa(struct arena *arena, const json_t *json, struct dns_record *to)
{
	const char *text = json_is_string(json) ? json_string_value(json) : "";
	unsigned usage, selector, matching, byte;
	int at = -1, used;
	char *raw;

	if (sscanf(text, "%3u %3u %3u %n", &usage, &selector, &matching, &at) < 3 || at < 0 ||
	    usage > 255 || selector > 255 || matching > 255 || strlen(text + at) % 2 != 0)
		return -1;
	raw = arena_alloc(arena, 3 + strlen(text + at) / 2);
	raw[0] = (char)usage;
	raw[1] = (char)selector;
	raw[2] = (char)matching;
	to->raw = (struct str){ raw, 3 };
	for (; text[at] != '\0'; at += 2) {
		if (sscanf(text + at, "%2x%n", &byte, &used) != 1 || used != 2)
			return -1;
		raw[to->raw.len++] = (char)byte;
	}
	return 0;
}

/* clang-format off */
static const struct {
	const char *name;
	enum dns_type type;
	int (*take)(struct arena *, const json_t *, struct dns_record *);
	const char *takes;
} types[] = {
	{ "A",     DNS_A,     take_v4,   "an IPv4 address" },
	{ "AAAA",  DNS_AAAA,  take_v6,   "an IPv6 address" },
	{ "CNAME", DNS_CNAME, take_name, "a name" },
	{ "MX",    DNS_MX,    take_mx,   "[priority, name]" },
	{ "NS",    DNS_NS,    take_name, "a name" },
	{ "PTR",   DNS_PTR,   take_name, "a name" },
	{ "SRV",   DNS_SRV,   take_srv,  "[priority, weight, port, name]" },
	{ "TLSA",  DNS_TLSA,  take_tlsa, "\"usage selector type HEX\"" },
	{ "TXT",   DNS_TXT,   take_text, "a text" },
};

static const struct {
	const char *name;
	enum dns_status status;
} failures[] = {
	{ "timeout",  DNS_TIMED_OUT },
	{ "servfail", DNS_FAILED },
	{ "nxdomain", DNS_NO_NAME },
	{ "bogus",    DNS_BOGUS },
};
/* clang-format on */

/* ---- reading ---- */

static int
take_failure(struct entry *e, const char *name, const json_t *json, struct err *err)
{
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (json_is_string(json) &&
		    strcmp(json_string_value(json), failures[i].name) == 0) {
			e->fails = true;
			e->fail = failures[i].status;
			return 0;
		}
	return err_set(
	    err, "%s: \"fail\" takes \"timeout\", \"servfail\", \"nxdomain\" or \"bogus\"", name);
}

static int
take_set(struct arena *arena, struct entry *e, const char *name, const char *type,
    const json_t *json, struct err *err)
{
	struct set *s = arena_alloc(arena, sizeof *s);
	size_t row = 0;

	while (row < sizeof types / sizeof types[0] && strcmp(types[row].name, type) != 0)
		row++;
	if (row == sizeof types / sizeof types[0])
		return err_set(err, "%s: there is no type \"%s\"", name, type);
	if (!json_is_array(json) || json_array_size(json) > DNS_RECORDS_MAX)
		return err_set(
		    err, "%s: %s takes a list of at most %d", name, type, DNS_RECORDS_MAX);
	s->type = types[row].type;
	s->records = arena_alloc(arena, json_array_size(json) * sizeof *s->records);
	for (; s->count < json_array_size(json); s->count++)
		if (types[row].take(arena, json_array_get(json, s->count), &s->records[s->count]) <
		    0)
			return err_set(
			    err, "%s: a record of type %s is %s", name, type, types[row].takes);
	s->next = e->sets;
	e->sets = s;
	return 0;
}

static int
take_entry(struct dns_fixture *f, const char *name, const json_t *json, struct err *err)
{
	struct entry *e = arena_alloc(f->arena, sizeof *e);
	struct str key = str_lower(f->arena, str_of(name));
	char reverse[80];
	const char *type;
	json_t *value;
	struct ip ip;
	int r = 0;

	if (!json_is_object(json))
		return err_set(err, "%s: takes {\"TYPE\": [...]}", name);
	if (ip_parse(key, &ip))
		key = str_of(
		    arena_strdup(f->arena, dns_reversed(&ip, NULL, reverse, sizeof reverse)));
	if (key.len > 0 && key.p[key.len - 1] == '.')
		key.len--;
	json_object_foreach((json_t *)(uintptr_t)json, type, value)
	{
		if (strcmp(type, "secure") == 0)
			e->secure = json_is_true(value);
		else if (strcmp(type, "fail") == 0)
			r = take_failure(e, name, value, err);
		else
			r = take_set(f->arena, e, name, type, value, err);
		if (r < 0)
			return -1;
	}
	if (map_set(f->names, key, e) != NULL)
		return err_set(err, "%s: stands twice", name);
	return 0;
}

static int
take_all(struct dns_fixture *f, json_t *root, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(root))
		return err_set(err, "takes {\"NAME\": {...}}");
	json_object_foreach(root, name, value) if (take_entry(f, name, value, err) < 0) return -1;
	return 0;
}

struct dns_fixture *
dns_fixture_create(const char *path, struct str json, struct err *err)
{
	struct dns_fixture *f = mem_alloc(sizeof *f);
	const char *file = path != NULL ? path : "fixture";
	struct err why = { 0 };
	json_error_t wrong;
	json_t *root;

	f->arena = arena_create(NULL);
	f->names = map_create();
	root = path != NULL ? json_load_file(path, JSON_REJECT_DUPLICATES, &wrong)
			    : json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, &wrong);
	if (root != NULL && take_all(f, root, &why) == 0) {
		json_decref(root);
		return f;
	}
	if (root == NULL)
		err_set(err, "%s: line %d: %s", file, wrong.line, wrong.text);
	else
		err_set(err, "%s: %s", file, why.text);
	json_decref(root);
	dns_fixture_destroy(f);
	return NULL;
}

void
dns_fixture_destroy(struct dns_fixture *f)
{
	if (f == NULL)
		return;
	map_destroy(f->names);
	arena_destroy(f->arena);
	mem_free(f);
}

/* ---- answering ---- */

static const struct set *
find_set(const struct entry *e, enum dns_type type)
{
	const struct set *s = e->sets;

	while (s != NULL && s->type != type)
		s = s->next;
	return s;
}

bool
dns_fixture_get(
    const struct dns_fixture *f, struct str name, enum dns_type type, struct dns_answer *a)
{
	const struct entry *e = map_get(f->names, name);
	const struct set *s;
	bool secure = true;

	*a = (struct dns_answer){ .ttl = TTL, .canonical = name };
	if (e == NULL)
		return false;
	for (int steps = 0; e != NULL && !e->fails; steps++) {
		secure = secure && e->secure;
		s = find_set(e, type);
		if (s == NULL && (s = find_set(e, DNS_CNAME)) != NULL && s->count > 0) {
			if (steps == DNS_CHAIN_MAX) {
				a->status = DNS_FAILED;
				return true;
			}
			a->canonical = s->records[0].text;
			e = map_get(f->names, a->canonical);
			continue;
		}
		a->status = s != NULL && s->count > 0 ? DNS_FOUND : DNS_NO_DATA;
		a->count = s != NULL ? s->count : 0;
		a->records = s != NULL ? s->records : NULL;
		a->secure = secure;
		return true;
	}
	a->status = e != NULL ? e->fail : DNS_NO_NAME;
	return true;
}
