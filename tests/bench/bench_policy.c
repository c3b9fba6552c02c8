/* SPDX-License-Identifier: MIT */
/*
 * bench_policy -- what a stage handler costs that does not wait; prints `name value unit`.
 *
 * The floor is the bare call of the same five functions through pointers.
 */
#include "core/base/arena.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/loop.h"
#include "core/policy/policy.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 2000000, HANDLERS = 5 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Looks at three facts, as a handler does, and has no opinion. */
static enum step
look(struct tx *tx, void *conf)
{
	if (tx_user(tx).len > 0 || tx_rcpt_count(tx) > 1000 || tx_helo(tx).len == 0)
		return tx_defer(tx, 451, "4.7.1", conf);
	return STEP_NEXT;
}

static void
no_over(struct tx *tx)
{
	(void)tx;
}

static struct config config = { .hostname = "bench",
	.limits = { .recipients = 1000, .handler_ms = 1000 } };

int
main(void)
{
	static struct handler handlers[HANDLERS];
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
	handler_fn *volatile fn = look;
	double start, floor, full, empty;
	struct tx *tx;

	for (int i = 0; i < HANDLERS; i++)
		handlers[i] = (struct handler){ .fn = look, .conf = "x", .name = "look" };
	policy.handlers[STAGE_DATA] = policy.handlers[STAGE_HELO] = handlers;
	policy.count[STAGE_DATA] = HANDLERS;
	tx = tx_create(&options);
	tx_learn_helo(tx, STR("client.test"), true);
	tx_begin(tx, &sender, &params);

	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		for (int h = 0; h < HANDLERS; h++)
			fn(tx, "x");
	floor = (now_ns() - start) / ROUNDS;
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		tx_ask(tx, STAGE_DATA, no_over);
	full = (now_ns() - start) / ROUNDS;
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		tx_ask(tx, STAGE_HELO, no_over);
	empty = (now_ns() - start) / ROUNDS;

	printf("policy_handler_c_floor %.4f us\n", floor / HANDLERS / 1000);
	printf("policy_handler_c %.4f us\n", (full - empty) / HANDLERS / 1000);
	printf("policy_stage_without_handlers %.4f us\n", empty / 1000);
	tx_destroy(tx);
	loop_destroy(server.loop);
	ref_table_destroy(server.refs);
	return 0;
}
