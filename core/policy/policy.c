/* SPDX-License-Identifier: MIT */
/*
 * policy -- who is asked at each stage: handlers of C modules first, in the order of `use`, then
 * those of the policy's Lua scripts.
 */
#include "core/policy/policy.h"
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/policy/script.h"
#include "core/process/server.h"

#include <stdalign.h>
#include <string.h>

struct policy_set {
	struct arena *arena;
	struct script_set *scripts; /* NULL: no policy has any */
	size_t count;
	struct policy *policies; /* the first one, "", is for listeners without a policy */
};

/* A module's place in the state of a transaction. */
static size_t
align(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* Modules that are asked at this stage: added at `to` where that is not NULL. Returns how many. */
static size_t
add_modules(const struct config *config, enum stage stage, struct handler *to)
{
	size_t count = 0, offset = 0;

	for (size_t i = 0; i < config->use_count; i++) {
		const struct config_use *use = &config->uses[i];

		if (use->module == NULL)
			continue;
		if (use->module->on[stage] != NULL) {
			if (to != NULL)
				to[count] = (struct handler){
					.fn = use->module->on[stage],
					.conf = use->conf,
					.name = use->name,
					.fail = use->fail,
					.state_offset = offset,
				};
			count++;
		}
		offset += align(use->module->tx_size);
	}
	return count;
}

static size_t
state_size(const struct config *config)
{
	size_t size = 0;

	for (size_t i = 0; i < config->use_count; i++)
		if (config->uses[i].module != NULL)
			size += align(config->uses[i].module->tx_size);
	return size;
}

/* One array for each stage: modules, then scripts. */
static void
fill_policy(struct policy_set *set, struct policy *p, const struct config *config)
{
	for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
		const struct handler *scripts = NULL;
		size_t modules = add_modules(config, stage, NULL);
		size_t lua = set->scripts != NULL
				 ? script_handlers(set->scripts, p->name, stage, &scripts)
				 : 0;

		p->count[stage] = modules + lua;
		p->handlers[stage] =
		    arena_alloc(set->arena, (modules + lua + 1) * sizeof *p->handlers[stage]);
		add_modules(config, stage, p->handlers[stage]);
		if (lua > 0)
			memcpy(p->handlers[stage] + modules, scripts, lua * sizeof *scripts);
	}
	p->tx_size = state_size(config);
}

struct policy_set *
policy_set_create(struct server *server, struct err *err)
{
	const struct config *config = server->config;
	struct arena *arena = arena_create(NULL);
	struct policy_set *set = arena_alloc(arena, sizeof *set);

	set->arena = arena;
	set->scripts = script_set_create(server, err);
	if (set->scripts == NULL) {
		arena_destroy(arena);
		return NULL;
	}
	set->count = config->policy_count + 1;
	set->policies = arena_alloc(arena, set->count * sizeof *set->policies);
	set->policies[0].name = set->policies[0].hash = "";
	for (size_t i = 0; i < config->policy_count; i++) {
		set->policies[i + 1].name = config->policies[i].name;
		set->policies[i + 1].hash = config->policies[i].hash;
	}
	for (size_t i = 0; i < set->count; i++)
		fill_policy(set, &set->policies[i], config);
	return set;
}

void
policy_set_destroy(struct policy_set *set)
{
	if (set == NULL)
		return;
	script_set_destroy(set->scripts);
	arena_destroy(set->arena);
}

struct policy *
policy_find(struct policy_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->policies[i].name, name) == 0)
			return &set->policies[i];
	return NULL;
}
