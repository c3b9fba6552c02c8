/* SPDX-License-Identifier: MIT */
/*
 * config_json -- the configuration as one JSON object, for processes of the same program.
 *
 * Objects by the tables of config_fields.c; lists of them under the block's name. What comes back
 * is read as strictly as if a stranger had sent it.
 */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/config/config_field.h"

#include <jansson.h>
#include <string.h>

enum { SNAPSHOT = 1, ITEMS_MAX = 100000 };

/* ---- lists of objects, and of values */

static json_t *
list_to_json(const struct field *fields, const void *items, size_t count, size_t size)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, fields_to_json(fields, (const char *)items + i * size));
	return list;
}

/* The array under `name`; -1 where it is none, or not believable. */
static int
get_list(const json_t *json, const char *name, const json_t **list, size_t *count, struct err *err)
{
	*list = json_object_get(json, name);
	*count = json_array_size(*list);
	if (!json_is_array(*list) || *count > ITEMS_MAX)
		return err_set(err, "%s: a list is expected", name);
	return 0;
}

static int
list_from_json(struct arena *arena, const struct field *fields, const json_t *json,
    const char *name, void **items, size_t *count, size_t size, struct err *err)
{
	const json_t *list;

	if (get_list(json, name, &list, count, err) < 0)
		return -1;
	*items = arena_alloc(arena, (*count + 1) * size);
	for (size_t i = 0; i < *count; i++)
		if (fields_from_json(
			arena, fields, (char *)*items + i * size, json_array_get(list, i), err) < 0)
			return -1;
	return 0;
}

static json_t *
texts_to_json(const char *const *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

static int
texts_from_json(struct arena *arena, const json_t *json, const char *name,
    const char *const **texts, size_t *count, struct err *err)
{
	const json_t *list;
	const char **to;

	if (get_list(json, name, &list, count, err) < 0)
		return -1;
	to = arena_alloc(arena, (*count + 1) * sizeof *to);
	for (size_t i = 0; i < *count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return err_set(err, "%s: texts are expected", name);
		to[i] = arena_strdup(arena, text);
	}
	*texts = to;
	return 0;
}

/* ---- what has lists inside, or is no object */

static const struct field script_fields[] = {
	{ "file", FIELD_TEXT, offsetof(struct config_script, file), NULL, NULL, NULL, 0, 0 },
	{ "path", FIELD_TEXT, offsetof(struct config_script, path), NULL, NULL, NULL, 0, 0 },
	{ "text", FIELD_BYTES, offsetof(struct config_script, text), NULL, NULL, NULL, 0, 0 },
	{ NULL, FIELD_END, 0, NULL, NULL, NULL, 0, 0 },
};

static json_t *
policies_to_json(const struct config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->policy_count; i++) {
		const struct config_policy *p = &c->policies[i];
		json_t *json = fields_to_json(policy_fields, p);

		json_object_set_new(json, "hash", json_string(p->hash));
		json_object_set_new(json, "scripts",
		    list_to_json(script_fields, p->scripts, p->script_count, sizeof *p->scripts));
		json_object_set_new(
		    json, "option_names", texts_to_json(p->option_names, p->option_count));
		json_object_set_new(
		    json, "option_values", texts_to_json(p->option_values, p->option_count));
		json_array_append_new(list, json);
	}
	return list;
}

static int
policy_from_json(struct arena *arena, struct config_policy *p, const json_t *json, struct err *err)
{
	const char *hash = json_string_value(json_object_get(json, "hash"));
	void *scripts;
	size_t values;

	if (hash == NULL || strlen(hash) >= sizeof p->hash)
		return err_set(err, "hash: missing, or too long");
	memcpy(p->hash, hash, strlen(hash));
	if (fields_from_json(arena, policy_fields, p, json, err) < 0 ||
	    list_from_json(arena, script_fields, json, "scripts", &scripts, &p->script_count,
		sizeof *p->scripts, err) < 0 ||
	    texts_from_json(arena, json, "option_names", &p->option_names, &p->option_count, err) <
		0 ||
	    texts_from_json(arena, json, "option_values", &p->option_values, &values, err) < 0)
		return -1;
	p->scripts = scripts;
	return values == p->option_count
		   ? 0
		   : err_set(err, "option_values: one for each name is expected");
}

static int
policies_from_json(struct arena *arena, struct config *c, const json_t *json, struct err *err)
{
	const json_t *list;

	if (get_list(json, "policy", &list, &c->policy_count, err) < 0)
		return -1;
	c->policies = arena_alloc(arena, (c->policy_count + 1) * sizeof *c->policies);
	for (size_t i = 0; i < c->policy_count; i++)
		if (policy_from_json(arena, &c->policies[i], json_array_get(list, i), err) < 0)
			return -1;
	return 0;
}

/* The networks as "address/bits", the bits of 128. */
static json_t *
networks_to_json(const struct config *c)
{
	json_t *list = json_array();
	char ip[IP_TEXT_MAX];

	for (size_t i = 0; i < c->trusted_count; i++)
		json_array_append_new(list,
		    json_pack("[s, i]", ip_print(&c->trusted[i].ip, ip), (int)c->trusted[i].bits));
	return list;
}

