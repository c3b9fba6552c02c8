/* SPDX-License-Identifier: MIT */
/*
 * bench_script -- what a Lua handler costs that reads three fields; prints `name value unit`.
 *
 * The stage without handlers is measured too, and taken off.
 */
#include "core/base/arena.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/loop.h"
#include "core/policy/script.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 500000 };

static const char text[] = "local limit = option('limit', 1000, 'recipients')\n"
			   "on('data', function(tx)\n"
			   "  if tx.authenticated or tx.rcpt_count > limit or not tx.helo then "
			   "return defer(451, '4.7.1', 'Later') end\n"
			   "end)\n"
			   "on('helo', function(tx) end)\n";

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
no_over(struct tx *tx)
{
	(void)tx;
}

/* One question at the stage, in nanoseconds. */
static double
measure(struct tx *tx, enum stage stage)
{
	double start = now_ns();

	for (int i = 0; i < ROUNDS; i++)
		tx_ask(tx, stage, no_over);
	return (now_ns() - start) / ROUNDS;
}

int
main(void)
{
	struct config_script script = { "bench.lua", "bench.lua", { text, sizeof text - 1 } };
	struct config_policy own = { .name = "bench", .script_count = 1, .scripts = &script };
	struct config config = { .hostname = "bench",
		.policies = &own,
		.policy_count = 1,
		.limits = { .recipients = 1000,
		    .handler_ms = 1000,
		    .script_instructions = 1000000,
		    .script_ms = 30000,
		    .script_memory = 16 << 20 } };
	struct server server = {
		.loop = loop_create(), .config = &config, .refs = ref_table_create()
	};
	struct policy policy = { .name = "bench", .hash = "" };
	const struct tx_options options = { .server = &server, .policy = &policy, .via = "smtp" };
	const struct mail_params params = {
		.envid = { "", 0 }, .ret = { "", 0 }, .auth = { "", 0 }
	};
	const struct address sender = {
		.local = STR("a"), .domain = STR("b.test"), .text = STR("a@b.test")
	};
	const enum stage stages[] = { STAGE_DATA, STAGE_HELO };
	struct script_set *set;
	double bare, three, none;
	struct err err;
	struct tx *tx;

	set = script_set_create(&server, &err);
	if (set == NULL) {
		puts(err.text);
		return 1;
	}
	tx = tx_create(&options);
	tx_learn_helo(tx, STR("client.test"), true);
	tx_begin(tx, &sender, &params);
	bare = measure(tx, STAGE_DATA);
	for (int i = 0; i < 2; i++) {
		const struct handler *handlers;

		policy.count[stages[i]] = script_handlers(set, "bench", stages[i], &handlers);
		policy.handlers[stages[i]] = (struct handler *)(uintptr_t)handlers;
	}
	three = measure(tx, STAGE_DATA);
	none = measure(tx, STAGE_HELO);
	printf("policy_handler_lua %.4f us\n", (three - bare) / 1000);
	printf("policy_handler_lua_empty %.4f us\n", (none - bare) / 1000);
	tx_destroy(tx);
	script_set_destroy(set);
	loop_destroy(server.loop);
	ref_table_destroy(server.refs);
	return 0;
}
