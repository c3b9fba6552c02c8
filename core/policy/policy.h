/* SPDX-License-Identifier: MIT */
/*
 * policy -- who is asked at each stage: handlers of C modules first, in the order of `use`, then
 * those of the policy's Lua scripts, in the order of their names and of `on` in them.
 */
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/policy/stage.h"
#include "core/policy/verdict.h"

struct arena;
struct config;
struct config_mistakes;
struct config_policy;
struct config_use;
struct server;
struct script_set; /* the Lua state of this worker and the scripts in it (policy/script.h) */

struct handler {
	handler_fn *fn;
	void *conf;       /* a module's configuration, or a struct script_handler */
	const char *name; /* "maxrcpt" or "block.lua:5": the `by` of its verdicts */
	enum fail_mode fail;
	size_t state_offset; /* of the module's tx_size bytes in a transaction's module state */
};

struct policy {
	const char *name;
	const char *hash;
	size_t count[STAGE_SLOTS];
	struct handler *handlers[STAGE_SLOTS];
	size_t tx_size; /* all modules' state of one transaction */
};

/* All policies of the configuration, ready to be asked; one for each name, and "" for listeners
 * without one. */
struct policy_set;
struct policy_set *policy_set_create(struct server *, struct err *);
void policy_set_destroy(struct policy_set *);
struct policy *policy_find(struct policy_set *, const char *name);

#endif
