/* SPDX-License-Identifier: MIT */
/*
 * verdict -- what each verdict means in each stage: the table is the contract with every policy.
 *
 * A cell says four things:
 *
 *   scope    what it is about: COMMAND, RECIPIENT, TRANSACTION, CONNECTION; STAGE ends the asking
 *            and refuses nothing. A cell that is not there does not exist: it is a mistake when a
 *            policy is loaded, and the handler's fail mode when it turns up at run time.
 *   code     the reply where the handler gave none; for accept, discard and park the usual yes.
 *            0: nobody hears a reply at this stage.
 *   status   its enhanced code (RFC 3463).
 *   sticks   it also holds for what follows in its scope. A refusal that sticks is remembered and
 *            spoken at each RCPT (but to postmaster), so that the log knows sender and recipient
 *            and authentication remains possible; `at = "once"` speaks it where it was given.
 *            Discard and park that stick apply to every message, or recipient, of their scope.
 *
 * Rules that the table does not show:
 *
 *   - next is no opinion everywhere. accept ends its stage only; it permits no relaying.
 *   - drop is always at once: 421 where a reply is due, then the connection is closed.
 *   - What connect and helo said is forgotten for a client that has authenticated; a new EHLO
 *     forgets what helo said, STARTTLS what helo said, RSET what mail said.
 *   - At tls nothing can be replied: its refusal is always remembered.
 *   - recipient: LMTP and PRDR answer each recipient. Plain SMTP has one reply: where some refuse
 *     and others do not, the message is accepted and parked for those that refuse; where all
 *     refuse, it is refused (with 4xx as soon as one of them was deferred).
 *   - route and attempt reply to nobody: reject fails the recipient (its sender gets a DSN),
 *     defer tries again on schedule. notify: discard sends no DSN, park keeps it.
 *   - queued, outcome, close, abort and unknown are for observers: no verdict exists.
 */
#include "core/policy/verdict.h"

/* clang-format off */
#define CMD    SCOPE_COMMAND
#define RCPT   SCOPE_RECIPIENT
#define TRANS  SCOPE_TRANSACTION
#define CONN   SCOPE_CONNECTION

#define YES(code, status)          { SCOPE_STAGE, code, status, false }
#define SAY(scope, code, status)   { scope, code, status, false }
#define KEEP(scope, code, status)  { scope, code, status, true } /* sticks */
#define DROP                       { CONN, 421, "4.7.0", false }
#define NONE                       { SCOPE_NONE, 0, "", false }
#define AT(stage, accept, reject, defer, drop, taken) [STAGE_##stage] = { \
	[VERDICT_NEXT] = YES(0, ""), [VERDICT_ACCEPT] = accept, [VERDICT_REJECT] = reject, \
	[VERDICT_DEFER] = defer, [VERDICT_DROP] = drop, [VERDICT_DISCARD] = taken, [VERDICT_PARK] = taken }
#define OBSERVED(stage)            AT(stage, NONE, NONE, NONE, NONE, NONE)

