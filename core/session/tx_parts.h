/* SPDX-License-Identifier: MIT */
/*
 * tx_parts -- what a transaction consists of; for the files tx*.c and intake*.c only.
 *
 *   tx.c            facts and verdicts        tx_run.c       asks handlers, waits, goes on
 *   tx_edit.c       edits beside verdicts     tx_wait.c      handles, deadline, cancel
 *   tx_own.c        what the core asks itself: sender, recipient, header
 *   intake.c        the protocol's side       intake_body.c  the bytes
 *   intake_commit.c edits, Received, spool    tx_queued.c    after queued
 *
 * Three lifetimes, each an arena: the connection; the greeting (EHLO, until the next one or TLS);
 * the mail (MAIL to its end). What is decided at a stage lives as long as what it is about.
 */
#ifndef CORE_SESSION_TX_PARTS_H
#define CORE_SESSION_TX_PARTS_H

#include "core/base/buf.h"
#include "core/loop/timer.h"
#include "core/policy/policy.h"
#include "core/policy/trace.h"
#include "core/session/tx_core.h"
#include "core/spool/envelope.h"
#include "core/text/header.h"

struct body;

enum {
	TX_MAGIC = 0x7478a5c3,
	TX_DELAY_MAX_MS = 60000, /* of one transaction, in all */
	TX_TEXT_MAX = 480,       /* bytes of a reply's text */
	TX_EDITS_MAX = 10000     /* edits of one message */
};

/* Who decided what, where. */
struct decision {
	enum stage stage;
	enum verdict verdict; /* NEXT: nothing was decided */
	int code;
	const char *status, *text, *by;
};

/* Where a policy wants a recipient to go. */
struct route {
	struct str deliverer, host; /* "": as configured */
	uint16_t port;
};

struct recipient {
	struct address named;   /* by the client */
	struct address address; /* to whom it goes: the same, unless it was redirected */
	struct str notify, orcpt;
	struct route route;
	struct decision
	    kept; /* what rcpt or recipient decided: discard, park, or a refusal after the fact */
};

struct tag {
	struct tag *next;
	struct str name, value;
};

enum edit_kind {
	EDIT_ADD_HEADER,
	EDIT_SET_HEADER,
	EDIT_DELETE_HEADER,
	EDIT_BODY,
	EDIT_SENDER,
	EDIT_REDIRECT, /* all recipients */
	EDIT_ADD_RCPT,
	EDIT_DELETE_RCPT
};

struct edit {
	struct edit *next;
	enum edit_kind kind;
	const char *by;
	struct str name, value;
	struct address address;
};

/* One message on its way in, from MAIL to its end. */
struct mail {
	char id[SPOOL_ID_MAX];
	bool open; /* false: refused; kept for the log until reset */
	bool data_seen;
	bool told;                /* its data was answered: the end is no abort */
	struct decision decision; /* of the stage message */
	struct address sender;
	struct mail_params params;
	struct recipient candidate; /* of the RCPT in progress */
	struct recipient *rcpts;
	size_t rcpt_count, rcpt_cap;
	struct route route; /* for all recipients */
	struct edit *edits, **edits_end;
	size_t edit_count;
	struct trace trace;

	/* the body, as it comes in */
	struct body *body;
	struct header header;
	uint64_t size;
	uint64_t line_len;
	bool after_cr;
	bool ended;
	enum intake_result wrong;

	/* the end */
	bool committing;
	enum intake_result committed;
	const struct envelope *envelope;
};

/* Whose turn it is: the core, then the policy's handlers in their order, then the core again. */
enum turn { TURN_CORE_FIRST, TURN_POLICY, TURN_OVER };

/* The present question. */
struct asking {
	enum stage stage;
	enum turn turn;
	size_t next;                 /* of the policy's handlers */
	const struct handler *asked; /* who is asked now */
	bool in_handler;
	bool gave;   /* the present handler gave a verdict */
	bool in_ask; /* tx_ask is on the stack: `over` is not called */
	struct decision given;
	const char *note;
	uint64_t delay_ms;
	size_t rcpt; /* of the stage recipient */
	tx_over_fn *over;

	/* the present wait */
	struct ref wait;
	void (*cancel)(void *arg);
	void *cancel_arg;
	uint64_t wait_began_ms, waited_ms;
	int64_t began_ns;
};

struct tx {
	uint32_t magic;
	bool orphaned; /* destroyed by its owner while its commit was under way */
	struct tx_options options;
	struct arena *arena, *greeting_arena, *mail_arena;
	struct timer deadline; /* of the handler that waits */

	struct str helo;
	bool esmtp;
	const char *tls_version, *tls_cipher; /* NULL: plain */
	struct str user;
	uint32_t relay_stages; /* a bit for each stage where tx_permit_relay was said */
	struct decision *kept[STAGE_MESSAGE]; /* what sticks; NULL: nothing */
	struct tag *tags[3];                  /* TAGS_* */
	struct tag *hidden;                   /* extensions not to be offered, by name */
	struct trace trace;                   /* of the connection's stages */
	uint64_t delayed_ms;                  /* asked for by tx_delay since the last message */

	struct mail *mail;         /* NULL: none */
	void *state;               /* of all modules, of this mail; NULL: nobody has asked for it */
	struct recipient *present; /* NULL: the stage is not about one recipient */

	struct asking ask;
	struct decision decided; /* what the answer says, and where it came from */
	struct tx_answer answer;

	/* stages after queued */
	const char *outcome;
	struct str outcome_reply;
};

enum { TAGS_CONNECTION, TAGS_GREETING, TAGS_MAIL };

/* ---- tx.c */
/* The arena of what is decided now: it lives as long as the stage's scope. */
struct arena *tx_scope(struct tx *, unsigned *tags);
bool tx_is_submission(const struct tx *);
/* Give a verdict in the name of whoever is asked. */
enum step tx_give(struct tx *, enum verdict, int code, const char *status, const char *text);
/* The verdict that sticks from an earlier stage, refusing or not; NULL: none. */
const struct decision *tx_kept(const struct tx *, bool refusing);

/* ---- tx_run.c */
/* Ask whoever comes next, until one decides or waits. */
void tx_run(struct tx *);
/* What the handler that is asked returned. */
enum step tx_settle(struct tx *, enum step);
/* The present handler has waited too long. */
void tx_on_deadline(void *tx);

/* ---- tx_wait.c */
bool tx_is_waiting(const struct tx *);
/* End the present wait: its handle dies; `cancelled`: whoever works for it is told. */
void tx_end_wait(struct tx *, bool cancelled);

/* ---- tx_own.c: what the core itself has to say at a stage, before the policy and after it; NULL:
 * nothing. */
const struct handler *tx_own_first(enum stage);
const struct handler *tx_own_last(enum stage);

/* ---- tx_edit.c */
/* Where the address of a script or module leads, in the arena; -1: it is none, which is logged. */
int tx_parse_address(struct tx *, struct arena *, struct str, const char *what, struct address *);

/* ---- intake.c */
void tx_forget_mail(struct tx *);
struct recipient *tx_add_recipient(struct tx *);

#endif
