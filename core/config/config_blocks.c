/* SPDX-License-Identifier: MIT */
/*
 * config_blocks -- what each function of postern.lua does: server { }, domain "x" { }, ...
 *
 * The functions with a name are called twice: domain "example.org" makes the item and returns a
 * function that reads the table behind it.
 */
#include "core/base/arena.h"
#include "core/config/config_reader.h"
#include "core/text/unit.h"

#include <assert.h>
#include <jansson.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The table that the block was called with at `at`; else told, and false. */
static bool
expect_table(lua_State *L, int at, const struct block *block, const char *example)
{
	if (lua_istable(L, at))
		return true;
	if (!reader_is_unknown(L, at))
		MISTAKE(loader_of(L), reader_where(L), "%s takes a table: write %s", block->name,
		    example);
	return false;
}

static void
expect_no_list(lua_State *L, int at, const struct block *block)
{
	if (lua_rawlen(L, at) > 0)
		MISTAKE(loader_of(L), reader_where(L), "%s takes values with names: NAME = VALUE",
		    block->name);
}

/* ---- blocks without a name: server { ... } */

static void
read_once(lua_State *L, const struct block *block, void *object, const char *example)
{
	if (!expect_table(L, 1, block, example))
		return;
	expect_no_list(L, 1, block);
	reader_fields(L, 1, block, object, NULL);
}

static void
read_server(lua_State *L, const struct block *block)
{
	read_once(L, block, loader_of(L)->config, "server { hostname = \"mx.example.org\" }");
}

static void
read_limits(lua_State *L, const struct block *block)
{
	read_once(L, block, loader_of(L)->config, "limits { message_size = \"50M\" }");
}

static void
read_tls(lua_State *L, const struct block *block)
{
	struct loader *load = loader_of(L);

	struct config *c = load->config;
	struct config_tls *tls =
	    config_append(load->arena, (void **)&c->tls, &c->tls_count, sizeof *tls);

	field_set_initial(load->arena, tls_fields, tls);
	tls->at = reader_where(L);
	read_once(L, block, tls, "tls { cert = \"cert.pem\", key = \"key.pem\" }");
}

static void
read_retry(lua_State *L, const struct block *block)
{
	struct loader *load = loader_of(L);
	const char *const *items;
	size_t count;
	uint64_t *first;

	if (!expect_table(
		L, 1, block, "retry { \"5m\", \"15m\", every = \"30m\", give_up = \"5d\" }"))
		return;
	reader_fields(L, 1, block, load->config, NULL);
	count = reader_list(L, 1, block, "a wait", &items);
	if (count == 0)
		return;
	first = arena_alloc(load->arena, count * sizeof *first);
	for (size_t i = 0; i < count; i++)
		if (!unit_duration(str_of(items[i]), &first[i]) || first[i] == 0)
			MISTAKE(load, reader_where(L),
			    "retry: \"%s\" is no duration: write \"30s\", \"5m\", \"4h\" or \"5d\"",
			    items[i]);
	load->config->retry_count = count;
	load->config->retry_first_ms = first;
}

static void
read_resolver(lua_State *L, const struct block *block)
{
	struct loader *load = loader_of(L);
	struct config *c = load->config;
	struct ip ip;

	load->resolver_at = reader_where(L);
	if (!expect_table(L, 1, block, "resolver { \"127.0.0.1\" }"))
		return;
	reader_fields(L, 1, block, c, NULL);
	c->resolver_server_count = reader_list(L, 1, block, "a server", &c->resolver_servers);
	for (size_t i = 0; i < c->resolver_server_count; i++) {
		struct str address, rest = str_of(c->resolver_servers[i]);
		uint64_t port;

		if ((str_cut(&rest, '@', &address) && !str_number(rest, UINT16_MAX, &port)) ||
		    !ip_parse(address, &ip))
			MISTAKE(load, reader_where(L),
			    "resolver: \"%s\" is no address: write \"192.0.2.1\" or "
			    "\"192.0.2.1@53\"",
			    c->resolver_servers[i]);
	}
}

static void
read_listen(lua_State *L, const struct block *block)
{
	struct loader *load = loader_of(L);
	struct config_listen *listen;
	const char *const *items;
	size_t count;

	if (lua_type(L, 1) == LUA_TSTRING) { /* listen "smtp" */
		lua_createtable(L, 1, 0);
		lua_pushvalue(L, 1);
		lua_rawseti(L, -2, 1);
		lua_replace(L, 1);
	}
	if (!expect_table(L, 1, block, "listen { \"smtp\", port = 25 }"))
		return;
	listen = config_append(load->arena, (void **)&load->config->listens,
	    &load->config->listen_count, sizeof *listen);
	field_set_initial(load->arena, listen_fields, listen);
	listen->at = reader_where(L);
	count = reader_list(L, 1, block, "the endpoint", &items);
	reader_fields(L, 1, block, listen, NULL);
	listen->at_once = strcmp(listen->at_word, "once") == 0;
	if (count == 1)
		listen->endpoint = items[0];
	else if (lua_rawlen(L, 1) != 1)
		MISTAKE(load, listen->at,
		    "listen takes one endpoint: write listen { \"smtp\", port = 25 }");
}

