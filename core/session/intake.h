/* SPDX-License-Identifier: MIT */
/*
 * intake -- how a protocol brings a message in: ask the stages, name the envelope, give the bytes, commit.
 *
 * The same for every way in (SMTP, LMTP, sendmail, HTTP). `step` results: STEP_DONE, the answer is
 * there; STEP_WAIT, `over(tx)` is called later from the loop, never inside the call.
 */
#ifndef CORE_SESSION_INTAKE_H
#define CORE_SESSION_INTAKE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/session/tx.h"

typedef void tx_over_fn(struct tx *);

/* ESMTP parameters of MAIL, as parsed; strings are copied. */
struct mail_params {
	uint64_t size;    /* SIZE=, or 0 */
	bool body_8bit;   /* BODY=8BITMIME */
	bool utf8;        /* SMTPUTF8 */
	struct str envid; /* DSN: decoded; reserved, "" */
	struct str ret;   /* DSN: "FULL", "HDRS" or "" */
	struct str auth;  /* AUTH=, decoded, or "" */
};

struct rcpt_params {
	struct str notify; /* DSN: as given, or "" */
	struct str orcpt;  /* DSN: decoded, or "" */
};

/* What the last stage that was asked decided. */
struct tx_answer {
	enum verdict verdict;
	int code;           /* to reply with; 0: none given, the protocol's usual one */
	const char *status; /* "5.7.1" or "" */
	const char *text;
	const char *by;    /* "maxrcpt", "block.lua:5", or "core" */
	bool spoken_later; /* refused, but it is to be said at RCPT: reply as if it were accepted */
	uint64_t delay_ms; /* wait so long before the reply */
};

/* Ask the handlers of a stage. The order of calls is the protocol's duty. */
enum step tx_ask(struct tx *, enum stage, tx_over_fn *over);
const struct tx_answer *tx_answer(const struct tx *);

/* ---- connection: what became known */
void tx_learn_helo(struct tx *, struct str name, bool esmtp); /* forgets the transaction */
void tx_learn_tls(
    struct tx *, const char *version, const char *cipher); /* forgets helo, user, transaction */
void tx_learn_user(struct tx *, struct str name);
bool tx_offers(const struct tx *, struct str extension); /* not hidden by a handler of helo */

/* ---- the transaction. Each begin/candidate call parses nothing: it is given typed values. */

/* MAIL: remember the sender and make an id; then tx_ask(STAGE_MAIL). */
void tx_begin(struct tx *, const struct address *sender, const struct mail_params *);
bool tx_is_open(const struct tx *);

/* RCPT: the present recipient; then tx_ask(STAGE_RCPT), whose answer includes whether it is ours to take. */
void tx_candidate(struct tx *, const struct address *, const struct rcpt_params *);

/* The room that a message of `size` bytes (0: unknown) needs is there: 0; -1: full, say 452 4.3.1. */
int tx_room(struct tx *, uint64_t size);

/* ---- the message */
enum intake_result {
	INTAKE_OK,
	INTAKE_TOO_LARGE,   /* 552 5.3.4 */
	INTAKE_FULL,        /* 452 4.3.1 */
	INTAKE_FAILED,      /* 451 4.3.0: the disk or the system */
	INTAKE_BARE_CR_LF,  /* 550 5.5.2 */
	INTAKE_NUL,         /* 550 5.6.0 */
	INTAKE_LONG_LINE,   /* 554 5.6.0 */
	INTAKE_LONG_HEADER, /* 552 5.3.4 */
	INTAKE_LOOP         /* 554 5.4.6: too many Received fields */
};

/*
 * The message's next bytes, dots already removed. Never fails: the first thing wrong is
 * remembered, and the rest swallowed. After it, where tx_body_is_full(tx), stop reading until
 * `drained(tx)`.
 */
void tx_body_add(struct tx *, const char *, size_t len);
bool tx_body_is_full(struct tx *);
void tx_body_on_drained(struct tx *, tx_over_fn *drained);
/* The message has ended; what is wrong with it. Then tx_ask(STAGE_MESSAGE). */
enum intake_result tx_body_end(struct tx *);

/*
 * Make it durable, or discard or park it, as the message stage's answer says; then the queued
 * stage is asked. `over` is always called later; then tx_committed tells.
 */
void tx_commit(struct tx *, tx_over_fn *over);
enum intake_result tx_committed(const struct tx *);

/* Forget the transaction: RSET, a second EHLO, after the reply. Says `abort` to observers where a
 * message was under way. */
void tx_reset(struct tx *);

/* An observer was not asked for an answer: STAGE_UNKNOWN with the line, and the like. */
void tx_tell(struct tx *, enum stage);

/* Log a refusal: stage= by= from= to= client= reply=. */
void tx_log_refusal(struct tx *, const char *reply);

#pragma GCC visibility pop
#endif
