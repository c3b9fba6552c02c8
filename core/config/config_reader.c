/* SPDX-License-Identifier: MIT */
/* config_reader -- from Lua values to the fields of the configuration. */
#include "core/config/config_reader.h"
#include "core/base/arena.h"

#include <jansson.h>
#include <lauxlib.h>
#include <string.h>

enum { DEPTH_MAX = 10 }; /* of lists in lists */

static const char unknown[] = "postern.unknown"; /* metatable of what unknown names stand for */

struct loader *
loader_of(lua_State *L)
{
	return *(struct loader **)lua_getextraspace(L);
}

struct config_where
reader_where(lua_State *L)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0)
			return (struct config_where){
				arena_strdup(loader_of(L)->arena, ar.source + 1), ar.currentline
			};
	}
	return (struct config_where){ loader_of(L)->config->path, 0 };
}

/* A string of the stack as bytes of the arena; NULL where it is not clean text: UTF-8 without
 * controls. */
const char *
reader_text(lua_State *L, int at)
{
	size_t len;
	const char *p = lua_tolstring(L, at, &len);
	json_t *json = json_stringn(p, len);

	json_decref(json);
	if (json == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			return NULL;
	return arena_copy(loader_of(L)->arena, p, len);
}

bool
reader_is_unknown(lua_State *L, int at)
{
	return luaL_testudata(L, at, unknown) != NULL;
}

/* "a list" and the like: what stands at `at`, for messages. */
const char *
reader_kind(lua_State *L, int at)
{
	switch (lua_type(L, at)) {
	case LUA_TNIL:
	case LUA_TNONE:
		return "nothing";
	case LUA_TBOOLEAN:
		return lua_toboolean(L, at) ? "true" : "false";
	case LUA_TNUMBER:
		return "a number";
	case LUA_TSTRING:
		return "a text";
	case LUA_TTABLE:
		return "a list";
	default:
		return "a function";
	}
}

/* Set a field from the list on top of the stack. */
static void
read_texts(lua_State *L, const struct block *block, const struct field *f, void *object)
{
	const char *const *items;
	size_t count = reader_list(L, lua_gettop(L), block, f->name, &items);
	struct err err;

	for (size_t i = 0; i < count; i++)
		field_set_text(loader_of(L)->arena, f, object, str_of(items[i]), &err);
}

/* Set a field from the value on top of the stack. */
static void
read_value(lua_State *L, const struct block *block, const struct field *f, void *object)
{
	struct loader *load = loader_of(L);
	const char *text = NULL;
	struct err err;
	int result;

	if (reader_is_unknown(L, -1))
		return; /* told when its name was read */
	if (f->type == FIELD_TEXTS && lua_istable(L, -1)) {
		read_texts(L, block, f, object);
		return;
	}
	if (lua_type(L, -1) == LUA_TSTRING && (text = reader_text(L, -1)) == NULL)
		result = err_set(&err, "is not UTF-8, or has control characters");
	else if (text != NULL && f->type != FIELD_FLAG)
		result = field_set_text(load->arena, f, object, str_of(text), &err);
	else if (f->type == FIELD_FLAG && lua_isboolean(L, -1))
		result = field_set_text(load->arena, f, object, str_of(reader_kind(L, -1)), &err);
	else if (lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 0 && field_takes_number(f) &&
		 (f->type != FIELD_DURATION || lua_tointeger(L, -1) == 0))
		result = field_set_number(f, object, (uint64_t)lua_tointeger(L, -1), &err);
	else if (f->type == FIELD_DURATION && lua_isnumber(L, -1))
		result = err_set(&err, "needs a unit: write \"30s\", \"5m\", \"4h\" or \"5d\"");
	else
		result = err_set(&err, "must be %s, not %s",
		    f->type == FIELD_FLAG   ? "true or false"
		    : field_takes_number(f) ? "a whole number that is not negative"
					    : "a text in quotes",
		    reader_kind(L, -1));
	if (result < 0)
		MISTAKE(load, reader_where(L), "%s of %s: %s", f->name, block->name, err.text);
}

/*
 * Read the named values of the table at `at` into `object`. Names that are no fields are told,
 * unless `other` takes them. Numbered values are left to the caller.
 */
void
reader_fields(lua_State *L, int at, const struct block *block, void *object,
    void (*other)(lua_State *, void *, const char *name))
{
	struct loader *load = loader_of(L);

	for (lua_pushnil(L); lua_next(L, at) != 0; lua_pop(L, 1)) {
		const struct field *f = NULL;
		const char *name;

		if (lua_type(L, -2) == LUA_TNUMBER)
			continue;
		if (lua_type(L, -2) != LUA_TSTRING || (name = reader_text(L, -2)) == NULL) {
			MISTAKE(load, reader_where(L), "%s: names must be texts", block->name);
			continue;
		}
		f = field_find(block->fields, str_of(name));
		if (f != NULL)
			read_value(L, block, f, object);
		else if (other != NULL)
			other(L, object, name);
		else
			MISTAKE(load, reader_where(L), "unknown option '%s' of %s%s", name,
			    block->name,
			    config_did_you_mean(load->arena, str_of(name),
				field_names(load->arena, block->fields)));
	}
}

/* The list part of the table at `at`, each value a text; `*items` in the arena. */
size_t
reader_list(
    lua_State *L, int at, const struct block *block, const char *what, const char *const **items)
{
	struct loader *load = loader_of(L);
	size_t count = lua_rawlen(L, at), n = 0;
	const char **list = arena_alloc(load->arena, (count + 1) * sizeof *list);

	for (size_t i = 1; i <= count; i++) {
		const char *text;

		lua_rawgeti(L, at, (lua_Integer)i);
		text = lua_type(L, -1) == LUA_TSTRING ? reader_text(L, -1) : NULL;
		if (text != NULL)
			list[n++] = text;
		else if (!reader_is_unknown(L, -1))
			MISTAKE(load, reader_where(L), "%s: %s must be a text in quotes, not %s",
			    block->name, what, reader_kind(L, -1));
		lua_pop(L, 1);
	}
	*items = list;
	return n;
}

static json_t *
value_to_json(lua_State *L, const char *name, int depth)
{
	json_t *list;

	switch (lua_type(L, -1)) {
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, -1));
	case LUA_TSTRING:
		if (reader_text(L, -1) != NULL)
			return json_string(lua_tostring(L, -1));
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, -1))
			return json_integer(lua_tointeger(L, -1));
		return json_real(lua_tonumber(L, -1));
	case LUA_TTABLE:
		if (depth > DEPTH_MAX)
			break;
		list = json_array();
		for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
			lua_rawgeti(L, -1, i);
			json_array_append_new(list, value_to_json(L, name, depth + 1));
			lua_pop(L, 1);
		}
		return list;
	default:
		break;
	}
	if (!reader_is_unknown(L, -1))
		MISTAKE(loader_of(L), reader_where(L),
		    "%s: a text, a number, true, false or a list is expected", name);
	return json_null();
}

json_t *
reader_json(lua_State *L, const char *name)
{
	return value_to_json(L, name, 0);
}

/* ---- what an unknown name stands for */

/* Called, indexed, joined: what an unknown name stands for stays what it is. */
static int
swallow(lua_State *L)
{
	reader_push_unknown(L);
	return 1;
}

static int
swallow_set(lua_State *L)
{
	(void)L;
	return 0;
}

static const luaL_Reg unknown_methods[] = {
	{ "__call", swallow },
	{ "__index", swallow },
	{ "__newindex", swallow_set },
	{ "__concat", swallow },
	{ "__add", swallow },
	{ "__sub", swallow },
	{ "__mul", swallow },
	{ "__div", swallow },
	{ "__len", swallow },
	{ NULL, NULL },
};

void
reader_push_unknown(lua_State *L)
{
	lua_newuserdatauv(L, 0, 0);
	if (luaL_newmetatable(L, unknown)) {
		luaL_setfuncs(L, unknown_methods, 0);
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
	}
	lua_setmetatable(L, -2);
}
