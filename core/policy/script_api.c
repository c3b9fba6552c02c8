/* SPDX-License-Identifier: MIT */
/*
 * script_api -- what `tx` has: fields that are read and methods that are called, one table each.
 *
 * The tables are also where postern-policy(7) gets its lists from (postern modules --policy).
 */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/loop/clock.h"
#include "core/policy/script_api.h"
#include "core/policy/script_parts.h"
#include "core/process/server.h"
#include "core/session/tx.h"
#include "core/text/unit.h"

#include <lauxlib.h>
#include <string.h>

static const char tx_type[] = "tx", header_type[] = "tx.header";

/* What Lua holds of a call; stale when the call's generation has gone on. */
struct holder {
	struct script_call *call;
	uint32_t generation;
};

static void
push_holder(lua_State *L, const char *type)
{
	struct holder *h = lua_newuserdatauv(L, sizeof *h, 0);

	h->call = call_of(L);
	h->generation = h->call->generation;
	luaL_setmetatable(L, type);
}

static struct tx *
tx_held(lua_State *L, const struct holder *h)
{
	if (h->generation != h->call->generation || h->call->tx == NULL)
		luaL_error(L, "stale handle: this transaction's call has ended");
	return h->call->tx;
}

static struct tx *
check_tx(lua_State *L)
{
	return tx_held(L, luaL_checkudata(L, 1, tx_type));
}

static struct str
check_str(lua_State *L, int at)
{
	struct str s;

	s.p = luaL_checklstring(L, at, &s.len);
	return s;
}

/* Absent is nil, which reads as false. */
static void
push_str(lua_State *L, struct str s)
{
	if (s.len > 0)
		lua_pushlstring(L, s.p, s.len);
	else
		lua_pushnil(L);
}

/* ---- fields */

static void
get_stage(lua_State *L, struct tx *tx)
{
	lua_pushstring(L, stage_name(tx_stage(tx)));
}

static void
get_id(lua_State *L, struct tx *tx)
{
	push_str(L, str_of(tx_id(tx)));
}

static void
get_via(lua_State *L, struct tx *tx)
{
	push_str(L, str_of(tx_via(tx)));
}

static void
get_ip(lua_State *L, struct tx *tx)
{
	char text[IP_TEXT_MAX];

	lua_pushstring(L, ip_print(tx_client(tx), text));
}

static void
get_port(lua_State *L, struct tx *tx)
{
	lua_pushinteger(L, tx_client_port(tx));
}

static void
get_helo(lua_State *L, struct tx *tx)
{
	push_str(L, tx_helo(tx));
}

static void
get_tls(lua_State *L, struct tx *tx)
{
	lua_pushboolean(L, tx_is_secure(tx));
}

static void
get_authenticated(lua_State *L, struct tx *tx)
{
	lua_pushboolean(L, tx_user(tx).len > 0);
}

static void
get_user(lua_State *L, struct tx *tx)
{
	push_str(L, tx_user(tx));
}

static void
get_may_relay(lua_State *L, struct tx *tx)
{
	lua_pushboolean(L, tx_may_relay(tx));
}

static void
get_sender(lua_State *L, struct tx *tx)
{
	struct str sender = tx_sender(tx);

	if (tx_sender_address(tx) == NULL)
		lua_pushnil(L);
	else
		lua_pushlstring(L, sender.len > 0 ? sender.p : "", sender.len);
}

static void
push_part(lua_State *L, const struct address *a, bool domain)
{
	push_str(L, a == NULL ? STR("") : domain ? a->domain : a->local);
}

static void
get_sender_local(lua_State *L, struct tx *tx)
{
	push_part(L, tx_sender_address(tx), false);
}

static void
get_sender_domain(lua_State *L, struct tx *tx)
{
	push_part(L, tx_sender_address(tx), true);
}

static void
get_rcpt(lua_State *L, struct tx *tx)
{
	const struct address *a = tx_rcpt_address(tx);

	push_str(L, a != NULL ? a->text : STR(""));
}

static void
get_rcpt_local(lua_State *L, struct tx *tx)
{
	push_part(L, tx_rcpt_address(tx), false);
}

static void
get_rcpt_domain(lua_State *L, struct tx *tx)
{
	push_part(L, tx_rcpt_address(tx), true);
}

static void
get_rcpt_count(lua_State *L, struct tx *tx)
{
	lua_pushinteger(L, (lua_Integer)tx_rcpt_count(tx));
}

