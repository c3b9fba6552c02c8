/* SPDX-License-Identifier: MIT */
/* stage -- the moments at which handlers are asked (DESIGN.md: stages and verdicts). */
#include "core/policy/stage.h"

#include <stdint.h>

/* clang-format off */
static const struct {
	const char *name;
	bool observes; /* nobody waits for an answer: verdicts do not exist, and nobody may WAIT */
} stages[STAGE_COUNT] = {
	[STAGE_CONNECT]   = { "connect",   false },
	[STAGE_HELO]      = { "helo",      false },
	[STAGE_TLS]       = { "tls",       false },
	[STAGE_AUTH]      = { "auth",      false },
	[STAGE_MAIL]      = { "mail",      false },
	[STAGE_RCPT]      = { "rcpt",      false },
	[STAGE_DATA]      = { "data",      false },
	[STAGE_MESSAGE]   = { "message",   false },
	[STAGE_RECIPIENT] = { "recipient", false },
	[STAGE_QUEUED]    = { "queued",    true  },
	[STAGE_ROUTE]     = { "route",     false },
	[STAGE_ATTEMPT]   = { "attempt",   false },
	[STAGE_OUTCOME]   = { "outcome",   true  },
	[STAGE_NOTIFY]    = { "notify",    false },
	[STAGE_CLOSE]     = { "close",     true  },
	[STAGE_ABORT]     = { "abort",     true  },
	[STAGE_UNKNOWN]   = { "unknown",   true  },
};
/* clang-format on */

const char *
stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stages[stage].name : "?";
}

bool
stage_find(struct str name, enum stage *stage)
{
	for (unsigned i = 0; i < STAGE_COUNT; i++)
		if (str_eq(name, str_of(stages[i].name))) {
			*stage = (enum stage)i;
			return true;
		}
	return false;
}

bool
stage_observes(enum stage stage)
{
	return (unsigned)stage >= STAGE_COUNT || stages[stage].observes;
}
