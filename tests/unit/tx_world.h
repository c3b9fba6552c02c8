/* SPDX-License-Identifier: MIT */
/* tx_world -- a server of one domain for tests of transactions: real loop, spool and users. */
#ifndef TESTS_UNIT_TX_WORLD_H
#define TESTS_UNIT_TX_WORLD_H

#include "core/config/config.h"
#include "core/module.h"
#include "core/policy/policy.h"
#include "core/process/server.h"
#include "core/session/tx_core.h"

struct message;

struct tx_world {
	struct arena *arena;
	struct config config;
	struct config_domain domains[2];
	struct config_use use;
	struct server server;
	struct policy policy;
	struct tx_options options;
	struct handler handlers[STAGE_COUNT][4];
	const char *spool_dir;
	struct message *found; /* the last message that the spool told of */
	unsigned found_count;
	char log[16 * 1024]; /* lines, without their time */
	struct tx *tx;
	bool over; /* the last question was answered */
};

/* Domain here.test with the user bob; relay.test is relayed. `with_spool`: messages can be
 * committed. */
void tx_world_open(struct tx_world *, bool with_spool);
void tx_world_close(struct tx_world *);

/* Ask `fn` at the stage too; `name` is the `by` of its verdicts. */
struct handler *tx_world_on(struct tx_world *, enum stage, handler_fn *fn, const char *name);

/* A new connection with a EHLO. */
struct tx *tx_world_connect(struct tx_world *);

/* Ask, and turn the loop until there is an answer. */
const struct tx_answer *tx_world_ask(struct tx_world *, enum stage);
const struct tx_answer *tx_world_mail(struct tx_world *, const char *sender);
const struct tx_answer *tx_world_rcpt(struct tx_world *, const char *rcpt);
/* The answer in short: "550 5.7.1 Relaying denied", or the verdict's name. */
const char *tx_world_said(struct tx_world *, const struct tx_answer *);
/* Give the text and end it; then the stage message and the commit, where nothing is wrong. */
enum intake_result tx_world_message(struct tx_world *, struct str text);
/* Turn the loop until `*done`. */
void tx_world_turn(struct tx_world *, const bool *done);
/* The text of the last message that was found, in the arena. */
struct str tx_world_text(struct tx_world *);
bool tx_world_logged(struct tx_world *, const char *part);

#endif
