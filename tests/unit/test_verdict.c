/* SPDX-License-Identifier: MIT */
#include "core/policy/verdict.h"
#include "tests/lib/check.h"

#include <stdio.h>

/* Every cell, written a second time and by hand, because policies are built on it. */
static const char table[][STAGE_COUNT * 8] = {
	/*              accept reject    defer     drop discard park */
	[STAGE_CONNECT] = "S220 C554+ C451+ C421 C220+ C220+",
	[STAGE_HELO] = "S250 C550+ C451+ C421 C250+ C250+",
	[STAGE_TLS] = "S0 C550+ C451+ C421 C0+ C0+",
	[STAGE_AUTH] = "S235 M535 M454 C421 - -",
	[STAGE_MAIL] = "S250 T550+ T451+ C421 T250+ T250+",
	[STAGE_RCPT] = "S250 R550 R451 C421 R250+ R250+",
	[STAGE_DATA] = "S354 T550 T451 C421 T354+ T354+",
	[STAGE_MESSAGE] = "S250 T550 T451 C421 T250 T250",
	[STAGE_RECIPIENT] = "S250 R550 R451 - R250 R250",
	[STAGE_QUEUED] = "- - - - - -",
	[STAGE_ROUTE] = "S0 R550 R451 - R0 R0",
	[STAGE_ATTEMPT] = "S0 R550 R451 - - -",
	[STAGE_OUTCOME] = "- - - - - -",
	[STAGE_NOTIFY] = "S0 - - - T0 T0",
	[STAGE_CLOSE] = "- - - - - -",
	[STAGE_ABORT] = "- - - - - -",
	[STAGE_UNKNOWN] = "- - - - - -",
};

static void
every_cell_is_as_written(void)
{
	static const char scopes[] = "-SMRTC";

	for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
		char got[200];
		int len = 0;

		for (enum verdict v = VERDICT_ACCEPT; v < VERDICT_COUNT; v++) {
			const struct verdict_rule *r = verdict_rule(stage, v);

			len += snprintf(got + len, sizeof got - (size_t)len, "%s%c",
			    v > VERDICT_ACCEPT ? " " : "", scopes[r->scope]);
			if (r->scope != SCOPE_NONE)
				len += snprintf(got + len, sizeof got - (size_t)len, "%d%s",
				    r->code, r->sticks ? "+" : "");
		}
		CHECK_STR_AT(str_of(got), str_of(table[stage]), stage_name(stage));
	}
}

static void
refusals_have_fitting_codes(void)
{
	for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
		for (enum verdict v = VERDICT_NEXT; v < VERDICT_COUNT; v++) {
			const struct verdict_rule *r = verdict_rule(stage, v);

			if (r->scope == SCOPE_NONE)
				continue;
			if (v == VERDICT_REJECT)
				CHECK(r->code / 100 == 5 && r->status[0] == '5');
			else if (v == VERDICT_DEFER || v == VERDICT_DROP)
				CHECK(r->code / 100 == 4 && r->status[0] == '4');
			else
				CHECK(r->code / 100 <= 3);
		}
}

static void
what_is_outside_does_not_exist(void)
{
	CHECK_INT(verdict_rule(STAGE_SLOTS, VERDICT_REJECT)->scope, SCOPE_NONE);
	CHECK_INT(verdict_rule(STAGE_RCPT, VERDICT_COUNT)->scope, SCOPE_NONE);
	CHECK_TEXT(verdict_name(VERDICT_COUNT), "?");
	CHECK_TEXT(stage_name(STAGE_COUNT), "?");
}

static void
names_lead_back(void)
{
	enum verdict v;
	enum stage s;
	enum fail_mode f;

	for (enum verdict i = 0; i < VERDICT_COUNT; i++)
		CHECK(verdict_find(str_of(verdict_name(i)), &v) && v == i);
	for (enum stage i = 0; i < STAGE_COUNT; i++)
		CHECK(stage_find(str_of(stage_name(i)), &s) && s == i);
	for (enum fail_mode i = 0; i <= FAIL_REJECT; i++)
		CHECK(fail_mode_find(str_of(fail_mode_name(i)), &f) && f == i);
	CHECK(!verdict_find(STR("acept"), &v) && !stage_find(STR("RCPT"), &s) &&
	      !fail_mode_find(STR(""), &f));
}

void
suite_verdict(void)
{
	static const struct test tests[] = {
		{ "every cell of stage x verdict is as written", every_cell_is_as_written },
		{ "refusals have codes that refuse", refusals_have_fitting_codes },
		{ "what is outside of the table does not exist", what_is_outside_does_not_exist },
		{ "each name leads back to its value", names_lead_back },
	};

	CHECK_SUITE("verdict", tests);
}
