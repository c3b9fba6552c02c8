/* SPDX-License-Identifier: MIT */
/* script_api -- the tables of what `tx` has, with a sentence for each: for the manual and its test.
 */
#ifndef CORE_POLICY_SCRIPT_API_H
#define CORE_POLICY_SCRIPT_API_H

#include <lua.h>
#include <stdint.h>

struct tx;

struct api_field {
	const char *name;
	void (*get)(lua_State *, struct tx *);
	const char *meaning;
};

struct api_method {
	const char *name;
	const char *arguments;
	lua_CFunction call;
	const char *meaning;
};

/* Both end with a NULL name. */
extern const struct api_field *const api_fields;
extern const struct api_method *const api_methods;

/* A duration argument: milliseconds, or a text such as "30s". */
uint64_t api_check_ms(lua_State *, int at);

#endif
