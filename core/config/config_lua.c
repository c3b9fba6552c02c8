/* SPDX-License-Identifier: MIT */
/*
 * config_lua -- evaluates postern.lua in a sandbox, to its end.
 *
 * A mistake does not end the evaluation: unknown names stand for an object that swallows whatever
 * is done with it.
 */
#include "core/base/arena.h"
#include "core/base/nearest.h"
#include "core/config/config_reader.h"
#include "core/policy/script_sandbox.h"

#include <assert.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONFIG_MEMORY = 64 << 20,
	CONFIG_INSTRUCTIONS = 100 * 1000 * 1000,
	CONFIG_SECRET_MAX = 64 * 1024,
	CONFIG_DEPTH_MAX = 10 /* of include */
};

/* ---- names that do not exist */

/* The block that has an option of that name; NULL: none. */
static const struct block *
block_with(const char *name)
{
	for (const struct block *b = config_blocks; b->name != NULL; b++)
		if (field_find(b->fields, str_of(name)) != NULL)
			return b;
	return NULL;
}

/* A global that does not exist was read: say so, and go on with something that swallows all. */
static int
unknown_name(lua_State *L)
{
	struct loader *load = loader_of(L);
	const char *name = lua_type(L, 2) == LUA_TSTRING ? reader_text(L, 2) : NULL;
	struct nearest near = { .wanted = str_of(name) };

	for (const struct block *b = config_blocks; b->name != NULL; b++)
		nearest_try(&near, b->name);
	if (name == NULL)
		MISTAKE(load, reader_where(L), "unknown name");
	else if (near.best != NULL)
		MISTAKE(load, reader_where(L), "unknown name '%s'; did you mean '%s'?", name,
		    near.best);
	else
		MISTAKE(load, reader_where(L), "unknown name '%s'; a text stands in quotes: \"%s\"",
		    name, name);
	reader_push_unknown(L);
	return 1;
}

/* A global was set: either an option outside of its block, or a name of one's own. */
static int
set_name(lua_State *L)
{
	struct loader *load = loader_of(L);
	const char *name = lua_type(L, 2) == LUA_TSTRING ? reader_text(L, 2) : NULL;
	const struct block *b;

	if (name == NULL)
		name = "?";
	b = block_with(name);
	if (b != NULL)
		MISTAKE(load, reader_where(L),
		    "'%s' stands outside of its block: write %s { %s = ... }", name, b->name, name);
	else
		MISTAKE(load, reader_where(L),
		    "'%s' is no function of the configuration; for a name of your own write: local "
		    "%s = ...",
		    name, name);
	return 0;
}

/* ---- running */

static void
too_long(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	luaL_where(L, 0);
	lua_pushliteral(L, "the configuration does not come to an end");
	lua_concat(L, 2);
	lua_error(L);
}

/* What to look for, from what the Lua compiler said. */
static const char *
advice_for(const char *message)
{
	static const struct {
		const char *said, *advice;
	} table[] = {
		{ "to close '{'",
		    " (a comma between two values, or the closing brace, is missing)" },
		{ "unfinished string", " (the closing quote is missing)" },
		{ "'=' expected",
		    " (a function takes its values in braces, and a name in quotes)" },
		{ "syntax error near",
		    " (a function takes its values in braces, and a name in quotes)" },
		{ "unexpected symbol", " (is a comma too many, or a quote missing?)" },
		{ "'<eof>' expected", " (a closing brace, or `end`, too many)" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strstr(message, table[i].said) != NULL)
			return table[i].advice;
	return "";
}

/* Compile and run one file in the state; what goes wrong is told. */
static int
run_file(lua_State *L, const char *name, struct str text)
{
	struct loader *load = loader_of(L);
	const char *chunk = arena_printf(load->arena, "@%s", name);

	if (luaL_loadbufferx(L, text.p, text.len, chunk, "t") != LUA_OK) {
		config_mistake_lua(load->arena, load->mistakes, name,
		    lua_pushfstring(
			L, "%s%s", lua_tostring(L, -1), advice_for(lua_tostring(L, -1))));
		lua_pop(L, 1);
		lua_pop(L, 1);
		return -1;
	}
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		const char *message = lua_tostring(L, -1);

		config_mistake_lua(load->arena, load->mistakes, name,
		    message != NULL ? message : "error without a message");
		lua_pop(L, 1);
		return -1;
	}
	return 0;
}

/* ---- include and secret */

static int
call_include(lua_State *L)
{
	struct loader *load = loader_of(L);
	const char *path = lua_type(L, 1) == LUA_TSTRING ? reader_text(L, 1) : NULL;
	struct config_where at = reader_where(L);
	struct str text;
	struct err err;
	int depth;

	if (path == NULL) {
		MISTAKE(load, at, "include takes a file: write include \"more.lua\"");
		return 0;
	}
	lua_getfield(L, LUA_REGISTRYINDEX, "postern.depth");
	depth = (int)lua_tointeger(L, -1);
	if (depth >= CONFIG_DEPTH_MAX) {
		MISTAKE(load, at, "include \"%s\": files include each other more than %d deep",
		    path, CONFIG_DEPTH_MAX);
		return 0;
	}
	if (config_read_file(
		load->arena, config_path(load, path), CONFIG_FILE_MAX, true, &text, &err) < 0) {
		MISTAKE(load, at, "include: %s", err.text);
		return 0;
	}
	lua_pushinteger(L, depth + 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "postern.depth");
	run_file(L, path, text);
	lua_pushinteger(L, depth);
	lua_setfield(L, LUA_REGISTRYINDEX, "postern.depth");
	return 0;
}

/* secret("file"): its content without the line's end. */
static int
call_secret(lua_State *L)
{
	struct loader *load = loader_of(L);
	const char *path = lua_type(L, 1) == LUA_TSTRING ? reader_text(L, 1) : NULL;
	struct str text;
	struct err err;

	if (path == NULL) {
		MISTAKE(load, reader_where(L), "secret takes a file: write secret(\"file\")");
	} else if (config_read_file(load->arena, config_path(load, path), CONFIG_SECRET_MAX, true,
		       &text, &err) < 0) {
		MISTAKE(load, reader_where(L), "secret: %s", err.text);
	} else {
		while (
		    text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
			text.len--;
		lua_pushlstring(L, text.p, text.len);
		return 1;
	}
	lua_pushliteral(L, "");
	return 1;
}

/* Make the names known; in a protected call, because memory may not suffice. */
static int
prepare(lua_State *L)
{
	lua_pushglobaltable(L);
	for (const struct block *b = config_blocks; b->name != NULL; b++) {
		lua_CFunction own = strcmp(b->name, "include") == 0  ? call_include
				    : strcmp(b->name, "secret") == 0 ? call_secret
								     : NULL;

		if (own != NULL)
			lua_pushcfunction(L, own);
		else
			blocks_push(L, b);
		lua_setfield(L, -2, b->name);
	}
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, unknown_name);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, set_name);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
	return 0;
}

void
config_evaluate(struct loader *load, const char *name, struct str text)
{
	struct script_memory memory;
	lua_State *L = sandbox_create(&memory, CONFIG_MEMORY, SANDBOX_CONFIG);
	int result;

	assert(L != NULL);
	*(struct loader **)lua_getextraspace(L) = load;
	lua_pushcfunction(L, prepare);
	result = lua_pcall(L, 0, 0, 0);
	assert(result == LUA_OK);
	lua_sethook(L, too_long, LUA_MASKCOUNT, CONFIG_INSTRUCTIONS);
	run_file(L, name, text);
	lua_close(L);
}
