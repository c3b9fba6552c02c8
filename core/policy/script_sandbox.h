/* SPDX-License-Identifier: MIT */
/*
 * script_sandbox -- a Lua state with a bound on memory and only those functions that cannot reach
 * out.
 *
 * Used for policies and for postern.lua. Nothing of io, os, load, require, debug or package is in
 * it; what is there, stands in one table in script_sandbox.c.
 */
#ifndef CORE_POLICY_SCRIPT_SANDBOX_H
#define CORE_POLICY_SCRIPT_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* What a state has taken and may take, in bytes. Outlives the state. */
struct script_memory {
	size_t used, limit;
	size_t most;       /* for now: the limit, or less while a call runs */
	size_t churn_left; /* to be allocated in all, freed or not; SIZE_MAX: not counted */
	bool refused; /* an allocation failed, which Lua reports as an error, since this was last
			 false */
	void (*on_refused)(void *arg);
	void *arg;
};

enum sandbox_for {
	SANDBOX_CONFIG, /* straight-line settings: no pcall, no metatables, no coroutines */
	SANDBOX_POLICY
};

/* A state with the library of that kind, or NULL where the limit is too small even for that. */
lua_State *sandbox_create(struct script_memory *, size_t limit, enum sandbox_for);

#endif