static void
get_rcpts(lua_State *L, struct tx *tx)
{
	size_t count = tx_rcpt_count(tx);

	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		struct str rcpt = tx_rcpt(tx, i);

		lua_pushlstring(L, rcpt.p, rcpt.len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
get_size(lua_State *L, struct tx *tx)
{
	lua_pushinteger(L, (lua_Integer)tx_size(tx));
}

static void
get_header(lua_State *L, struct tx *tx)
{
	(void)tx;
	push_holder(L, header_type);
}

static void
get_outcome(lua_State *L, struct tx *tx)
{
	push_str(L, tx_outcome(tx));
}

static void
get_outcome_reply(lua_State *L, struct tx *tx)
{
	push_str(L, tx_outcome_reply(tx));
}

static void
get_hostname(lua_State *L, struct tx *tx)
{
	(void)tx;
	lua_pushstring(L, call_of(L)->state->policy->config->hostname);
}

/* clang-format off */
static const struct api_field fields[] = {
	{ "stage",         get_stage,         "the name of the present stage" },
	{ "id",            get_id,            "the message's id in the log; from the stage mail on" },
	{ "via",           get_via,           "how the message comes in: \"smtp\", \"submission\", ..." },
	{ "hostname",      get_hostname,      "this server's own name" },
	{ "ip",            get_ip,            "the client's address as text" },
	{ "port",          get_port,          "the client's port" },
	{ "helo",          get_helo,          "the name that the client gave with EHLO or HELO" },
	{ "tls",           get_tls,           "whether the connection is encrypted" },
	{ "authenticated", get_authenticated, "whether the client has logged in" },
	{ "user",          get_user,          "as whom it has logged in" },
	{ "may_relay",     get_may_relay,     "whether it may send to other domains than ours" },
	{ "sender",        get_sender,        "the envelope sender; \"\" for <>" },
	{ "sender_local",  get_sender_local,  "its part before the @" },
	{ "sender_domain", get_sender_domain, "its domain, in lower case; [192.0.2.1] for a literal" },
	{ "rcpt",          get_rcpt,          "the present recipient; in the stages rcpt, recipient, route, attempt and outcome" },
	{ "rcpt_local",    get_rcpt_local,    "its part before the @" },
	{ "rcpt_domain",   get_rcpt_domain,   "its domain" },
	{ "rcpts",         get_rcpts,         "a list of the recipients accepted so far" },
	{ "rcpt_count",    get_rcpt_count,    "how many they are" },
	{ "size",          get_size,          "bytes of the message; before it came, what SIZE= declared" },
	{ "header",        get_header,        "tx.header[\"Subject\"]: the first field of that name, unfolded; from the stage message on" },
	{ "outcome",       get_outcome,       "in the stage outcome: \"delivered\", \"deferred\" or \"failed\"" },
	{ "outcome_reply", get_outcome_reply, "and what the other server said" },
	{ NULL, NULL, NULL }
};
/* clang-format on */

const struct api_field *const api_fields = fields;

/* ---- methods */

static int
edited(lua_State *L, int result, const char *what)
{
	if (result < 0)
		return luaL_error(
		    L, "%s: the value cannot be used, or the stage is too late for it", what);
	return 0;
}

static int
add_header(lua_State *L)
{
	return edited(
	    L, tx_add_header(check_tx(L), check_str(L, 2), check_str(L, 3)), "add_header");
}

static int
set_header(lua_State *L)
{
	return edited(
	    L, tx_set_header(check_tx(L), check_str(L, 2), check_str(L, 3)), "set_header");
}

static int
delete_header(lua_State *L)
{
	return edited(L, tx_delete_header(check_tx(L), check_str(L, 2)), "delete_header");
}

/* All values of one name, from the top. */
static int
headers(lua_State *L)
{
	struct tx *tx = check_tx(L);
	struct str name = check_str(L, 2);
	size_t count = tx_header_count(tx, name);

	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		struct str value = tx_header(tx, name, i);

		lua_pushlstring(L, value.len > 0 ? value.p : "", value.len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static int
replace_body(lua_State *L)
{
	return edited(L, tx_replace_body(check_tx(L), check_str(L, 2)), "replace_body");
}

static int
redirect(lua_State *L)
{
	return edited(L, tx_redirect(check_tx(L), check_str(L, 2)), "redirect");
}

static int
add_rcpt(lua_State *L)
{
	return edited(L, tx_add_rcpt(check_tx(L), check_str(L, 2)), "add_rcpt");
}

static int
delete_rcpt(lua_State *L)
{
	return edited(L, tx_delete_rcpt(check_tx(L), check_str(L, 2)), "delete_rcpt");
}

static int
set_sender(lua_State *L)
{
	return edited(L, tx_set_sender(check_tx(L), check_str(L, 2)), "set_sender");
}

uint64_t
api_check_ms(lua_State *L, int at)
{
	lua_Number number;
	uint64_t ms;

	if (lua_type(L, at) == LUA_TSTRING && unit_duration(check_str(L, at), &ms))
		return ms;
	number = luaL_checknumber(L, at);
	luaL_argcheck(L, number >= 0 && number < 1e12, at,
	    "milliseconds, or a text such as \"30s\", are expected");
	return (uint64_t)number;
}

static int
delay(lua_State *L)
{
	return edited(L, tx_delay(check_tx(L), api_check_ms(L, 2)), "delay");
}

/* A field of the table at 2 as text; "" where it is absent. */
static struct str
option_str(lua_State *L, const char *name)
{
	struct str s = STR("");

	if (lua_getfield(L, 2, name) == LUA_TSTRING)
		s.p = lua_tolstring(L, -1, &s.len); /* stays in the table at 2 */
	else if (!lua_isnil(L, -1))
		luaL_error(L, "route: %s must be a text", name);
	lua_pop(L, 1);
	return s;
}

/* tx:route { deliverer = "relay", host = "mail.example", port = 25 } */
static int
route(lua_State *L)
{
	struct tx *tx = check_tx(L);
	struct str deliverer, host;
	lua_Integer port = 0;

	luaL_checktype(L, 2, LUA_TTABLE);
	deliverer = option_str(L, "deliverer");
	host = option_str(L, "host");
	if (lua_getfield(L, 2, "port") != LUA_TNIL)
		port = luaL_checkinteger(L, -1);
	if (port < 0 || port > UINT16_MAX)
		return luaL_error(L, "route: %I is no port", (LUAI_UACINT)port);
	return edited(L, tx_set_route(tx, deliverer, host, (uint16_t)port), "route");
}

/* tx:tag("name", "value") sets it, tx:tag("name") reads it. */
static int
tag(lua_State *L)
{
	struct tx *tx = check_tx(L);
	struct str name = check_str(L, 2);

	if (!lua_isnoneornil(L, 3))
		return edited(L, tx_set_tag(tx, name, check_str(L, 3)), "tag");
	push_str(L, tx_tag(tx, name));
	return 1;
}

static int
permit_relay(lua_State *L)
{
	return edited(L, tx_permit_relay(check_tx(L)), "permit_relay");
}

static int
hide_extension(lua_State *L)
{
	return edited(L, tx_hide_extension(check_tx(L), check_str(L, 2)), "hide_extension");
}

/* clang-format off */
static const struct api_method methods[] = {
	{ "add_header",     "name, value",  add_header,     "add a header field above the others" },
	{ "set_header",     "name, value",  set_header,     "replace all header fields of that name" },
	{ "delete_header",  "name",         delete_header,  "remove all header fields of that name" },
	{ "headers",        "name",         headers,        "a list of the values of all header fields of that name" },
	{ "replace_body",   "text",         replace_body,   "another body, with CRLF at line ends" },
	{ "redirect",       "address",      redirect,       "deliver to another address: the present recipient, or all" },
	{ "add_rcpt",       "address",      add_rcpt,       "one more recipient" },
	{ "delete_rcpt",    "address",      delete_rcpt,    "one recipient less" },
	{ "set_sender",     "address",      set_sender,     "another envelope sender; \"\" for <>" },
	{ "delay",          "duration",     delay,          "wait before the reply; at most a minute in all" },
	{ "route",          "{ deliverer =, host =, port = }", route, "who delivers, and where to" },
	{ "tag",            "name [, value]", tag,          "set a note for later stages and the log; without a value: read it" },
	{ "permit_relay",   "",             permit_relay,   "let this client send to other domains than ours" },
	{ "hide_extension", "name",         hide_extension, "in the stage helo: do not offer this extension" },
	{ NULL, NULL, NULL, NULL }
};
/* clang-format on */

const struct api_method *const api_methods = methods;

/* ---- tx.name */

/* Names that filters will bring; scripts that ask for them are told what is missing. */
static bool
is_fact(const char *name)
{
	static const char *const facts[] = { "spf", "dkim", "dmarc", "arc", "dnsbl", "rdns",
		"greylist", "rate", "geo", NULL };

	for (const char *const *f = facts; *f != NULL; f++)
		if (strcmp(*f, name) == 0)
			return true;
	return false;
}

static int
refuse_field(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
	struct nearest near = { .wanted = str_of(name) };

	if (is_fact(name))
		return luaL_error(L,
		    "tx.%s is a fact, which needs a filter that finds it out; there is none", name);
	for (const struct api_field *f = fields; f->name != NULL; f++)
		nearest_try(&near, f->name);
	for (const struct api_method *m = methods; m->name != NULL; m++)
		nearest_try(&near, m->name);
	if (near.best != NULL)
		return luaL_error(L, "tx has no field '%s'; did you mean '%s'?", name, near.best);
	return luaL_error(L, "tx has no field '%s'", name);
}

/* Upvalue: a table from name to the row's getter, or to the method itself. */
static int
index_tx(lua_State *L)
{
	const struct api_field *f;

	lua_pushvalue(L, 2);
	switch (lua_rawget(L, lua_upvalueindex(1))) {
	case LUA_TLIGHTUSERDATA:
		f = lua_touserdata(L, -1);
		f->get(L, tx_held(L, lua_touserdata(L, 1)));
		return 1;
	case LUA_TFUNCTION:
		return 1;
	default:
		return refuse_field(L);
	}
}

static int
refuse_set(lua_State *L)
{
	return luaL_error(
	    L, "fields of tx are read, not set: see its methods in postern-policy(7)");
}

static int
index_header(lua_State *L)
{
	struct tx *tx = tx_held(L, lua_touserdata(L, 1));
	struct str name = check_str(L, 2);

	if (tx_header_count(tx, name) == 0) {
		lua_pushnil(L);
	} else {
		struct str value = tx_header(tx, name, 0);

		lua_pushlstring(L, value.len > 0 ? value.p : "", value.len);
	}
	return 1;
}

void
api_push_tx(lua_State *L)
{
	push_holder(L, tx_type);
}

/* ---- functions */

/* log(...): one line for the administrator. */
static int
api_log(lua_State *L)
{
	struct script_call *call = call_of(L);
	int count = lua_gettop(L);
	struct log_line line;
	luaL_Buffer text;

	if (call->logs++ >= SCRIPT_LOGS_MAX)
		return 0;
	luaL_buffinit(L, &text);
	for (int i = 1; i <= count; i++) {
		if (i > 1)
			luaL_addchar(&text, ' ');
		lua_getglobal(L, "tostring");
		lua_pushvalue(L, i);
		lua_call(L, 1, 1);
		luaL_addvalue(&text);
	}
	luaL_pushresult(&text);
	log_begin(&line, call->tx != NULL ? tx_id(call->tx) : NULL, "script");
	if (call->handler != NULL)
		log_text(&line, "by", call->handler->name);
	log_text(&line, "policy", call->state->policy->text->name);
	log_str(&line, "text", check_str(L, -1));
	log_end(&line);
	return 0;
}

/* Milliseconds since 1970. */
static int
api_clock(lua_State *L)
{
	struct script_set *set = call_of(L)->state->policy->set;

	if (set == NULL)
		return luaL_error(L, "clock: there is no time while a policy is only checked");
	lua_pushinteger(L, clock_wall_ns(set->server->loop) / 1000000);
	return 1;
}

static void
open_tx(lua_State *L)
{
	luaL_newmetatable(L, tx_type);
	lua_newtable(L);
	for (const struct api_field *f = fields; f->name != NULL; f++) {
		lua_pushlightuserdata(L, (void *)(uintptr_t)f);
		lua_setfield(L, -2, f->name);
	}
	for (const struct api_method *m = methods; m->name != NULL; m++) {
		lua_pushcfunction(L, m->call);
		lua_setfield(L, -2, m->name);
	}
	lua_pushcclosure(L, index_tx, 1);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_set);
	lua_setfield(L, -2, "__newindex");
	lua_pop(L, 1);
	luaL_newmetatable(L, header_type);
	lua_pushcfunction(L, index_header);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_set);
	lua_setfield(L, -2, "__newindex");
	lua_pop(L, 1);
}

void
api_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "log", api_log },
		{ "clock", api_clock },
		{ NULL, NULL },
	};

	open_tx(L);
	luaL_setfuncs(L, functions, 0);
}
