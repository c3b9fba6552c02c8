/* SPDX-License-Identifier: MIT */
/* script_budget -- what one call of a script may use: instructions, time on the processor, memory.
 */
#include "core/policy/script_budget.h"
#include "core/policy/script_sandbox.h"

#include <lauxlib.h>
#include <time.h>

static uint64_t
read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void on_count(lua_State *, lua_Debug *);

static void
set_hook(lua_State *L, struct script_budget *b, bool every_instruction)
{
	b->every_instruction = every_instruction;
	lua_sethook(L, on_count, LUA_MASKCOUNT, every_instruction ? 1 : BUDGET_STEP);
}

static void
trip(lua_State *L, struct script_budget *b, const char *why)
{
	lua_Debug ar;
	int level = 0;

	b->trips++;
	set_hook(L, b, true);
	while (lua_getstack(L, level, &ar) && lua_getinfo(L, "l", &ar) && ar.currentline <= 0)
		level++;
	luaL_where(L, level);
	lua_pushstring(L, why);
	lua_concat(L, 2);
	lua_error(L);
}

/*
 * Whether the slice is over. The clock on the wall is asked first, because it costs no system
 * call; the processor's own decides, so that a busy machine fails no script.
 */
static bool
slice_is_over(struct script_budget *b)
{
	if (b->cpu_began_ns == 0)
		b->cpu_began_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
	if (read_clock(CLOCK_MONOTONIC) - b->slice_began_ns < b->slice_ms * 1000000)
		return false;
	return read_clock(CLOCK_THREAD_CPUTIME_ID) - b->cpu_began_ns >= b->slice_ms * 1000000;
}

/* Called every BUDGET_STEP instructions, or at every one after a trip. */
static void
on_count(lua_State *L, lua_Debug *ar)
{
	struct script_budget *b = budget_of(L);

	if (b->trips > 0)
		trip(L, b, "goes on after its budget was used up");
	if (b->memory->refused)
		trip(L, b, "goes on after its memory was used up");
	b->instructions -= BUDGET_STEP;
	if (b->instructions <= 0)
		trip(L, b, "uses too many instructions (limits: script_instructions)");
	if (lua_getstack(L, BUDGET_DEPTH, ar))
		trip(L, b, "calls go too deep");
	if (slice_is_over(b))
		trip(L, b, "keeps the processor too long without a wait");
}

void
budget_charge(lua_State *L, uint64_t work)
{
	struct script_budget *b = budget_of(L);

	if (b->trips > 0)
		trip(L, b, "goes on after its budget was used up");
	b->instructions -= work > INT32_MAX ? INT32_MAX : (int64_t)work;
	if (b->instructions <= 0)
		trip(L, b, "uses too many instructions (limits: script_instructions)");
}

void
budget_begin(lua_State *L, uint64_t instructions, uint64_t slice_ms)
{
	struct script_budget *b = budget_of(L);

	b->instructions = (int64_t)instructions;
	b->slice_ms = slice_ms;
	b->trips = 0;
	if (b->every_instruction || lua_gethook(L) == NULL)
		set_hook(L, b, false);
}

/* The allocator refused: from here on the hook is asked at every instruction. */
static void
on_refused(void *arg)
{
	lua_State *L = arg;

	set_hook(L, budget_of(L), true);
}

void
budget_run(lua_State *L)
{
	struct script_budget *b = budget_of(L);
	struct script_memory *m = b->memory;
	size_t share = (m->limit - m->used) / 2;

	b->slice_began_ns = read_clock(CLOCK_MONOTONIC);
	b->cpu_began_ns = 0;
	m->most = m->used + share;
	m->churn_left = share * BUDGET_CHURN;
	m->refused = false;
	m->on_refused = on_refused;
	m->arg = L;
}
