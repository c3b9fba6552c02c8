/* SPDX-License-Identifier: MIT */
/*
 * script_parts -- what the Lua policy engine consists of; for the files script*.c only.
 *
 *   script.c          calls, waits, ends        script_load.c     from text to handlers
 *   script_api.c      what `tx` has             script_verdict.c  accept() ... park()
 *   script_wait.c     sleep and dns             script_library.c  Lua's library, bounded, in order
 *   script_freeze.c   nothing outlives a call   script_pattern.c, script_strings.c  patterns
 *   script_sandbox.c  the bare state, memory    script_budget.c   instructions and time
 *   script_lint.c     verdicts that cannot be
 *
 * A policy has one Lua state, in which each call is a coroutine taken from a pool. A state that
 * misbehaved is retired: new calls get a fresh one, made from the generation's text; the old one is
 * closed when its last waiting call has ended.
 */
#ifndef CORE_POLICY_SCRIPT_PARTS_H
#define CORE_POLICY_SCRIPT_PARTS_H

#include <lua.h>

#include "core/base/list.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/timer.h"
#include "core/policy/policy.h"
#include "core/policy/script_budget.h"
#include "core/policy/script_sandbox.h"

struct dns_answer;
struct dns_query;
struct script_state;

enum {
	SCRIPT_HANDLERS_MAX = 1000,
	SCRIPT_LOGS_MAX = 20,
	SCRIPT_LOAD_INSTRUCTIONS = 50000000,
	SCRIPT_LOAD_MS = 2000
};

/* One `on(stage, function)`, whatever state it runs in. */
struct script_handler {
	struct script_policy *policy;
	size_t number; /* of the handlers of its policy, in the order of `on` */
	enum stage stage;
	const char *name; /* "block.lua:5" */
};

struct script_policy {
	struct script_set *set;
	const struct config *config;
	const struct config_policy *text;
	struct script_state *state; /* the present one; NULL: to be made */
	size_t count;
	struct script_handler *handlers;
	struct handler *by_stage[STAGE_COUNT]; /* the same, for who asks */
	size_t stage_count[STAGE_COUNT];
};

/* A call, its coroutine, and what it waits for. Kept in its state's pool. */
struct script_call {
	struct script_budget budget;
	struct link link; /* in the state's free calls */
	struct script_state *state;
	lua_State *L;  /* NULL: to be made */
	int reference; /* that keeps it */
	uint32_t
	    generation; /* one more with each call: what Lua holds of an earlier one is stale */
	struct tx *tx;  /* while it runs; NULL while it waits */
	const struct script_handler *handler;
	unsigned logs;

	struct ref wait; /* of the transaction; from the first wait to the end of the call */
	uint64_t began_ms;
	struct timer timer; /* of sleep, or the call's time in all */
	bool sleeps;        /* which of the two */
	struct dns_query *query;
	const struct dns_answer *answer; /* until the continuation has made Lua values of it */
};

struct script_state {
	struct script_policy *policy;
	struct script_memory memory;
	lua_State *L;
	struct script_call load; /* stands for the time of loading */
	struct script_loading *loading;
	bool retired;
	size_t handler_count;
	int handlers[SCRIPT_HANDLERS_MAX]; /* references to the functions */
	int restores[SCRIPT_HANDLERS_MAX]; /* to what script_freeze.c restores after each call;
					      LUA_NOREF: nothing */
	struct link free;                  /* calls */
	size_t calls;                      /* that run or wait */
};

/* What loading found; from the first state that is made of a policy. */
struct script_loading {
	struct arena *arena;
	struct config_mistakes *mistakes;
	const struct config_script *script; /* the present one */
	struct lint *lint;                  /* the same, as words */
	size_t count;
	struct script_handler *handlers;
	size_t option_count;
	const char **options; /* names that scripts declared */
};

struct script_set {
	struct arena *arena;
	struct server *server;
	size_t count;
	struct script_policy *policies;
};

/* ---- script.c */
struct script_call *call_of(lua_State *);
/* What the call waited for is there; or it fails, with the reason. */
void call_resume(struct script_call *, const char *failure);

/* ---- script_load.c */
/* A state with all scripts of the policy in it. NULL where there were mistakes. */
struct script_state *state_create(struct script_policy *, struct script_loading *);
void state_destroy(struct script_state *);

/* ---- script_lint.c */
/* The script's text, in words, for lint_handler. */
struct lint *lint_create(struct arena *, struct str text);
/* Tell of each verdict that the stage does not have and the function from line `first` to `last`
 * of the present script returns. */
void lint_handler(struct script_loading *, enum stage, int first, int last);

/* ---- what is put into the table of names on top of the stack */
void library_open(lua_State *);
void verdict_open(lua_State *);
void api_open(lua_State *);
void wait_open(lua_State *);

/* ---- script_api.c */
/* A new `tx` for the present call. */
void api_push_tx(lua_State *);

/* ---- script_verdict.c */
/* Give the verdict that a handler returned, at `at`; nil: none. */
enum step verdict_give(struct tx *, lua_State *, int at);

/* ---- script_wait.c */
/* End what the call waits for, without an answer. */
void wait_cancel(struct script_call *);
void wait_on_timer(void *call);

/* ---- script_freeze.c */
/* Make the table at `at`, and all that is reached from it, read-only. */
void freeze(lua_State *, int at);
/* Freeze what the function on top of the stack can reach; returns a reference for freeze_restore.
 */
int freeze_function(lua_State *);
/* Give the function's local variables of the file the values that they had after loading. */
void freeze_restore(lua_State *, int reference, const char *name);
/* The table that is behind a frozen one at `at`, or itself; pushed. */
void freeze_push_content(lua_State *, int at);

#endif