/* ---- blocks with a name: domain "example.org" { ... } */

/*
 * `open` makes the item and returns its number; `read` reads the table, at index 1, into it. The
 * first call, with the name, does the one and returns a function that does the other.
 */
struct named {
	const char *block;
	const char *example;
	size_t (*open)(lua_State *, const char *name);
	void (*read)(lua_State *, const struct block *, size_t item);
};

static size_t
open_domain(lua_State *L, const char *name)
{
	struct loader *load = loader_of(L);
	struct config_domain *d = config_append(
	    load->arena, (void **)&load->config->domains, &load->config->domain_count, sizeof *d);

	field_set_initial(load->arena, domain_fields, d);
	d->at = reader_where(L);
	d->name = name;
	d->relay_host = "";
	return load->config->domain_count - 1;
}

static void
read_domain(lua_State *L, const struct block *block, size_t item)
{
	expect_no_list(L, 1, block);
	reader_fields(L, 1, block, &loader_of(L)->config->domains[item], NULL);
}

static size_t
open_route(lua_State *L, const char *name)
{
	struct loader *load = loader_of(L);
	struct config_route *r = config_append(
	    load->arena, (void **)&load->config->routes, &load->config->route_count, sizeof *r);

	field_set_initial(load->arena, route_fields, r);
	r->at = reader_where(L);
	r->domain = name;
	return load->config->route_count - 1;
}

static void
read_route(lua_State *L, const struct block *block, size_t item)
{
	expect_no_list(L, 1, block);
	reader_fields(L, 1, block, &loader_of(L)->config->routes[item], NULL);
}

static size_t
open_network(lua_State *L, const char *name)
{
	struct loader *load = loader_of(L);
	static const char *const known[] = { "trusted", NULL };

	if (strcmp(name, "trusted") != 0)
		MISTAKE(load, reader_where(L), "unknown network '%s'%s", name,
		    config_did_you_mean(load->arena, str_of(name), known));
	return 0;
}

static void
read_network(lua_State *L, const struct block *block, size_t item)
{
	struct loader *load = loader_of(L);
	const char *const *items;
	size_t count = reader_list(L, 1, block, "a network", &items);

	(void)item;
	reader_fields(L, 1, block, load->config, NULL);
	for (size_t i = 0; i < count; i++) {
		struct ip_net net, *to;

		if (!ip_net_parse(str_of(items[i]), &net)) {
			MISTAKE(load, reader_where(L),
			    "network: \"%s\" is no network: write \"192.0.2.0/24\" or "
			    "\"2001:db8::/32\"",
			    items[i]);
			continue;
		}
		to = config_append(load->arena, (void **)&load->config->trusted,
		    &load->config->trusted_count, sizeof *to);
		*to = net;
	}
}

static size_t
open_use(lua_State *L, const char *name)
{
	struct loader *load = loader_of(L);
	struct config_use *u = config_append(
	    load->arena, (void **)&load->config->uses, &load->config->use_count, sizeof *u);

	field_set_initial(load->arena, use_fields, u);
	u->at = reader_where(L);
	u->name = name;
	u->fd = -1;
	u->options = "{}";
	return load->config->use_count - 1;
}

/* An option of the module: kept as JSON, checked against its table when it is loaded. */
static void
add_option(lua_State *L, void *object, const char *name)
{
	struct config_use *u = object;
	json_t *options = json_loads(u->options, 0, NULL), *value = reader_json(L, name);
	char *text;

	if (json_is_null(value)) {
		json_decref(value);
		json_decref(options);
		return;
	}
	json_object_set_new(options, name, value);
	text = json_dumps(options, JSON_COMPACT | JSON_SORT_KEYS);
	u->options = arena_strdup(loader_of(L)->arena, text);
	free(text);
	json_decref(options);
}

static void
read_use(lua_State *L, const struct block *block, size_t item)
{
	expect_no_list(L, 1, block);
	reader_fields(L, 1, block, &loader_of(L)->config->uses[item], add_option);
}

static size_t
open_policy(lua_State *L, const char *name)
{
	struct loader *load = loader_of(L);
	struct config_policy *p = config_append(
	    load->arena, (void **)&load->config->policies, &load->config->policy_count, sizeof *p);

	field_set_initial(load->arena, policy_fields, p);
	p->at = reader_where(L);
	p->name = name;
	p->dir = name;
	return load->config->policy_count - 1;
}

