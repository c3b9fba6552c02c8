/* SPDX-License-Identifier: MIT */
/*
 * script_freeze -- nothing that a call does to a script's variables outlives it.
 *
 * After loading, tables that handlers can reach become read-only: their content moves into a table
 * of its own, and what remains is an empty one whose metatable leads there and refuses writes.
 * Local variables of the file that handlers share (upvalues) cannot be locked in Lua: their values
 * are remembered, and given back after each call and at each wait.
 */
#include "core/base/log.h"
#include "core/policy/script_parts.h"

#include <lauxlib.h>

static const char
    content_key; /* its address: in a frozen table's metatable, where the content is */

static int
refuse_write(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING)
		return luaL_error(L,
		    "'%s' cannot be changed: what is made while the script is loaded is read-only; "
		    "use a local variable",
		    lua_tostring(L, 2));
	return luaL_error(L, "a table that was made while the script was loaded is read-only");
}

/* Upvalue: the content. */
static int
content_length(lua_State *L)
{
	lua_pushinteger(L, luaL_len(L, lua_upvalueindex(1)));
	return 1;
}

/* Push the content of a frozen table; false, and nothing pushed, where it is not frozen. */
static bool
push_frozen(lua_State *L, int at)
{
	if (!lua_getmetatable(L, at))
		return false;
	if (lua_rawgetp(L, -1, &content_key) == LUA_TTABLE) {
		lua_remove(L, -2);
		return true;
	}
	lua_pop(L, 2);
	return false;
}

void
freeze_push_content(lua_State *L, int at)
{
	if (!push_frozen(L, at))
		lua_pushvalue(L, at);
}

/* Move what is in the table at `from` to the one at `to`. */
static void
move_content(lua_State *L, int from, int to)
{
	for (lua_pushnil(L); lua_next(L, from) != 0;) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, to);
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, from);
	}
}

/* The metatable for the emptied table: what it had, and its content at `content`. Pushed. */
static void
push_frozen_metatable(lua_State *L, int table, int content)
{
	lua_newtable(L);
	if (lua_getmetatable(L, table)) {
		int old = lua_gettop(L);

		for (lua_pushnil(L); lua_next(L, old) != 0;) {
			lua_pushvalue(L, -2);
			lua_insert(L, -2);
			lua_rawset(L, old - 1);
		}
		lua_setmetatable(L, content); /* lookups that find nothing go on there */
	}
	lua_pushvalue(L, content);
	lua_rawsetp(L, -2, &content_key);
	lua_pushvalue(L, content);
	lua_setfield(L, -2, "__index");
	lua_pushvalue(L, content);
	lua_pushcclosure(L, content_length, 1);
	lua_setfield(L, -2, "__len");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
}

/* What remains to be looked at is a list; recursion would follow a script's own depth. */
struct reach {
	int seen;     /* table: what was looked at */
	int list;     /* table: what is to be looked at */
	int restores; /* table of {function, index, value} for each variable, or 0 */
	lua_Integer count, done, variables;
};

