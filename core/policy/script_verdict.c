/* SPDX-License-Identifier: MIT */
/* script_verdict -- accept() ... park(): verdicts as values that a handler returns. */
#include "core/policy/script_parts.h"
#include "core/session/tx.h"

#include <lauxlib.h>
#include <string.h>

static const char verdict_type[] = "verdict";

/* A verdict; its status and text are user values 1 and 2. */
struct given {
	enum verdict verdict;
	lua_Integer code;
};

static struct given *
push_given(lua_State *L, enum verdict verdict)
{
	struct given *g = lua_newuserdatauv(L, sizeof *g, 2);

	g->verdict = verdict;
	g->code = 0;
	luaL_setmetatable(L, verdict_type);
	return g;
}

/* reject(), reject("text"), reject(550, "5.7.1", "text"); the same for defer. */
static int
push_refusal(lua_State *L, enum verdict verdict)
{
	int arguments = lua_gettop(L);
	bool text_only = arguments == 1 && lua_type(L, 1) == LUA_TSTRING;
	lua_Integer code = 0;
	struct given *g;

	if (arguments > 0 && !text_only) {
		code = luaL_checkinteger(L, 1);
		luaL_checkstring(L, 2);
		luaL_checkstring(L, 3);
	}
	g = push_given(L, verdict);
	g->code = code;
	if (arguments > 0 && !text_only) {
		lua_pushvalue(L, 2);
		lua_setiuservalue(L, -2, 1);
	}
	if (arguments > 0) {
		lua_pushvalue(L, text_only ? 1 : 3);
		lua_setiuservalue(L, -2, 2);
	}
	return 1;
}

static int
verdict_reject(lua_State *L)
{
	return push_refusal(L, VERDICT_REJECT);
}

static int
verdict_defer(lua_State *L)
{
	return push_refusal(L, VERDICT_DEFER);
}

static int
verdict_accept(lua_State *L)
{
	push_given(L, VERDICT_ACCEPT);
	return 1;
}

static int
verdict_drop(lua_State *L)
{
	push_given(L, VERDICT_DROP);
	return 1;
}

static int
verdict_discard(lua_State *L)
{
	push_given(L, VERDICT_DISCARD);
	return 1;
}

static int
verdict_park(lua_State *L)
{
	luaL_checkstring(L, 1);
	push_given(L, VERDICT_PARK);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 2);
	return 1;
}

static int
verdict_text(lua_State *L)
{
	const struct given *g = luaL_checkudata(L, 1, verdict_type);

	lua_pushstring(L, verdict_name(g->verdict));
	return 1;
}

/* The user value `n`, a text; NULL: not given. A NUL inside becomes what no reply may hold
 * (THREATS.md, L7). */
static const char *
text_of(lua_State *L, int at, int n)
{
	const char *text = NULL;
	size_t len;

	if (lua_getiuservalue(L, at, n) == LUA_TSTRING) {
		text = lua_tolstring(L, -1, &len); /* lives as long as the verdict */
		if (strlen(text) != len)
			text = "\n";
	}
	lua_pop(L, 1);
	return text;
}

enum step
verdict_give(struct tx *tx, lua_State *L, int at)
{
	const struct given *g;
	const char *status, *text;
	int code;

	if (lua_isnoneornil(L, at))
		return STEP_NEXT;
	g = luaL_testudata(L, at, verdict_type);
	if (g == NULL)
		return tx_fail(tx, "returned a %s, not a verdict", luaL_typename(L, at));
	at = lua_absindex(L, at);
	code = g->code >= 0 && g->code < 1000 ? (int)g->code : 999;
	status = text_of(L, at, 1);
	text = text_of(L, at, 2);
	switch (g->verdict) {
	case VERDICT_ACCEPT:
		return tx_accept(tx);
	case VERDICT_REJECT:
		return tx_reject(tx, code, status, text);
	case VERDICT_DEFER:
		return tx_defer(tx, code, status, text);
	case VERDICT_DROP:
		return tx_drop(tx);
	case VERDICT_DISCARD:
		return tx_discard(tx);
	case VERDICT_PARK:
		return tx_park(tx, text);
	default:
		return STEP_NEXT;
	}
}

void
verdict_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "accept", verdict_accept },
		{ "reject", verdict_reject },
		{ "defer", verdict_defer },
		{ "drop", verdict_drop },
		{ "discard", verdict_discard },
		{ "park", verdict_park },
		{ NULL, NULL },
	};

	luaL_newmetatable(L, verdict_type);
	lua_pushcfunction(L, verdict_text);
	lua_setfield(L, -2, "__tostring");
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
}
