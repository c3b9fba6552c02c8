/* SPDX-License-Identifier: MIT */
/*
 * script_load -- from the scripts' text to handlers: on(), option(), and the names that are known.
 *
 * Each script has its own table of globals, which it may fill while it is loaded; names that it
 * does not find there are looked up among ours, and what is not there either is a mistake.
 */
#include "core/base/arena.h"
#include "core/base/mem.h"
#include "core/base/nearest.h"
#include "core/policy/script_parts.h"
#include "core/text/unit.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* ---- on(stage, function) */

static struct script_loading *
check_loading(lua_State *L, const char *what)
{
	struct script_loading *loading = call_of(L)->state->loading;

	if (loading == NULL)
		luaL_error(L, "%s stands outside of all functions: it is for loading", what);
	return loading;
}

static int
current_line(lua_State *L)
{
	lua_Debug ar;

	return lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) ? ar.currentline : 0;
}

static void
mistake(struct script_loading *loading, int line, const char *text)
{
	config_mistake_add(loading->arena, loading->mistakes,
	    (struct config_where){ loading->script->path, line }, "%s", text);
}

static void
unknown_stage(lua_State *L, struct script_loading *loading, const char *name)
{
	struct nearest near = { .wanted = str_of(name) };

	for (enum stage s = 0; s < STAGE_COUNT; s++)
		nearest_try(&near, stage_name(s));
	mistake(loading, current_line(L),
	    near.best != NULL ? arena_printf(loading->arena,
				    "unknown stage '%s'; did you mean '%s'?", name, near.best)
			      : arena_printf(loading->arena, "unknown stage '%s'", name));
}

/* Of the function on top, where it is written in this script. */
static void
check_verdicts(lua_State *L, struct script_loading *loading, enum stage stage)
{
	lua_Debug ar;

	lua_pushvalue(L, -1);
	lua_getinfo(L, ">S", &ar);
	if (ar.linedefined > 0)
		lint_handler(loading, stage, ar.linedefined, ar.lastlinedefined);
}

static int
load_on(lua_State *L)
{
	struct script_loading *loading = check_loading(L, "on");
	struct script_state *state = call_of(L)->state;
	struct script_handler *h;
	enum stage stage;
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (!stage_find((struct str){ name, len }, &stage)) {
		unknown_stage(L, loading, name);
		return 0;
	}
	if (state->handler_count == SCRIPT_HANDLERS_MAX)
		return luaL_error(
		    L, "on: more than %d handlers in one policy", SCRIPT_HANDLERS_MAX);
	lua_settop(L, 2);
	check_verdicts(L, loading, stage);
	state->handlers[state->handler_count++] = luaL_ref(L, LUA_REGISTRYINDEX);
	h = config_append(loading->arena, (void **)&loading->handlers, &loading->count, sizeof *h);
	h->policy = state->policy;
	h->number = state->handler_count - 1;
	h->stage = stage;
	h->name = arena_printf(loading->arena, "%s:%d", loading->script->file, current_line(L));
	return 0;
}

/* ---- option(name, default, help) */

static const char *
configured(const struct config_policy *p, const char *name)
{
	for (size_t i = 0; i < p->option_count; i++)
		if (strcmp(p->option_names[i], name) == 0)
			return p->option_values[i];
	return NULL;
}

/* Push `text` as the kind of value that the default at 2 is; NULL, or what is expected. */
static const char *
push_option(lua_State *L, const char *text)
{
	uint64_t number;

	if (lua_isboolean(L, 2)) {
		lua_pushboolean(L, strcmp(text, "true") == 0);
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? NULL
									       : "true or false";
	}
	if (lua_type(L, 2) == LUA_TNUMBER)
		return lua_stringtonumber(L, text) != 0 ? NULL : "a number";
	if (unit_duration(str_of(lua_tostring(L, 2)), &number)) {
		if (!unit_duration(str_of(text), &number))
			return "a duration such as \"30s\"";
		lua_pushinteger(L, (lua_Integer)number);
	} else {
		lua_pushstring(L, text);
	}
	return NULL;
}

static int
load_option(lua_State *L)
{
	struct script_loading *loading = check_loading(L, "option");
	const char *name = luaL_checkstring(L, 1),
		   *text = configured(call_of(L)->state->policy->text, name), *expected;
	const char **to;

	luaL_argexpected(
	    L, lua_isboolean(L, 2) || lua_isstring(L, 2), 2, "text, number or boolean");
	luaL_checkstring(L, 3);
	to = config_append(
	    loading->arena, (void **)&loading->options, &loading->option_count, sizeof *to);
	*to = arena_strdup(loading->arena, name);
	if (text == NULL && lua_type(L, 2) != LUA_TSTRING) {
		lua_pushvalue(L, 2);
		return 1;
	}
	expected = push_option(L, text != NULL ? text : lua_tostring(L, 2));
	if (expected == NULL)
		return 1;
	config_mistake_add(loading->arena, loading->mistakes, call_of(L)->state->policy->text->at,
	    "policy \"%s\": option '%s' must be %s", call_of(L)->state->policy->text->name, name,
	    expected);
	lua_pushvalue(L, 2);
	return 1;
}

