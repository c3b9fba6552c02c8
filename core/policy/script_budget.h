/* SPDX-License-Identifier: MIT */
/*
 * script_budget -- what one call of a script may use: instructions, time on the processor, memory.
 *
 * Instructions are counted by a hook; C functions whose work grows with their arguments charge for
 * it. What is over the budget raises an error; should a script catch it, the hook is asked at every
 * instruction from then on, so that the error comes again at once. A second trip condemns the
 * state.
 */
#ifndef CORE_POLICY_SCRIPT_BUDGET_H
#define CORE_POLICY_SCRIPT_BUDGET_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script_memory;

enum {
	BUDGET_STEP = 100,    /* instructions between two looks */
	BUDGET_SLICE_MS = 40, /* on the processor without a wait: the loop stands still meanwhile */
	BUDGET_DEPTH = 1000,  /* calls in calls; an error that unwinds very many takes long */
	BUDGET_CHURN = 8      /* a call may allocate so many times its share of memory in all */
};

struct script_budget {
	struct script_memory *memory; /* of its state */
	int64_t instructions;         /* left */
	uint64_t slice_ms;
	unsigned trips;
	bool every_instruction; /* the hook is set that tight */
	uint64_t slice_began_ns, cpu_began_ns;
};

/* The budget of the coroutine `L`; each has one. */
struct script_budget *budget_of(lua_State *L);

/* A new call starts. */
void budget_begin(lua_State *L, uint64_t instructions, uint64_t slice_ms);
/* Lua runs on, from the start or after a wait. */
void budget_run(lua_State *L);

/* Work of a C function, in instructions; raises an error when the budget is used up. */
void budget_charge(lua_State *L, uint64_t work);

#endif
