/* SPDX-License-Identifier: MIT */
/* script_sandbox -- a Lua state with a bound on memory and only those functions that cannot reach
 * out. */
#include "core/policy/script_sandbox.h"
#include "core/base/mem.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <string.h>

/* What may be used of Lua's own library, by its manual's names. */
struct library {
	const char *name; /* "" for the base functions */
	lua_CFunction open;
	const char *config, *policy; /* names between spaces; policy has those of config besides */
};

/*
 * xpcall is not among them: its message handler would run inside of our hook when that raises an
 * error, where Lua calls no hook, so that nothing could end it.
 */
/* clang-format off */
static const struct library libraries[] = {
	{ "",       luaopen_base,   "assert error ipairs next pairs select tonumber tostring type",
	                            "pcall setmetatable" },
	{ "string", luaopen_string, "byte char find format gmatch gsub len lower match rep reverse sub upper", "" },
	{ "table",  luaopen_table,  "concat insert move pack remove sort unpack", "" },
	{ "math",   luaopen_math,   "abs ceil floor fmod huge max maxinteger min mininteger modf pi sqrt tointeger type ult", "" },
	{ "utf8",   luaopen_utf8,   "char charpattern codepoint codes len offset", "" },
};
/* clang-format on */

static bool
may_grow(struct script_memory *m, size_t by)
{
	if (by > m->most - m->used || m->most < m->used || by > m->churn_left) {
		m->refused = true;
		if (m->on_refused != NULL)
			m->on_refused(m->arg);
		return false;
	}
	if (m->churn_left != SIZE_MAX)
		m->churn_left -= by;
	return true;
}

/* lua_Alloc. For a new object `old_size` is its type, not a size (Lua 5.4 manual, lua_Alloc). */
static void *
allocate(void *arg, void *old, size_t old_size, size_t size)
{
	struct script_memory *m = arg;

	if (old == NULL)
		old_size = 0;
	if (size == 0) {
		m->used -= old_size;
		mem_free(old);
		return NULL;
	}
	if (size > old_size && !may_grow(m, size - old_size))
		return NULL;
	m->used += size - old_size;
	return old == NULL ? mem_alloc(size) : mem_grow(old, old_size, size);
}

/* Copy the functions with these names from the table at `from` to that at `to`. */
static void
copy_names(lua_State *L, int from, int to, const char *names)
{
	while (*names != '\0') {
		size_t len = strcspn(names, " ");

		lua_pushlstring(L, names, len);
		lua_pushvalue(L, -1);
		lua_gettable(L, from);
		lua_settable(L, to);
		names += len + (names[len] == ' ');
	}
}

/* The library's allowed part as a new table on the stack. */
static void
push_library(lua_State *L, const struct library *lib, enum sandbox_for purpose)
{
	lua_newtable(L);
	lua_pushcfunction(L, lib->open);
	lua_call(L, 0, 1);
	copy_names(L, lua_gettop(L), lua_gettop(L) - 1, lib->config);
	if (purpose == SANDBOX_POLICY)
		copy_names(L, lua_gettop(L), lua_gettop(L) - 1, lib->policy);
	lua_pop(L, 1);
}

/* Make the allowed functions the globals of a bare state; protected, because memory may not
 * suffice. */
static int
open_libraries(lua_State *L)
{
	enum sandbox_for purpose = (enum sandbox_for)lua_tointeger(L, 1);
	int globals;

	push_library(L, &libraries[0], purpose);
	globals = lua_gettop(L);
	for (size_t i = 1; i < sizeof libraries / sizeof libraries[0]; i++) {
		push_library(L, &libraries[i], purpose);
		lua_setfield(L, globals, libraries[i].name);
	}
	/* ("x"):rep(3) finds the allowed functions, and nobody can reach that table to change them.
	 */
	lua_pushliteral(L, "");
	if (lua_getmetatable(L, -1)) {
		lua_getfield(L, globals, "string");
		lua_setfield(L, -2, "__index");
		lua_pushliteral(L, "protected");
		lua_setfield(L, -2, "__metatable");
	}
	lua_pushvalue(L, globals);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	return 0;
}

lua_State *
sandbox_create(struct script_memory *memory, size_t limit, enum sandbox_for purpose)
{
	lua_State *L;

	*memory = (struct script_memory){ .limit = limit, .most = limit, .churn_left = SIZE_MAX };
	if ((L = lua_newstate(allocate, memory)) == NULL)
		return NULL;
	lua_pushcfunction(L, open_libraries);
	lua_pushinteger(L, purpose);
	if (lua_pcall(L, 1, 0, 0) == LUA_OK)
		return L;
	lua_close(L);
	return NULL;
}
