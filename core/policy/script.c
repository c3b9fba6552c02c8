/* SPDX-License-Identifier: MIT */
/*
 * script -- Lua policy: each call a coroutine with a budget, taken from its policy's pool.
 *
 *   script_call -> run -> the handler returns, fails, or waits (a yield in script_wait.c)
 *                              | answer, timer
 *                         call_resume -> run -> ... -> tx_resume
 */
#include "core/policy/script.h"
#include "core/base/arena.h"
#include "core/base/mem.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/policy/script_parts.h"
#include "core/process/server.h"
#include "core/session/tx.h"

#include <assert.h>
#include <lauxlib.h>
#include <string.h>

struct script_call *
call_of(lua_State *L)
{
	return *(struct script_call **)lua_getextraspace(L);
}

struct script_budget *
budget_of(lua_State *L)
{
	return &call_of(L)->budget;
}

/* ---- states */

/* The policy's present state, made again from its text where the last one was retired. */
static struct script_state *
present_state(struct script_policy *policy)
{
	struct config_mistakes mistakes = { 0 };
	struct script_loading loading = { .mistakes = &mistakes };

	if (policy->state != NULL)
		return policy->state;
	loading.arena = arena_create(NULL);
	policy->state = state_create(policy, &loading);
	if (policy->state != NULL && policy->state->handler_count != policy->count) {
		state_destroy(policy->state); /* its scripts are not the same each time */
		policy->state = NULL;
	}
	arena_destroy(loading.arena);
	return policy->state;
}

/* No more calls: it goes with the last one that waits in it. */
static void
retire(struct script_state *state)
{
	if (state->policy->state == state)
		state->policy->state = NULL;
	state->retired = true;
}

static void
destroy_if_over(struct script_state *state)
{
	if (state->retired && state->calls == 0)
		state_destroy(state);
}

/* ---- calls */

/* Protected, because a coroutine takes memory. */
static int
make_coroutine(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);
	lua_State *co = lua_newthread(L);

	call->reference = luaL_ref(L, LUA_REGISTRYINDEX);
	call->L = co;
	*(struct script_call **)lua_getextraspace(co) = call;
	return 0;
}

static struct script_call *
call_create(struct script_state *state)
{
	struct script_call *call = mem_alloc(sizeof *call);

	list_init(&call->link);
	call->state = state;
	call->generation = 1;
	call->budget.memory = &state->memory;
	timer_init(&call->timer, state->policy->set->server->loop, wait_on_timer, call);
	return call;
}

/* A call from the pool, or a new one; NULL: the state has no memory left. */
static struct script_call *
call_take(struct script_state *state)
{
	struct link *at = list_take_first(&state->free);
	struct script_call *call =
	    at != NULL ? list_member(at, struct script_call, link) : call_create(state);

	if (call->L != NULL)
		return call;
	lua_pushcfunction(state->L, make_coroutine);
	lua_pushlightuserdata(state->L, call);
	if (lua_pcall(state->L, 1, 0, 0) == LUA_OK)
		return call;
	lua_pop(state->L, 1);
	list_add_first(&state->free, &call->link);
	return NULL;
}

/*
 * A coroutine that did not end well is not used again: Lua leaves hooks switched off in one that
 * an error of a hook has ended. The call itself stays, because stale handles look at it.
 */
static void
drop_coroutine(struct script_call *call)
{
	luaL_unref(call->state->L, LUA_REGISTRYINDEX, call->reference);
	call->L = NULL;
	call->budget.every_instruction = false;
}

/* The call is over: what Lua holds of it is stale from now on. */
static void
call_end(struct script_call *call)
{
	struct script_state *state = call->state;

	wait_cancel(call);
	call->generation++;
	call->tx = NULL;
	call->handler = NULL;
	call->logs = 0;
	if (lua_status(call->L) != LUA_OK)
		drop_coroutine(call);
	else
		lua_settop(call->L, 0);
	list_add_first(&state->free, &call->link);
	state->calls--;
	destroy_if_over(state);
}

/* The client left, or the transaction's own deadline passed. */
static void
on_cancel(void *arg)
{
	call_end(arg);
}

static int
after_handler(lua_State *L, int status, lua_KContext context)
{
	(void)L, (void)status, (void)context;
	return 1;
}

/* The coroutine's first function: the handler with its `tx`, which takes memory to make. */
static int
enter(lua_State *L)
{
	const struct script_call *call = call_of(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, call->state->handlers[call->handler->number]);
	api_push_tx(L);
	lua_callk(L, 1, 1, 0, after_handler);
	return after_handler(L, LUA_OK, 0);
}

/* What an error leaves on top of the stack; without making anything. */
static const char *
error_text(lua_State *L)
{
	return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
					      : "raised an error that is no text";
}