static int
networks_from_json(struct arena *arena, struct config *c, const json_t *json, struct err *err)
{
	const json_t *list;

	if (get_list(json, "trusted", &list, &c->trusted_count, err) < 0)
		return -1;
	c->trusted = arena_alloc(arena, (c->trusted_count + 1) * sizeof *c->trusted);
	for (size_t i = 0; i < c->trusted_count; i++) {
		const char *ip;
		int bits;

		if (json_unpack(json_array_get(list, i), "[s, i]", &ip, &bits) < 0 || bits < 0 ||
		    bits > 128 || !ip_parse(str_of(ip), &c->trusted[i].ip))
			return err_set(err, "trusted: a network is expected");
		c->trusted[i].bits = (unsigned)bits;
	}
	return 0;
}

static json_t *
waits_to_json(const struct config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->retry_count; i++)
		json_array_append_new(list, json_integer((json_int_t)c->retry_first_ms[i]));
	return list;
}

static int
waits_from_json(struct arena *arena, struct config *c, const json_t *json, struct err *err)
{
	const json_t *list;
	uint64_t *to;

	if (get_list(json, "retry_first", &list, &c->retry_count, err) < 0)
		return -1;
	to = arena_alloc(arena, (c->retry_count + 1) * sizeof *to);
	for (size_t i = 0; i < c->retry_count; i++) {
		const json_t *wait = json_array_get(list, i);

		if (!json_is_integer(wait) || json_integer_value(wait) <= 0)
			return err_set(err, "retry_first: milliseconds are expected");
		to[i] = (uint64_t)json_integer_value(wait);
	}
	c->retry_first_ms = to;
	return 0;
}

/* ---- the whole */

char *
config_to_json(const struct config *c)
{
	json_t *json = json_object();
	char *text;

	json_object_set_new(json, "version", json_integer(SNAPSHOT));
	json_object_set_new(json, "server", fields_to_json(server_fields, c));
	json_object_set_new(json, "retry", fields_to_json(retry_fields, c));
	json_object_set_new(json, "resolver", fields_to_json(resolver_fields, c));
	json_object_set_new(json, "limits", fields_to_json(limits_fields, c));
	json_object_set_new(
	    json, "tls", list_to_json(tls_fields, c->tls, c->tls_count, sizeof *c->tls));
	json_object_set_new(json, "domain",
	    list_to_json(domain_fields, c->domains, c->domain_count, sizeof *c->domains));
	json_object_set_new(json, "listen",
	    list_to_json(listen_fields, c->listens, c->listen_count, sizeof *c->listens));
	json_object_set_new(
	    json, "use", list_to_json(use_fields, c->uses, c->use_count, sizeof *c->uses));
	json_object_set_new(json, "route",
	    list_to_json(route_fields, c->routes, c->route_count, sizeof *c->routes));
	json_object_set_new(json, "policy", policies_to_json(c));
	json_object_set_new(json, "trusted", networks_to_json(c));
	json_object_set_new(json, "retry_first", waits_to_json(c));
	json_object_set_new(
	    json, "resolver_servers", texts_to_json(c->resolver_servers, c->resolver_server_count));
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

/* The objects that are members of struct config itself. */
static int
own_from_json(struct arena *arena, struct config *c, const json_t *json, struct err *err)
{
	static const struct {
		const char *name;
		const struct field *fields;
	} objects[] = {
		{ "server", server_fields },
		{ "retry", retry_fields },
		{ "resolver", resolver_fields },
		{ "limits", limits_fields },
	};

	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
		if (fields_from_json(arena, objects[i].fields, c,
			json_object_get(json, objects[i].name), err) < 0)
			return -1;
	return 0;
}

static int
lists_from_json(struct arena *arena, struct config *c, const json_t *json, struct err *err)
{
	const struct {
		const char *name;
		const struct field *fields;
		void **items;
		size_t *count, size;
	} lists[] = {
		{ "tls", tls_fields, (void **)&c->tls, &c->tls_count, sizeof *c->tls },
		{ "domain", domain_fields, (void **)&c->domains, &c->domain_count,
		    sizeof *c->domains },
		{ "listen", listen_fields, (void **)&c->listens, &c->listen_count,
		    sizeof *c->listens },
		{ "use", use_fields, (void **)&c->uses, &c->use_count, sizeof *c->uses },
		{ "route", route_fields, (void **)&c->routes, &c->route_count, sizeof *c->routes },
	};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (list_from_json(arena, lists[i].fields, json, lists[i].name, lists[i].items,
			lists[i].count, lists[i].size, err) < 0)
			return -1;
	for (size_t i = 0; i < c->use_count; i++)
		c->uses[i].fd = -1;
	for (size_t i = 0; i < c->domain_count; i++)
		c->domains[i].relay_host = "";
	if (c->tls_count > 0 && config_tls_default(c) == NULL)
		return err_set(err, "tls: one without a name is expected");
	return 0;
}

struct config *
config_from_json(struct arena *arena, struct str text, struct err *err)
{
	json_t *json = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct config *c = arena_alloc(arena, sizeof *c);
	int result;

	if (!json_is_object(json) ||
	    json_integer_value(json_object_get(json, "version")) != SNAPSHOT)
		result = err_set(err, "this is no configuration of this version of Postern");
	else if (own_from_json(arena, c, json, err) < 0 ||
		 lists_from_json(arena, c, json, err) < 0 ||
		 policies_from_json(arena, c, json, err) < 0 ||
		 networks_from_json(arena, c, json, err) < 0 ||
		 waits_from_json(arena, c, json, err) < 0 ||
		 texts_from_json(arena, json, "resolver_servers", &c->resolver_servers,
		     &c->resolver_server_count, err) < 0)
		result = -1;
	else
		result = 0;
	json_decref(json);
	return result == 0 ? c : NULL;
}