/* Take the value on top of the stack, to be looked at once. */
static void
add_reached(lua_State *L, struct reach *r)
{
	int type = lua_type(L, -1);

	if (type == LUA_TTABLE || (type == LUA_TFUNCTION && !lua_iscfunction(L, -1))) {
		lua_pushvalue(L, -1);
		if (lua_rawget(L, r->seen) == LUA_TNIL) {
			lua_pushvalue(L, -2);
			lua_pushboolean(L, 1);
			lua_rawset(L, r->seen);
			lua_pushvalue(L, -2);
			lua_rawseti(L, r->list, ++r->count);
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static void
freeze_table(lua_State *L, struct reach *r)
{
	int table = lua_gettop(L), content;

	if (push_frozen(L, table)) {
		lua_pop(L, 1);
		return;
	}
	lua_newtable(L);
	content = lua_gettop(L);
	move_content(L, table, content);
	push_frozen_metatable(L, table, content);
	lua_setmetatable(L, table);
	for (lua_pushnil(L); lua_next(L, content) != 0;) {
		add_reached(L, r);
		lua_pushvalue(L, -1);
		add_reached(L, r);
	}
	if (lua_getmetatable(
		L, content)) { /* a class: what is in it is frozen, it stays a metatable */
		for (lua_pushnil(L); lua_next(L, content + 1) != 0;)
			add_reached(L, r);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* Remember one variable, whose value is on top; shared ones once. */
static void
add_variable(lua_State *L, struct reach *r, int function, int index)
{
	lua_pushlightuserdata(L, lua_upvalueid(L, function, index));
	lua_pushvalue(L, -1);
	if (lua_rawget(L, r->seen) != LUA_TNIL) {
		lua_pop(L, 2);
		return;
	}
	lua_pop(L, 1);
	lua_pushboolean(L, 1);
	lua_rawset(L, r->seen);
	lua_pushvalue(L, function);
	lua_rawseti(L, r->restores, 3 * r->variables + 1);
	lua_pushinteger(L, index);
	lua_rawseti(L, r->restores, 3 * r->variables + 2);
	lua_pushvalue(L, -1);
	lua_rawseti(L, r->restores, 3 * r->variables + 3);
	r->variables++;
}

static void
look_into_function(lua_State *L, struct reach *r)
{
	int function = lua_gettop(L);

	for (int i = 1; lua_getupvalue(L, function, i) != NULL; i++) {
		if (r->restores != 0)
			add_variable(L, r, function, i);
		add_reached(L, r);
	}
}

/* Look at everything that is reached from the value on top of the stack, which is removed. */
static void
freeze_reached(lua_State *L, struct reach *r)
{
	add_reached(L, r);
	while (r->done < r->count) {
		lua_rawgeti(L, r->list, ++r->done);
		if (lua_istable(L, -1))
			freeze_table(L, r);
		else
			look_into_function(L, r);
		lua_pop(L, 1);
	}
}

void
freeze(lua_State *L, int at)
{
	struct reach r = { 0 };
	int top = lua_gettop(L);

	at = lua_absindex(L, at);
	luaL_checkstack(L, 20, NULL);
	lua_newtable(L);
	lua_newtable(L);
	r.seen = top + 1;
	r.list = top + 2;
	lua_pushvalue(L, at);
	freeze_reached(L, &r);
	lua_settop(L, top);
}

int
freeze_function(lua_State *L)
{
	struct reach r = { 0 };
	int function = lua_gettop(L), reference;

	luaL_checkstack(L, 20, NULL);
	for (int i = 0; i < 3; i++)
		lua_newtable(L);
	r.seen = function + 1;
	r.list = function + 2;
	r.restores = function + 3;
	lua_pushvalue(L, function);
	freeze_reached(L, &r);
	lua_pushinteger(L, r.variables);
	lua_rawseti(L, r.restores, 0);
	lua_settop(L, r.restores);
	reference = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_settop(L, function);
	return r.variables > 0 ? reference : LUA_NOREF;
}

/* Nothing here allocates, so that it may be called outside of Lua. */
void
freeze_restore(lua_State *L, int reference, const char *name)
{
	lua_Integer count;
	int list;

	if (reference == LUA_NOREF)
		return;
	lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
	list = lua_gettop(L);
	lua_rawgeti(L, list, 0);
	count = lua_tointeger(L, -1);
	lua_pop(L, 1);
	for (lua_Integer i = 0; i < count; i++) {
		const char *variable;
		int index;

		lua_rawgeti(L, list, 3 * i + 1);
		lua_rawgeti(L, list, 3 * i + 2);
		index = (int)lua_tointeger(L, -1);
		variable = lua_getupvalue(L, list + 1, index);
		lua_rawgeti(L, list, 3 * i + 3);
		if (!lua_rawequal(L, -1, -2)) {
			log_debug(
			    "%s: what it did to '%s' is forgotten: no variable outlives a call",
			    name, variable != NULL ? variable : "?");
			lua_setupvalue(L, list + 1, index);
		}
		lua_settop(L, list);
	}
	lua_settop(L, list - 1);
}