static const struct verdict_rule rules[STAGE_COUNT][VERDICT_COUNT] = {
	/*            accept             reject                     defer                      drop  discard and park */
	AT(CONNECT,   YES(220, ""),      KEEP(CONN, 554, "5.7.1"),  KEEP(CONN, 451, "4.7.1"),  DROP, KEEP(CONN, 220, "")),
	AT(HELO,      YES(250, ""),      KEEP(CONN, 550, "5.7.1"),  KEEP(CONN, 451, "4.7.1"),  DROP, KEEP(CONN, 250, "")),
	AT(TLS,       YES(0, ""),        KEEP(CONN, 550, "5.7.1"),  KEEP(CONN, 451, "4.7.1"),  DROP, KEEP(CONN, 0, "")),
	AT(AUTH,      YES(235, "2.7.0"), SAY(CMD, 535, "5.7.8"),    SAY(CMD, 454, "4.7.0"),    DROP, NONE),
	AT(MAIL,      YES(250, "2.1.0"), KEEP(TRANS, 550, "5.7.1"), KEEP(TRANS, 451, "4.7.1"), DROP, KEEP(TRANS, 250, "2.1.0")),
	AT(RCPT,      YES(250, "2.1.5"), SAY(RCPT, 550, "5.7.1"),   SAY(RCPT, 451, "4.7.1"),   DROP, KEEP(RCPT, 250, "2.1.5")),
	AT(DATA,      YES(354, ""),      SAY(TRANS, 550, "5.7.1"),  SAY(TRANS, 451, "4.7.1"),  DROP, KEEP(TRANS, 354, "")),
	AT(MESSAGE,   YES(250, "2.0.0"), SAY(TRANS, 550, "5.7.1"),  SAY(TRANS, 451, "4.7.1"),  DROP, SAY(TRANS, 250, "2.0.0")),
	AT(RECIPIENT, YES(250, "2.1.5"), SAY(RCPT, 550, "5.7.1"),   SAY(RCPT, 451, "4.7.1"),   NONE, SAY(RCPT, 250, "2.1.5")),
	OBSERVED(QUEUED),
	AT(ROUTE,     YES(0, ""),        SAY(RCPT, 550, "5.7.1"),   SAY(RCPT, 451, "4.7.1"),   NONE, SAY(RCPT, 0, "")),
	AT(ATTEMPT,   YES(0, ""),        SAY(RCPT, 550, "5.7.1"),   SAY(RCPT, 451, "4.7.1"),   NONE, NONE),
	OBSERVED(OUTCOME),
	AT(NOTIFY,    YES(0, ""),        NONE,                      NONE,                      NONE, SAY(TRANS, 0, "")),
	OBSERVED(CLOSE),
	OBSERVED(ABORT),
	OBSERVED(UNKNOWN),
};

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_NEXT]    = "next",
	[VERDICT_ACCEPT]  = "accept",
	[VERDICT_REJECT]  = "reject",
	[VERDICT_DEFER]   = "defer",
	[VERDICT_DROP]    = "drop",
	[VERDICT_DISCARD] = "discard",
	[VERDICT_PARK]    = "park",
};

static const char *const fail_mode_names[] = {
	[FAIL_DEFER]    = "defer",
	[FAIL_CONTINUE] = "continue",
	[FAIL_REJECT]   = "reject",
};
/* clang-format on */

const struct verdict_rule *
verdict_rule(enum stage stage, enum verdict verdict)
{
	static const struct verdict_rule none = NONE;

	if ((unsigned)stage >= STAGE_COUNT || (unsigned)verdict >= VERDICT_COUNT)
		return &none;
	return &rules[stage][verdict];
}

bool
verdict_refuses(enum verdict verdict)
{
	return verdict == VERDICT_REJECT || verdict == VERDICT_DEFER || verdict == VERDICT_DROP;
}

/* The index of `name`, or -1. */
static int
find_name(struct str name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_of(names[i])))
			return (int)i;
	return -1;
}

const char *
verdict_name(enum verdict verdict)
{
	return (unsigned)verdict < VERDICT_COUNT ? verdict_names[verdict] : "?";
}

bool
verdict_find(struct str name, enum verdict *verdict)
{
	int i = find_name(name, verdict_names, VERDICT_COUNT);

	if (i >= 0)
		*verdict = (enum verdict)i;
	return i >= 0;
}

const char *
fail_mode_name(enum fail_mode mode)
{
	return (unsigned)mode <= FAIL_REJECT ? fail_mode_names[mode] : "?";
}

bool
fail_mode_find(struct str name, enum fail_mode *mode)
{
	int i = find_name(name, fail_mode_names, FAIL_REJECT + 1);

	if (i >= 0)
		*mode = (enum fail_mode)i;
	return i >= 0;
}
