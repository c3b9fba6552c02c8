/* SPDX-License-Identifier: MIT */
/* delivery_inner -- what one turn of a message consists of; for delivery*.c only. */
#ifndef CORE_DELIVERY_DELIVERY_INNER_H
#define CORE_DELIVERY_DELIVERY_INNER_H

#include "core/delivery/delivery.h"
#include "core/delivery/leaf.h"
#include "core/policy/stage.h"

struct arena;
struct envelope;
struct envelope_rcpt;
struct tx;

struct delivery {
	struct arena *arena;
	struct message *message;
	const struct envelope *envelope;
	struct delivery_options options;
	struct tx *tx; /* NULL: no handler wants to be asked */
	size_t phase;
	bool cancelled;

	size_t leaf_count, attempt_count;
	struct leaf *leaves;
	struct attempt **attempts;
	size_t at;  /* of the phase: whose turn it is */
	bool asked; /* of the phase: the policy was asked about it */
	size_t running;
	bool no_bounce; /* a policy keeps the notification back */

	struct delivery_end end;
	void (*done)(struct message *, const struct delivery_end *, void *arg);
	void *arg;
};

/* ---- delivery.c */
/* Go on from where the walk stopped. */
void delivery_walk(struct delivery *);
int64_t delivery_now_ns(void);
const struct envelope_rcpt *delivery_rcpt(const struct delivery *, const struct leaf *);
void delivery_decide(struct leaf *, enum fate, const char *status, const char *reply);
/* Ask the policy about a recipient. STEP_NEXT: nobody is to be asked. */
enum step delivery_ask(struct delivery *, const struct leaf *, enum stage);

/* ---- delivery_outcome.c: the last phases */
enum step delivery_judge(struct delivery *);
enum step delivery_tell(struct delivery *);
enum step delivery_notify(struct delivery *);
enum step delivery_record(struct delivery *);

#endif
