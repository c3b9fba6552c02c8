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
#define YES(code, status)           { SCOPE_STAGE, code, status, false }
#define SAY(scope, code, status)    { SCOPE_##scope, code, status, false }
#define STICK(scope, code, status)  { SCOPE_##scope, code, status, true }
#define DROP                        { SCOPE_CONNECTION, 421, "4.7.0", false }
#define NONE                        { SCOPE_NONE, 0, "", false }
#define ROW(accept, reject, defer, drop, discard, park)  { \
	[VERDICT_NEXT] = YES(0, ""), [VERDICT_ACCEPT] = accept, [VERDICT_REJECT] = reject, \
	[VERDICT_DEFER] = defer, [VERDICT_DROP] = drop, [VERDICT_DISCARD] = discard, [VERDICT_PARK] = park }
#define OBSERVED  ROW(NONE, NONE, NONE, NONE, NONE, NONE)

static const struct verdict_rule rules[STAGE_COUNT][VERDICT_COUNT] = {
	/*                     accept              reject                            defer                             drop  discard                           park */
	[STAGE_CONNECT]   = ROW(YES(220, ""),      STICK(CONNECTION, 554, "5.7.1"),  STICK(CONNECTION, 451, "4.7.1"),  DROP, STICK(CONNECTION, 220, ""),       STICK(CONNECTION, 220, "")),
	[STAGE_HELO]      = ROW(YES(250, ""),      STICK(CONNECTION, 550, "5.7.1"),  STICK(CONNECTION, 451, "4.7.1"),  DROP, STICK(CONNECTION, 250, ""),       STICK(CONNECTION, 250, "")),
	[STAGE_TLS]       = ROW(YES(0, ""),        STICK(CONNECTION, 550, "5.7.1"),  STICK(CONNECTION, 451, "4.7.1"),  DROP, STICK(CONNECTION, 0, ""),         STICK(CONNECTION, 0, "")),
	[STAGE_AUTH]      = ROW(YES(235, "2.7.0"), SAY(COMMAND, 535, "5.7.8"),       SAY(COMMAND, 454, "4.7.0"),       DROP, NONE,                             NONE),
	[STAGE_MAIL]      = ROW(YES(250, "2.1.0"), STICK(TRANSACTION, 550, "5.7.1"), STICK(TRANSACTION, 451, "4.7.1"), DROP, STICK(TRANSACTION, 250, "2.1.0"), STICK(TRANSACTION, 250, "2.1.0")),
	[STAGE_RCPT]      = ROW(YES(250, "2.1.5"), SAY(RECIPIENT, 550, "5.7.1"),     SAY(RECIPIENT, 451, "4.7.1"),     DROP, STICK(RECIPIENT, 250, "2.1.5"),   STICK(RECIPIENT, 250, "2.1.5")),
	[STAGE_DATA]      = ROW(YES(354, ""),      SAY(TRANSACTION, 550, "5.7.1"),   SAY(TRANSACTION, 451, "4.7.1"),   DROP, STICK(TRANSACTION, 354, ""),      STICK(TRANSACTION, 354, "")),
	[STAGE_MESSAGE]   = ROW(YES(250, "2.0.0"), SAY(TRANSACTION, 550, "5.7.1"),   SAY(TRANSACTION, 451, "4.7.1"),   DROP, SAY(TRANSACTION, 250, "2.0.0"),   SAY(TRANSACTION, 250, "2.0.0")),
	[STAGE_RECIPIENT] = ROW(YES(250, "2.1.5"), SAY(RECIPIENT, 550, "5.7.1"),     SAY(RECIPIENT, 451, "4.7.1"),     NONE, SAY(RECIPIENT, 250, "2.1.5"),     SAY(RECIPIENT, 250, "2.1.5")),
	[STAGE_QUEUED]    = OBSERVED,
	[STAGE_ROUTE]     = ROW(YES(0, ""),        SAY(RECIPIENT, 550, "5.7.1"),     SAY(RECIPIENT, 451, "4.7.1"),     NONE, SAY(RECIPIENT, 0, ""),            SAY(RECIPIENT, 0, "")),
	[STAGE_ATTEMPT]   = ROW(YES(0, ""),        SAY(RECIPIENT, 550, "5.7.1"),     SAY(RECIPIENT, 451, "4.7.1"),     NONE, NONE,                             NONE),
	[STAGE_OUTCOME]   = OBSERVED,
	[STAGE_NOTIFY]    = ROW(YES(0, ""),        NONE,                             NONE,                             NONE, SAY(TRANSACTION, 0, ""),          SAY(TRANSACTION, 0, "")),
	[STAGE_CLOSE]     = OBSERVED,
	[STAGE_ABORT]     = OBSERVED,
	[STAGE_UNKNOWN]   = OBSERVED,
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
