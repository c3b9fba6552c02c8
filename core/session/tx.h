/* SPDX-License-Identifier: MIT */
/*
 * tx -- a transaction, as handlers see it: who sends what to whom, and what becomes of it.
 *
 * One `struct tx` accompanies a session from `connect` to `close`; RSET and the end of a message
 * forget what belongs to the transaction and keep what belongs to the connection. Delivery makes
 * one of its own for each message it attempts, so that the stages after `queued` see the same.
 *
 * Strings returned are borrowed: valid until the handler returns. Strings given are copied.
 */
#ifndef CORE_SESSION_TX_H
#define CORE_SESSION_TX_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/ip.h"
#include "core/base/ref.h"
#include "core/base/str.h"
#include "core/policy/stage.h"
#include "core/policy/verdict.h"
#include "core/text/address.h"

struct tx;
struct arena;

/* ---- what is known; "" or 0 where it is not (yet) */

enum stage tx_stage(const struct tx *);
const char *tx_id(const struct tx *);  /* spool id, given at MAIL */
const char *tx_via(const struct tx *); /* "smtp", "submission", "lmtp", "sendmail", ... */
const struct ip *tx_client(const struct tx *);
uint16_t tx_client_port(const struct tx *);
struct str tx_helo(const struct tx *);
bool tx_is_secure(const struct tx *);    /* TLS */
struct str tx_user(const struct tx *);   /* authenticated as; "" */
struct str tx_sender(const struct tx *); /* canonical text; "" for <> and before MAIL */
const struct address *tx_sender_address(const struct tx *); /* NULL before MAIL */
size_t tx_rcpt_count(const struct tx *); /* accepted so far, the present one not counted */
struct str tx_rcpt(const struct tx *, size_t i);
/* of the stages rcpt, recipient, route, attempt, outcome; NULL */
const struct address *tx_rcpt_address(const struct tx *);
uint64_t tx_size(const struct tx *); /* bytes of the message; before it came, what SIZE= declared */
bool tx_may_relay(const struct tx *); /* authenticated, trusted network, or tx_permit_relay */
size_t tx_header_count(const struct tx *, struct str name);
/* unfolded; from the stage message on */
struct str tx_header(const struct tx *, struct str name, size_t nth);
struct str tx_tag(const struct tx *, struct str name);
struct str
tx_outcome(const struct tx *); /* of the stage outcome: delivered, deferred, failed, ... */
struct str tx_outcome_reply(const struct tx *);
struct arena *tx_arena(struct tx *); /* memory that ends with the transaction */
/* the asking module's `tx_size` bytes, zeroed at the transaction's start */
void *tx_state(struct tx *);

/* ---- verdicts; for `return tx_reject(...)`. All return STEP_DONE. The first one in a stage wins. */

/*
 * code     400..599 (RFC 5321, 4.2.1); 5xx for reject, 4xx for defer; 0: as the table has it
 * status   "x.y.z", first digit equal to that of code (RFC 3463); NULL or "": as the table has it
 * text     one line without CR or LF, at most 480 bytes; NULL or "": a usual one
 *
 * What does not fit (a script may give anything) is replaced by 451 4.3.0 and logged. A verdict
 * that its stage does not have (policy/verdict.c) is the handler's failure: see tx_fail.
 */
enum step tx_reject(struct tx *, int code, const char *status, const char *text);
enum step tx_defer(struct tx *, int code, const char *status, const char *text);
enum step tx_accept(struct tx *);
enum step tx_drop(struct tx *);
enum step tx_discard(struct tx *);
enum step tx_park(struct tx *, const char *reason);

/*
 * The handler itself failed: `return tx_fail(tx, "cannot read %s", file)`. Logged, and its fail
 * mode decides: 451 4.3.0 unless configured. May follow a verdict, which is then forgotten.
 */
enum step tx_fail(struct tx *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- edits beside a verdict; 0, or -1 where the value cannot be (logged) or the stage is over */

int tx_add_header(struct tx *, struct str name, struct str value); /* above the others */
int tx_set_header(struct tx *, struct str name, struct str value); /* replaces all of that name */
int tx_delete_header(struct tx *, struct str name);
int tx_replace_body(struct tx *, struct str body);
int tx_redirect(struct tx *, struct str rcpt); /* the present recipient, or all */
int tx_add_rcpt(struct tx *, struct str rcpt);
int tx_delete_rcpt(struct tx *, struct str rcpt);
int tx_set_sender(struct tx *, struct str sender);
/* before the stage's reply; at most 60 s in all */
int tx_delay(struct tx *, uint64_t ms);
int tx_set_route(struct tx *, struct str deliverer, struct str host, uint16_t port);
int tx_set_tag(struct tx *, struct str name, struct str value);
int tx_permit_relay(struct tx *);
int tx_hide_extension(struct tx *, struct str name); /* stage helo: do not offer it */

/* A word for the trace of this decision. */
void tx_note(struct tx *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- waiting: `struct ref r = tx_wait(tx); start(..., r); return STEP_WAIT;` */

/* At most one wait at a time; a second one is a bug (asserted). */
struct ref tx_wait(struct tx *);

/*
 * The transaction behind a handle, or NULL when it is gone: then drop the result.
 * Between the wait and tx_resume, verdicts and edits may be given through it.
 */
struct tx *tx_of(struct ref);

/* Go on, from the loop, with what the handler decided; a dead handle is dropped silently. */
void tx_resume(struct ref, enum step);

/* Call `cancel(arg)` when the client goes away while this wait lasts. */
void tx_on_cancel(struct tx *, void (*cancel)(void *arg), void *arg);

#pragma GCC visibility pop
#endif
