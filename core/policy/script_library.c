/* SPDX-License-Identifier: MIT */
/*
 * script_library -- Lua's own functions where scripts need them different: what could take long
 * charges for its work, what would give other results tomorrow (order, addresses) always gives the
 * same, so that a decision can be replayed.
 */
#include "core/policy/script_parts.h"
#include "core/policy/script_pattern.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lua's function, after its work was charged for */

enum cost {
	COST_TABLE, /* of the table's length */
	COST_SORT,  /* n log n of it */
	COST_MOVE,  /* of the range */
	COST_TEXT   /* of the text's length */
};

static uint64_t
work_of_sort(uint64_t n)
{
	return n * (64 - (uint64_t)__builtin_clzll(n | 1)) / 2;
}

static uint64_t
work_of(lua_State *L, enum cost cost)
{
	uint64_t n;

	if (cost == COST_TEXT)
		return lua_type(L, 1) == LUA_TSTRING ? lua_rawlen(L, 1) / 16 : 0;
	if (cost == COST_MOVE) {
		lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);

		return to > from ? (uint64_t)to - (uint64_t)from : 0;
	}
	if (lua_type(L, 1) != LUA_TTABLE)
		return 0;
	n = (uint64_t)luaL_len(L, 1);
	return cost == COST_SORT ? work_of_sort(n) : n / 4;
}

static int
call_charged(lua_State *L)
{
	budget_charge(L, work_of(L, (enum cost)lua_tointeger(L, lua_upvalueindex(2))));
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static const struct {
	const char *library, *name;
	enum cost cost;
} charged[] = {
	{ "table", "concat", COST_TABLE },
	{ "table", "insert", COST_TABLE },
	{ "table", "remove", COST_TABLE },
	{ "table", "unpack", COST_TABLE },
	{ "table", "sort", COST_SORT },
	{ "table", "move", COST_MOVE },
	{ "string", "byte", COST_TEXT },
	{ "string", "lower", COST_TEXT },
	{ "string", "upper", COST_TEXT },
	{ "string", "reverse", COST_TEXT },
	{ "utf8", "len", COST_TEXT },
	{ "utf8", "offset", COST_TEXT },
	{ "utf8", "codepoint", COST_TEXT },
	{ NULL, "tonumber", COST_TEXT },
};

static void
open_charged(lua_State *L)
{
	for (size_t i = 0; i < sizeof charged / sizeof charged[0]; i++) {
		if (charged[i].library != NULL)
			lua_getfield(L, -1, charged[i].library);
		else
			lua_pushvalue(L, -1);
		lua_getfield(L, -1, charged[i].name);
		lua_pushinteger(L, charged[i].cost);
		lua_pushcclosure(L, call_charged, 2);
		lua_setfield(L, -2, charged[i].name);
		lua_pop(L, 1);
	}
}

/* ---- in order: numbers, then texts, then false and true */

struct key {
	int type;
	lua_Number number;
	struct str text;
	lua_Integer place; /* in the list of keys */
};

static int
compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->type != y->type) /* LUA_TBOOLEAN is the smallest of the three: last here */
		return (x->type == LUA_TBOOLEAN ? 9 : x->type) -
		       (y->type == LUA_TBOOLEAN ? 9 : y->type);
	if (x->type == LUA_TSTRING)
		return str_compare(x->text, y->text);
	return (x->number > y->number) - (x->number < y->number);
}

static struct key
key_at(lua_State *L, int at)
{
	struct key k = { .type = lua_type(L, at) };

	if (k.type == LUA_TSTRING)
		k.text.p = lua_tolstring(L, at, &k.text.len);
	else if (k.type == LUA_TNUMBER)
		k.number = lua_tonumber(L, at);
	else if (k.type == LUA_TBOOLEAN)
		k.number = lua_toboolean(L, at);
	else
		luaL_error(L, "pairs: a key that is a %s has no order", lua_typename(L, k.type));
	return k;
}

/* Upvalues: the table, its keys as a list, the same sorted, how many, the next one. */
static int
pairs_next(lua_State *L)
{
	const struct key *keys = lua_touserdata(L, lua_upvalueindex(3));
	lua_Integer count = lua_tointeger(L, lua_upvalueindex(4)),
		    at = lua_tointeger(L, lua_upvalueindex(5));

	while (at < count) {
		lua_rawgeti(L, lua_upvalueindex(2), keys[at++].place);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) { /* not removed meanwhile */
			lua_pushinteger(L, at);
			lua_replace(L, lua_upvalueindex(5));
			return 2;
		}
		lua_pop(L, 2);
	}
	lua_pushnil(L);
	return 1;
}