/* Let the coroutine run until its end or its next wait. WAIT: it has not ended. */
static enum step
run(struct script_call *call, struct tx *tx, int arguments)
{
	struct script_state *state = call->state;
	enum step step;
	int count, result;

	call->tx = tx;
	budget_run(call->L);
	result = lua_resume(call->L, NULL, arguments, &count);
	state->memory.most = state->memory.limit;
	state->memory.churn_left = SIZE_MAX;
	state->memory.on_refused = NULL;
	freeze_restore(state->L, state->restores[call->handler->number], call->handler->name);
	if (result == LUA_YIELD)
		step = STEP_WAIT;
	else if (result == LUA_OK)
		step = verdict_give(tx, call->L, -1);
	else
		step = tx_fail(tx, "%s", error_text(call->L));
	/* Out of memory, or an error of the budget was swallowed: what else may be wrong in there?
	 */
	if (result == LUA_ERRMEM || state->memory.refused || call->budget.trips > 1)
		retire(state);
	call->tx = NULL;
	return step;
}

enum step
script_call(struct tx *tx, void *conf)
{
	const struct script_handler *h = conf;
	struct script_state *state = present_state(h->policy);
	struct script_call *call;
	enum step step;

	if (state == NULL)
		return tx_fail(tx, "the policy's scripts cannot be loaded again");
	call = call_take(state);
	if (call == NULL) {
		retire(state);
		destroy_if_over(state);
		return tx_fail(tx, "not enough memory (limits: script_memory)");
	}
	state->calls++;
	call->handler = h;
	call->began_ms = clock_ms(h->policy->set->server->loop);
	budget_begin(call->L, h->policy->config->limits.script_instructions, BUDGET_SLICE_MS);
	lua_pushcfunction(call->L, enter);
	step = run(call, tx, 0);
	if (step != STEP_WAIT) {
		call_end(call);
		return step;
	}
	call->wait = tx_wait(tx);
	tx_on_cancel(tx, on_cancel, call);
	return STEP_WAIT;
}

void
call_resume(struct script_call *call, const char *failure)
{
	struct ref wait = call->wait;
	struct tx *tx = tx_of(wait);
	enum step step;

	assert(tx != NULL); /* else on_cancel was called */
	if (failure != NULL)
		step = tx_fail(tx, "%s", failure);
	else
		step = run(call, tx, 0);
	if (step == STEP_WAIT)
		return;
	call_end(call);
	tx_resume(wait, step);
}

/* ---- sets */

static void
add_handler(struct script_policy *p, struct arena *arena, struct script_handler *h)
{
	struct handler *to = config_append(
	    arena, (void **)&p->by_stage[h->stage], &p->stage_count[h->stage], sizeof *to);

	*to = (struct handler){
		.fn = script_call, .conf = h, .name = h->name, .fail = p->text->fail
	};
}

/* Load one policy. */
static void
load_policy(struct script_set *set, struct script_policy *p, const struct config_policy *text,
    struct config_mistakes *mistakes)
{
	struct script_loading loading = { .arena = set->arena, .mistakes = mistakes };

	p->set = set;
	p->config = set->server->config;
	p->text = text;
	p->state = state_create(p, &loading);
	p->count = loading.count;
	p->handlers = loading.handlers;
	for (size_t i = 0; i < p->count; i++)
		add_handler(p, set->arena, &p->handlers[i]);
}

struct script_set *
script_set_create(struct server *server, struct err *err)
{
	const struct config *config = server->config;
	struct arena *arena = arena_create(NULL);
	struct script_set *set = arena_alloc(arena, sizeof *set);
	struct config_mistakes mistakes = { 0 };

	set->arena = arena;
	set->server = server;
	set->count = config->policy_count;
	set->policies = arena_alloc(arena, (set->count + 1) * sizeof *set->policies);
	for (size_t i = 0; i < set->count; i++)
		load_policy(set, &set->policies[i], &config->policies[i], &mistakes);
	if (mistakes.count == 0)
		return set;
	err_set(err, "%s:%d: %s", mistakes.items[0].file, mistakes.items[0].line,
	    mistakes.items[0].text);
	script_set_destroy(set);
	return NULL;
}

void
script_set_destroy(struct script_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++)
		if (set->policies[i].state != NULL)
			state_destroy(set->policies[i].state);
	arena_destroy(set->arena);
}

size_t
script_handlers(
    struct script_set *set, const char *policy, enum stage stage, const struct handler **handlers)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->policies[i].text->name, policy) == 0) {
			*handlers = set->policies[i].by_stage[stage];
			return set->policies[i].stage_count[stage];
		}
	return 0;
}

size_t
script_check(struct arena *arena, const struct config *config, const struct config_policy *text,
    struct config_mistakes *mistakes)
{
	struct script_policy policy = { .config = config, .text = text };
	struct config_mistakes found = { 0 };
	struct script_loading loading = { .arena = arena, .mistakes = &found };
	struct script_state *state = state_create(&policy, &loading);

	if (state != NULL)
		state_destroy(state);
	for (size_t i = 0; i < found.count; i++)
		config_mistake_add(arena, mistakes,
		    (struct config_where){ found.items[i].file, found.items[i].line }, "%s",
		    found.items[i].text);
	return found.count;
}
