/* SPDX-License-Identifier: MIT */
/*
 * stage -- the moments at which handlers are asked, and who is asked (DESIGN.md: stages and verdicts).
 */
#ifndef CORE_POLICY_STAGE_H
#define CORE_POLICY_STAGE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct tx;

/* Only ever appended to: modules are built against these numbers. */
enum stage {
	STAGE_CONNECT,
	STAGE_HELO,
	STAGE_TLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_MESSAGE,
	STAGE_RECIPIENT,
	STAGE_QUEUED,
	STAGE_ROUTE,
	STAGE_ATTEMPT,
	STAGE_OUTCOME,
	STAGE_NOTIFY,
	STAGE_CLOSE,
	STAGE_ABORT,   /* observer: a transaction ended without a reply to its data */
	STAGE_UNKNOWN, /* observer: a command that is unknown */
	STAGE_COUNT,
	STAGE_SLOTS = 32
};

enum step {
	STEP_NEXT, /* no opinion: ask the next one */
	STEP_DONE, /* a verdict was given */
	STEP_WAIT  /* tx_wait was called; tx_resume will follow */
};

typedef enum step handler_fn(struct tx *, void *conf);

const char *stage_name(enum stage);
bool stage_find(struct str name, enum stage *);

/* Handlers only look on: no verdict exists there, and a handler that would wait is ended. */
bool stage_observes(enum stage);

#pragma GCC visibility pop
#endif