static int
base_pairs(lua_State *L)
{
	lua_Integer count = 0;
	struct key *keys;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	freeze_push_content(L, 1);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		lua_rawseti(L, 3, ++count);
	}
	budget_charge(L, work_of_sort((uint64_t)count));
	keys = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *keys, 0);
	for (lua_Integer i = 0; i < count; i++) {
		lua_rawgeti(L, 3, i + 1);
		keys[i] = key_at(L, -1);
		keys[i].place = i + 1;
		lua_pop(L, 1);
	}
	qsort(keys, (size_t)count, sizeof *keys, compare_keys);
	lua_pushinteger(L, count);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, pairs_next, 5);
	return 1;
}

/*
 * next(t), next(t, key): in the same order; for `next(t) == nil`. Without an argument it is the
 * verdict: `return next()` has no opinion.
 */
static int
base_next(lua_State *L)
{
	struct key from = { 0 }, best = { 0 }, k;
	uint64_t count = 0;

	if (lua_gettop(L) == 0)
		return 0;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	if (!lua_isnil(L, 2))
		from = key_at(L, 2);
	freeze_push_content(L, 1); /* 3 */
	lua_pushnil(L);            /* 4: the best key */
	for (lua_pushnil(L); lua_next(L, 3) != 0; lua_pop(L, 1), count++) {
		k = key_at(L, -2);
		if ((lua_isnil(L, 2) || compare_keys(&k, &from) > 0) &&
		    (lua_isnil(L, 4) || compare_keys(&k, &best) < 0)) {
			best = k;
			lua_pushvalue(L, -2);
			lua_replace(L, 4);
		}
	}
	budget_charge(L, count);
	if (lua_isnil(L, 4))
		return 1;
	lua_pushvalue(L, 4);
	lua_rawget(L, 3);
	return 2;
}

/* ---- without addresses */

static void
push_text(lua_State *L, int at)
{
	int type = lua_type(L, at);

	if ((type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA) &&
	    luaL_getmetafield(L, at, "__tostring") == LUA_TNIL) {
		lua_pushstring(L, lua_typename(L, type));
		return;
	}
	if (type == LUA_TTABLE || type == LUA_TUSERDATA)
		lua_pop(L, 1);
	luaL_tolstring(L, at, NULL);
}

static int
base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	push_text(L, 1);
	return 1;
}

/* Upvalue: Lua's own. */
static int
string_format(lua_State *L)
{
	size_t len;
	const char *format = luaL_checklstring(L, 1, &len);

	for (size_t i = 0; i + 1 < len; i++) {
		if (format[i] != '%')
			continue;
		i += 1 + strspn(format + i + 1, "-+ #0123456789.");
		if (format[i] == 'p')
			return luaL_error(L, "format: %%p is not available: addresses change");
	}
	for (int at = 2; at <= lua_gettop(L); at++)
		if (lua_istable(L, at) || lua_isuserdata(L, at) || lua_isfunction(L, at)) {
			push_text(L, at);
			lua_replace(L, at);
		}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* ---- bounded */

static int
string_rep(lua_State *L)
{
	struct str text, between = STR("");
	lua_Integer count = luaL_checkinteger(L, 2);
	uint64_t size;

	text.p = luaL_checklstring(L, 1, &text.len);
	if (!lua_isnoneornil(L, 3))
		between.p = luaL_checklstring(L, 3, &between.len);
	if (count > 0 && (__builtin_mul_overflow((uint64_t)count, text.len + between.len, &size) ||
			     size > budget_of(L)->memory->limit))
		return luaL_error(L, "not enough memory");
	if (count > 0) /* many times nothing is work too */
		budget_charge(
		    L, (uint64_t)count / 16 + (uint64_t)count * (text.len + between.len) / 64);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* What would run when nobody expects it, or differ from run to run. */
static int
base_setmetatable(lua_State *L)
{
	static const char *const refused[] = { "__gc", "__close", "__mode", "__metatable", NULL };

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	lua_settop(L, 2);
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "the table is read-only");
	if (lua_istable(L, 2)) {
		freeze_push_content(L, 2);
		lua_replace(L, 2);
		for (const char *const *name = refused; *name != NULL; name++) {
			lua_pushstring(L, *name);
			if (lua_rawget(L, 2) != LUA_TNIL)
				return luaL_error(
				    L, "setmetatable: %s is not available to scripts", *name);
			lua_pop(L, 1);
		}
	}
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

static void
wrap(lua_State *L, const char *name, lua_CFunction with)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, with, 1);
	lua_setfield(L, -2, name);
}

void
library_open(lua_State *L)
{
	static const luaL_Reg base[] = {
		{ "pairs", base_pairs },
		{ "next", base_next },
		{ "tostring", base_tostring },
		{ "setmetatable", base_setmetatable },
		{ NULL, NULL },
	};

	luaL_setfuncs(L, base, 0);
	open_charged(L);
	lua_getfield(L, -1, "string");
	wrap(L, "format", string_format);
	wrap(L, "rep", string_rep);
	pattern_open(L);
	lua_pop(L, 1);
}
