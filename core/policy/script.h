/* SPDX-License-Identifier: MIT */
/*
 * script -- Lua policy: loaded as text into a sandbox, each call a coroutine with a budget.
 *
 * What a script can use is in script_api.c, one table. A call that fails, or uses up its
 * instructions, time or memory, ends with its fail mode; nothing else is harmed.
 */
#ifndef CORE_POLICY_SCRIPT_H
#define CORE_POLICY_SCRIPT_H

#include "core/base/err.h"
#include "core/policy/policy.h"

struct config_policy;
struct config_mistakes;
struct script_set;

/* Load the policies' scripts; every mistake is reported with file and line. NULL where there are
 * any. */
struct script_set *script_set_create(struct server *, struct err *);
void script_set_destroy(struct script_set *);

/* The handlers of one policy at one stage, in order; `fn` of each is script_call. Borrowed. */
size_t
script_handlers(struct script_set *, const char *policy, enum stage, const struct handler **);

/* The one handler function of all Lua handlers; `conf` says which. */
handler_fn script_call;

/* Load the policy and throw it away again: for the checker. Returns the number of mistakes added.
 */
size_t script_check(
    struct arena *, const struct config *, const struct config_policy *, struct config_mistakes *);

#endif