/* A value for `option(name, ...)` of the scripts, as text. */
static void
add_policy_option(lua_State *L, void *object, const char *name)
{
	struct loader *load = loader_of(L);
	struct config_policy *p = object;
	size_t names = p->option_count, values = p->option_count;
	const char **to, *text = NULL;

	if (lua_isboolean(L, -1)) {
		text = reader_kind(L, -1);
	} else if (lua_isstring(L, -1)) { /* numbers too */
		lua_pushvalue(L, -1);
		text = reader_text(L, -1);
		lua_pop(L, 1);
	}
	if (text == NULL) {
		if (!reader_is_unknown(L, -1))
			MISTAKE(load, reader_where(L),
			    "%s: an option of a policy is a text, a number, true or false", name);
		return;
	}
	to = config_append(load->arena, (void **)&p->option_names, &names, sizeof *to);
	*to = name;
	to = config_append(load->arena, (void **)&p->option_values, &values, sizeof *to);
	*to = text;
	p->option_count = names;
}

static void
read_policy(lua_State *L, const struct block *block, size_t item)
{
	struct loader *load = loader_of(L);
	struct config_policy *p = &load->config->policies[item];
	const char *const *items;
	size_t count = reader_list(L, 1, block, "the folder", &items);

	if (count == 1)
		p->dir = items[0];
	else if (count > 1)
		MISTAKE(load, p->at, "policy takes one folder: write policy \"mx\" { \"policy\" }");
	reader_fields(L, 1, block, p, add_policy_option);
}

static const struct named named_blocks[] = {
	{ "domain", "domain \"example.org\" { users = \"passwd\", mail = \"maildir\" }",
	    open_domain, read_domain },
	{ "route", "route \"example.org\" { host = \"mail.example.org\" }", open_route,
	    read_route },
	{ "network", "network \"trusted\" { \"192.0.2.0/24\" }", open_network, read_network },
	{ "use", "use \"maildir\" { root = \"mail\" }", open_use, read_use },
	{ "policy", "policy \"mx\" { \"policy\" }", open_policy, read_policy },
};

/* The second call: domain "example.org" >>{ ... }<<. */
static int
call_named_table(lua_State *L)
{
	const struct named *n = lua_touserdata(L, lua_upvalueindex(1));
	const struct block *block = lua_touserdata(L, lua_upvalueindex(2));

	lua_settop(L, 1);
	if (expect_table(L, 1, block, n->example))
		n->read(L, block, (size_t)lua_tointeger(L, lua_upvalueindex(3)));
	return 0;
}

/* The first call: >>domain "example.org"<< { ... }. */
static int
call_named(lua_State *L)
{
	const struct named *n = lua_touserdata(L, lua_upvalueindex(1));
	const char *name = lua_type(L, 1) == LUA_TSTRING ? reader_text(L, 1) : NULL;

	if (name == NULL || name[0] == '\0') {
		if (!reader_is_unknown(L, 1))
			MISTAKE(loader_of(L), reader_where(L), "%s takes a name first: write %s",
			    n->block, n->example);
		reader_push_unknown(L);
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushinteger(L, (lua_Integer)n->open(L, name));
	lua_pushcclosure(L, call_named_table, 3);
	return 1;
}

static const struct {
	const char *block;
	void (*read)(lua_State *, const struct block *);
} plain_blocks[] = {
	{ "server", read_server },
	{ "tls", read_tls },
	{ "listen", read_listen },
	{ "retry", read_retry },
	{ "resolver", read_resolver },
	{ "limits", read_limits },
};

static int
call_plain(lua_State *L)
{
	size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(1));

	lua_settop(L, 1);
	plain_blocks[i].read(L, lua_touserdata(L, lua_upvalueindex(2)));
	return 0;
}

void
blocks_push(lua_State *L, const struct block *block)
{
	for (size_t i = 0; i < sizeof plain_blocks / sizeof plain_blocks[0]; i++)
		if (strcmp(plain_blocks[i].block, block->name) == 0) {
			lua_pushinteger(L, (lua_Integer)i);
			lua_pushlightuserdata(L, (void *)(uintptr_t)block);
			lua_pushcclosure(L, call_plain, 2);
			return;
		}
	for (size_t i = 0; i < sizeof named_blocks / sizeof named_blocks[0]; i++)
		if (strcmp(named_blocks[i].block, block->name) == 0) {
			lua_pushlightuserdata(L, (void *)(uintptr_t)&named_blocks[i]);
			lua_pushlightuserdata(L, (void *)(uintptr_t)block);
			lua_pushcclosure(L, call_named, 2);
			return;
		}
	assert(false); /* every block has its reader */
}
