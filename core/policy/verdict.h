/* SPDX-License-Identifier: MIT */
/*
 * verdict -- what a handler decides, and what that means in each stage.
 */
#ifndef CORE_POLICY_VERDICT_H
#define CORE_POLICY_VERDICT_H

#pragma GCC visibility push(default)

#include <stdbool.h>

#include "core/base/str.h"
#include "core/policy/stage.h"

enum verdict {
	VERDICT_NEXT,    /* no opinion */
	VERDICT_ACCEPT,  /* ends this stage, nothing else */
	VERDICT_REJECT,  /* 5xx */
	VERDICT_DEFER,   /* 4xx */
	VERDICT_DROP,    /* close the connection, 421 where a reply is due */
	VERDICT_DISCARD, /* take it and throw it away, logged */
	VERDICT_PARK,    /* take it and keep it from delivery, with a reason and an owner */
	VERDICT_COUNT
};

enum verdict_scope {
	/* the combination does not exist: an error when the policy is loaded, the fail mode at run
	 * time */
	SCOPE_NONE,
	SCOPE_STAGE,       /* ends the stage; nothing is refused */
	SCOPE_COMMAND,     /* refuses this command; the state stays as it was */
	SCOPE_RECIPIENT,   /* this recipient */
	SCOPE_TRANSACTION, /* the whole message */
	SCOPE_CONNECTION   /* everything until the connection ends */
};

/* One cell of the table stage x verdict. */
struct verdict_rule {
	enum verdict_scope scope;
	/* the reply where the handler gave none: 250, 550, 451, 421; 0: no reply at this stage */
	int code;
	const char *status; /* "5.7.1" */
	bool
	    sticks; /* holds for later commands of its scope, and is spoken at RCPT unless at = "once" */
};

/* Never NULL: what does not exist has SCOPE_NONE. */
const struct verdict_rule *verdict_rule(enum stage, enum verdict);

/* Says no to the client: reject, defer, drop. */
bool verdict_refuses(enum verdict);

const char *verdict_name(enum verdict);
bool verdict_find(struct str name, enum verdict *);

/* What happens when a handler itself fails. */
enum fail_mode { FAIL_DEFER, FAIL_CONTINUE, FAIL_REJECT };
const char *fail_mode_name(enum fail_mode);
bool fail_mode_find(struct str name, enum fail_mode *);

#pragma GCC visibility pop
#endif
