/* SPDX-License-Identifier: MIT */
/*
 * config_reader -- from Lua values to the fields of the configuration.
 *
 * Nothing here raises a Lua error for what a person wrote: it is told as a mistake, and reading
 * goes on.
 */
#ifndef CORE_CONFIG_CONFIG_READER_H
#define CORE_CONFIG_CONFIG_READER_H

#include <lua.h>

#include "core/config/config_load.h"

struct json_t;

struct loader *loader_of(lua_State *);

/* The innermost line of Lua that is being run: the call that led here. */
struct config_where reader_where(lua_State *);

/* The string at `at`, in the arena; NULL where it is not clean text: UTF-8 without controls. */
const char *reader_text(lua_State *, int at);

/* "a list" and the like: what stands at `at`, for messages. */
const char *reader_kind(lua_State *, int at);

/*
 * What a name that does not exist stands for: it swallows calls, indexing and joining, so that the
 * rest of the file is read too. It was told when its name was read.
 */
void reader_push_unknown(lua_State *);
bool reader_is_unknown(lua_State *, int at);

/*
 * Read the named values of the table at `at` into `object`. Names that are no fields are told,
 * unless `other` takes them, its value on top of the stack. Numbered values are left to
 * reader_list.
 */
void reader_fields(lua_State *, int at, const struct block *, void *object,
    void (*other)(lua_State *, void *object, const char *name));

/* The list part of the table at `at`, each value a text; `*items` in the arena. Returns how many.
 */
size_t
reader_list(lua_State *, int at, const struct block *, const char *what, const char *const **items);

/* The value on top of the stack as JSON, for a module's option; null, and told, where it cannot be.
 */
struct json_t *reader_json(lua_State *, const char *name);

/* Push the function that a block is in postern.lua. */
void blocks_push(lua_State *, const struct block *);

#endif