/* What the configuration gives and no script has declared. */
static void
check_options(struct script_policy *policy, struct script_loading *loading)
{
	const struct config_policy *p = policy->text;

	for (size_t i = 0; i < p->option_count; i++) {
		struct nearest near = { .wanted = str_of(p->option_names[i]) };
		bool known = false;

		for (size_t j = 0; j < loading->option_count && !known; j++) {
			known = strcmp(loading->options[j], p->option_names[i]) == 0;
			nearest_try(&near, loading->options[j]);
		}
		if (!known)
			config_mistake_add(loading->arena, loading->mistakes, p->at,
			    "policy \"%s\": unknown option '%s'%s", p->name, p->option_names[i],
			    near.best != NULL
				? arena_printf(loading->arena, "; did you mean '%s'?", near.best)
				: "");
	}
}

/* ---- names */

/* The metatable of our names: what is not there is a mistake. */
static int
unknown_name(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
	struct nearest near = { .wanted = str_of(name) };

	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			nearest_try(&near, lua_tostring(L, -2));
	if (near.best != NULL)
		return luaL_error(L, "unknown name '%s'; did you mean '%s'?", name, near.best);
	return luaL_error(L, "unknown name '%s'", name);
}

/* Fill the table of names in a bare state. */
static int
open_names(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "on", load_on },
		{ "option", load_option },
		{ NULL, NULL },
	};

	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	library_open(L);
	verdict_open(L);
	api_open(L);
	wait_open(L);
	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1))
		if (lua_istable(L, -1))
			freeze(L, -1);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, unknown_name);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, 1);
	return 0;
}

/* ---- loading */

/* The script's own globals, above ours. */
static void
push_environment(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushglobaltable(L);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

static void
tell(struct script_loading *loading, lua_State *L)
{
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
							  : "an error that is no text was raised";

	config_mistake_lua(loading->arena, loading->mistakes, loading->script->path, text);
	lua_pop(L, 1);
}

static void
load_script(struct script_state *state, const struct config_script *script)
{
	struct script_loading *loading = state->loading;
	lua_State *L = state->L;

	loading->script = script;
	if (luaL_loadbufferx(L, script->text.p, script->text.len,
		arena_printf(loading->arena, "@%s", script->file), "t") != LUA_OK) {
		tell(loading, L);
		return;
	}
	loading->lint = lint_create(loading->arena, script->text);
	push_environment(L);
	lua_setupvalue(L, -2, 1);
	budget_begin(L, SCRIPT_LOAD_INSTRUCTIONS, SCRIPT_LOAD_MS);
	budget_run(L);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		tell(loading, L);
}

/* Protected: memory may not suffice for what a script made. */
static int
freeze_handlers(lua_State *L)
{
	struct script_state *state = call_of(L)->state;

	for (size_t i = 0; i < state->handler_count; i++) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, state->handlers[i]);
		state->restores[i] = freeze_function(L);
		lua_pop(L, 1);
	}
	return 0;
}

static void
load_all(struct script_state *state)
{
	lua_State *L = state->L;

	lua_pushcfunction(L, open_names);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		tell(state->loading, L);
		return;
	}
	for (size_t i = 0; i < state->policy->text->script_count; i++)
		load_script(state, &state->policy->text->scripts[i]);
	lua_sethook(L, NULL, 0, 0);
	lua_pushcfunction(L, freeze_handlers);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		tell(state->loading, L);
	check_options(state->policy, state->loading);
	state->memory.on_refused = NULL;
}

struct script_state *
state_create(struct script_policy *policy, struct script_loading *loading)
{
	struct script_state *state = mem_alloc(sizeof *state);
	static const struct config_script none = { .file = "", .path = "" };

	loading->script = policy->text->script_count > 0 ? &policy->text->scripts[0] : &none;
	state->policy = policy;
	state->loading = loading;
	list_init(&state->free);
	state->L =
	    sandbox_create(&state->memory, policy->config->limits.script_memory, SANDBOX_POLICY);
	if (state->L == NULL) {
		mistake(loading, 0, "script_memory of limits is too small");
		mem_free(state);
		return NULL;
	}
	state->load =
	    (struct script_call){ .state = state, .L = state->L, .budget.memory = &state->memory };
	*(struct script_call **)lua_getextraspace(state->L) = &state->load;
	load_all(state);
	state->loading = NULL;
	if (loading->mistakes->count == 0)
		return state;
	state_destroy(state);
	return NULL;
}

void
state_destroy(struct script_state *state)
{
	struct link *at;

	lua_close(state->L);
	while ((at = list_take_first(&state->free)) != NULL)
		mem_free(list_member(at, struct script_call, link));
	mem_free(state);
}
