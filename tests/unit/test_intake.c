/* SPDX-License-Identifier: MIT */
#include "core/loop/loop.h"
#include "core/spool/spool.h"
#include "tests/lib/check.h"
#include "tests/unit/tx_world.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static struct tx_world w;

static const char simple[] = "Subject: x\r\nX-Gone: secret\r\n\r\ntext\r\n";

static void
begin(const char *rcpt)
{
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, rcpt)), "next");
}

static struct str
text_of(const char *text)
{
	return str_of(text);
}

/* What stands behind the Received field that we put on top. */
static struct str
behind_received(struct str text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.p[i] == '\n' && text.p[i + 1] != '\t')
			return str_from(text, i + 1);
	return STR("");
}

/* ---- the bytes */

static enum intake_result
judge(const char *text, size_t len, size_t piece)
{
	enum intake_result result;

	tx_world_mail(&w, "a@remote.test");
	tx_world_rcpt(&w, "bob@here.test");
	for (size_t at = 0; at < len; at += piece)
		tx_body_add(w.tx, text + at, len - at < piece ? len - at : piece);
	result = tx_body_end(w.tx);
	tx_reset(w.tx);
	return result;
}

/* THREATS.md, P1 to P3 and P5: the same however the pieces are cut. */
static void
lines_end_in_crlf_and_nothing_else(void)
{
#define T(text, result) \
	{ \
		text, sizeof text - 1, result \
	}
	static const struct {
		const char *text;
		size_t len;
		enum intake_result result;
	} rows[] = {
		T("", INTAKE_OK),
		T("\r\n", INTAKE_OK),
		T("A: b\r\n\r\nfine\r\n", INTAKE_OK),
		T("no end of line", INTAKE_OK),
		T("A: b\r\n\r\nx\n.\r\nMAIL FROM:<s@x>\r\n", INTAKE_BARE_CR_LF),
		T("x\r.\r\n", INTAKE_BARE_CR_LF),
		T("x\r", INTAKE_BARE_CR_LF),
		T("x\r\r\n", INTAKE_BARE_CR_LF),
		T("\n", INTAKE_BARE_CR_LF),
		T("\r\n\n", INTAKE_BARE_CR_LF),
		T("x\n", INTAKE_BARE_CR_LF),
		T("x\r\n\r\r\n", INTAKE_BARE_CR_LF),
		T("x\n\r\n", INTAKE_BARE_CR_LF),
		T(".\n", INTAKE_BARE_CR_LF),
		T(".\r", INTAKE_BARE_CR_LF),
		T("x\r\n.\0\r\n", INTAKE_NUL),
		T("\0", INTAKE_NUL),
	};
#undef T

	tx_world_open(&w, true);
	tx_world_connect(&w);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t piece = 1; piece <= rows[i].len + 1; piece++)
			CHECK_INT_AT(
			    judge(rows[i].text, rows[i].len, piece), rows[i].result, rows[i].text);
	tx_world_close(&w);
}

static size_t
files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count;
}

/* A message of `count` times `line` behind `head`, in pieces of 4000 bytes. */
static enum intake_result
give(const char *head, const char *line, size_t count)
{
	static char piece[4096];
	size_t at, len = strlen(line);
	enum intake_result result;

	tx_world_mail(&w, "a@remote.test");
	tx_world_rcpt(&w, "bob@here.test");
	tx_body_add(w.tx, head, strlen(head));
	while (count > 0) {
		for (at = 0; at + len < sizeof piece && count > 0; at += len, count--)
			memcpy(piece + at, line, len);
		tx_body_add(w.tx, piece, at);
	}
	result = tx_body_end(w.tx);
	tx_reset(w.tx);
	return result;
}

/* THREATS.md, P10, P13, P28, P29 */
static void
limits_hold_and_leave_nothing(void)
{
	size_t files;

	tx_world_open(&w, true);
	tx_world_connect(&w);
	give("\r\n", "x\r\n", 1);
	files = files_in(w.spool_dir);
	CHECK_INT(give("\r\n", "0123456789", 204), INTAKE_OK);
	CHECK_INT(give("\r\n", "0123456789", 205), INTAKE_LONG_LINE);
	CHECK_INT(give("\r\n", "0123456789", 1000000), INTAKE_LONG_LINE);
	CHECK_INT(give("\r\n", "twelve bytes\r\n", 1024 * 1024 / 14), INTAKE_OK);
	CHECK_INT(give("\r\n", "twelve bytes\r\n", 1024 * 1024 / 14 + 1), INTAKE_TOO_LARGE);
	CHECK_INT(give("\r\n", "twelve bytes\r\n", 4 * 1024 * 1024), INTAKE_TOO_LARGE);
	CHECK_INT(give("", "A: b\r\n", 500000), INTAKE_LONG_HEADER);
	CHECK_INT(give("A: b\r\n", " folded\r\n", 100000), INTAKE_LONG_HEADER);
	CHECK_INT(give("", "Received: x\r\n", 50), INTAKE_OK);
	CHECK_INT(give("", "received: x\r\n", 51), INTAKE_LOOP);
	CHECK_INT(give("Delivered-To: bob@here.test\r\n\r\n", "x\r\n", 1), INTAKE_LOOP);
	CHECK_INT(give("Delivered-To: ann@here.test\r\n\r\n", "x\r\n", 1), INTAKE_OK);
	CHECK_INT(files_in(w.spool_dir), files);
	tx_world_close(&w);
}

/* ---- the commit */

static void
a_message_gets_one_field(void)
{
	tx_world_open(&w, true);
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
	CHECK_INT(w.found_count, 1);
	CHECK(str_starts(tx_world_text(&w),
	    STR("Received: from client.test ([192.0.2.9])\r\n\tby mx.here.test with ESMTP id ")));
	CHECK_STR(behind_received(tx_world_text(&w)), text_of(simple));
	CHECK_INT(message_envelope(w.found)->size, message_size(w.found));
	CHECK(tx_world_logged(
	    &w, arena_printf(w.arena,
		    "%s queued from=<a@remote.test> client=192.0.2.9 helo=client.test size=%llu "
		    "nrcpt=1 policy=test@0123456789abcdef",
		    tx_id(w.tx), (unsigned long long)message_size(w.found))));
	tx_world_close(&w);
}

static void
a_text_without_header_stays_text(void)
{
	tx_world_open(&w, true);
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, STR("just text\r\n")), INTAKE_OK);
	CHECK_STR(behind_received(tx_world_text(&w)), STR("\r\njust text\r\n"));
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, STR("\r\njust text\r\n")), INTAKE_OK);
	CHECK_STR(behind_received(tx_world_text(&w)), STR("\r\njust text\r\n"));
	tx_world_close(&w);
}

static enum step
edit_all(struct tx *tx, void *conf)
{
	(void)conf;
	CHECK_STR(tx_header(tx, STR("subject"), 0), STR("x"));
	CHECK_INT(tx_add_header(tx, STR("X-Added"), STR("yes")), 0);
	CHECK_INT(tx_set_header(tx, STR("Subject"), STR("new")), 0);
	CHECK_INT(tx_delete_header(tx, STR("X-Gone")), 0);
	CHECK_INT(tx_add_rcpt(tx, STR("ann@third.test")), 0);
	CHECK_INT(tx_add_rcpt(tx, STR("bob@here.test")), 0);
	CHECK_INT(tx_add_rcpt(tx, STR("not an address")), -1);
	CHECK_INT(tx_set_sender(tx, STR("b@remote.test")), 0);
	return STEP_NEXT;
}

static enum step
edit_body(struct tx *tx, void *conf)
{
	(void)conf;
	CHECK_INT(tx_replace_body(tx, STR("bare\nline")), -1);
	CHECK_INT(tx_replace_body(tx, STR("first\r\n")), 0);
	CHECK_INT(tx_replace_body(tx, STR("second\r\n")), 0);
	CHECK_INT(tx_delete_rcpt(tx, STR("ann@third.test")), 0);
	return STEP_NEXT;
}

static void
edits_are_made_once_in_order(void)
{
	const struct envelope *e;

	tx_world_open(&w, true);
	tx_world_on(&w, STAGE_MESSAGE, edit_all, "edit.lua:1");
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
	CHECK_STR(behind_received(tx_world_text(&w)),
	    STR("X-Added: yes\r\nSubject: new\r\n\r\ntext\r\n"));
	e = message_envelope(w.found);
	CHECK_STR(e->sender, STR("b@remote.test"));
	CHECK_INT(e->rcpt_count, 2);
	CHECK_STR(e->rcpts[1].address, STR("ann@third.test"));
	tx_world_on(&w, STAGE_MESSAGE, edit_body, "edit.lua:2");
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
	CHECK_STR(behind_received(tx_world_text(&w)),
	    STR("X-Added: yes\r\nSubject: new\r\n\r\nsecond\r\n"));
	CHECK_INT(message_envelope(w.found)->rcpt_count, 1);
	CHECK(tx_world_logged(&w, "outcome=discarded to=<ann@third.test> from=<b@remote.test> "
				  "by=edit.lua:2 reply=deleted"));
	tx_world_close(&w);
}

/* ---- discard and park */

static enum step
say_discard(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_discard(tx);
}

static enum step
say_park(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_park(tx, "looks odd");
}

static void
discard_is_logged_and_leaves_nothing(void)
{
	static const enum stage stages[] = { STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT,
		STAGE_MESSAGE, STAGE_RECIPIENT };

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		tx_world_open(&w, true);
		tx_world_on(&w, stages[i], say_discard, "trap.lua:1");
		tx_world_connect(&w);
		tx_world_mail(&w, "a@remote.test");
		tx_world_rcpt(&w, "bob@here.test");
		CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
		CHECK_INT_AT(w.found_count, 0, stage_name(stages[i]));
		CHECK(tx_world_logged(&w,
		    arena_printf(w.arena, "%s outcome=discarded to=<bob@here.test>", tx_id(w.tx))));
		CHECK(tx_world_logged(&w, "by=trap.lua:1"));
		tx_world_close(&w);
	}
}

static void
park_keeps_with_reason_and_owner(void)
{
	static const enum stage stages[] = { STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT,
		STAGE_MESSAGE, STAGE_RECIPIENT };

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		const struct envelope *e;

		tx_world_open(&w, true);
		tx_world_on(&w, stages[i], say_park, "odd.lua:1");
		tx_world_connect(&w);
		tx_world_mail(&w, "a@remote.test");
		tx_world_rcpt(&w, "bob@here.test");
		CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
		CHECK_INT_AT(w.found_count, 1, stage_name(stages[i]));
		if (w.found != NULL) {
			e = message_envelope(w.found);
			CHECK_STR(e->parked, STR("looks odd"));
			CHECK_STR(e->owner, STR("odd.lua:1"));
			CHECK_INT(e->rcpts[0].state, RCPT_PARKED);
		}
		CHECK(tx_world_logged(&w, "outcome=parked to=<bob@here.test> from=<a@remote.test> "
					  "by=odd.lua:1 reply=\"looks odd\""));
		tx_world_close(&w);
	}
}

/* ---- one reply for many recipients */

static enum step
refuse_some(struct tx *tx, void *conf)
{
	const struct address *rcpt = tx_rcpt_address(tx);

	(void)conf;
	if (str_starts(rcpt->local, STR("postmaster")))
		return STEP_NEXT;
	if (str_eq(rcpt->local, STR("bob")))
		return tx_reject(tx, 550, "5.7.1", "Not for bob");
	return tx_defer(tx, 451, "4.7.1", "Not now");
}

static void
those_who_refuse_are_parked(void)
{
	const struct envelope *e;

	tx_world_open(&w, true);
	tx_world_on(&w, STAGE_RECIPIENT, refuse_some, "each.lua:1");
	begin("bob@here.test");
	tx_world_rcpt(&w, "postmaster@here.test");
	CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
	CHECK_INT(w.found_count, 1);
	e = message_envelope(w.found);
	CHECK_INT(e->rcpts[0].state, RCPT_PARKED);
	CHECK_STR(e->rcpts[0].last, STR("Not for bob"));
	CHECK_INT(e->rcpts[1].state, RCPT_QUEUED);
	tx_world_close(&w);
}

static void
where_all_refuse_it_is_refused(void)
{
	tx_world_open(&w, true);
	tx_world_on(&w, STAGE_RECIPIENT, refuse_some, "each.lua:1");
	begin("bob@here.test");
	tx_world_message(&w, text_of(simple));
	CHECK_TEXT(tx_world_said(&w, tx_answer(w.tx)), "550 5.7.1 Not for bob");
	tx_reset(w.tx);
	begin("bob@here.test");
	tx_world_rcpt(&w, "ann@relay.test");
	tx_world_message(&w, text_of(simple));
	CHECK_TEXT(tx_world_said(&w, tx_answer(w.tx)), "451 4.7.1 Not now");
	CHECK(!tx_is_open(w.tx));
	CHECK_INT(w.found_count, 0);
	tx_world_close(&w);
}

/* ---- submission (THREATS.md, R13 and A12) */

static void
submit(const char *text, const char *said)
{
	tx_world_connect(&w);
	tx_learn_user(w.tx, STR("bob@here.test"));
	tx_world_mail(&w, "bob@here.test");
	tx_world_rcpt(&w, "u@third.test");
	tx_world_message(&w, str_of(text));
	CHECK_TEXT(tx_world_said(&w, tx_answer(w.tx)), said);
}

static bool
has_line(const char *start)
{
	struct str text = tx_world_text(&w);

	return memmem(text.p, text.len, start, strlen(start)) != NULL;
}

static void
what_is_missing_is_added(void)
{
	tx_world_open(&w, true);
	w.options.via = "submission";
	w.options.checks_sender = true;
	submit("Subject: x\r\n\r\ntext\r\n", "next");
	CHECK(has_line("\r\nDate: ") && has_line("\r\nFrom: <bob@here.test>\r\n"));
	CHECK(has_line(arena_printf(w.arena,
	    "\r\nMessage-ID: <%s@mx.here.test>\r\nSubject: x\r\n\r\ntext\r\n", tx_id(w.tx))));
	CHECK(has_line("with ESMTPA id"));
	submit("From: Bob <bob@here.test>\r\nDATE: x\r\nMessage-Id: <y>\r\n\r\n", "next");
	CHECK_STR(behind_received(tx_world_text(&w)),
	    STR("From: Bob <bob@here.test>\r\nDATE: x\r\nMessage-Id: <y>\r\n\r\n"));
	submit("From: bob@here.test\r\nFrom: b@c.test\r\n\r\n",
	    "550 5.6.0 Message has several From fields");
	submit("From: Ann <ann@here.test>\r\n\r\n", "550 5.7.1 From address is not yours");
	submit("From: ann@elsewhere.test\r\n\r\n", "next");
	tx_world_close(&w);
}

static void
strangers_messages_stay_as_they_are(void)
{
	tx_world_open(&w, true);
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, STR("From: a@b.test\r\nFrom: c@d.test\r\n\r\n")), INTAKE_OK);
	CHECK_STR(
	    behind_received(tx_world_text(&w)), STR("From: a@b.test\r\nFrom: c@d.test\r\n\r\n"));
	tx_world_close(&w);
}

/* ---- who leaves */

static int observed;

static enum step
observe(struct tx *tx, void *conf)
{
	(void)conf;
	observed += tx_stage(tx) == STAGE_ABORT ? 100 : 1;
	return STEP_NEXT;
}

static void
never(struct tx *tx)
{
	(void)tx;
	CHECK(false);
}

static void
a_commit_survives_its_client(void)
{
	bool done = false;

	tx_world_open(&w, true);
	observed = 0;
	tx_world_on(&w, STAGE_QUEUED, observe, "watch");
	tx_world_on(&w, STAGE_ABORT, observe, "watch");
	begin("bob@here.test");
	tx_body_add(w.tx, simple, sizeof simple - 1);
	CHECK_INT(tx_body_end(w.tx), INTAKE_OK);
	tx_world_ask(&w, STAGE_MESSAGE);
	tx_commit(w.tx, never);
	/* As a session does when the connection breaks. */
	tx_reset(w.tx);
	tx_tell(w.tx, STAGE_CLOSE);
	tx_destroy(w.tx);
	w.tx = NULL;
	for (int i = 0; i < 1000 && !done; i++) {
		loop_turn(w.server.loop, true, 10);
		done = w.found_count > 0 && observed > 0;
	}
	CHECK_INT(w.found_count, 1);
	CHECK_INT(observed, 1);
	CHECK(tx_world_logged(&w, "queued from=<a@remote.test>"));
	tx_world_close(&w);
}

static void
abort_is_told_when_nothing_was_answered(void)
{
	tx_world_open(&w, true);
	tx_world_on(&w, STAGE_ABORT, observe, "watch");
	observed = 0;
	begin("bob@here.test");
	tx_reset(w.tx);
	CHECK_INT(observed, 100);
	begin("bob@here.test");
	tx_body_add(w.tx, simple, 5);
	tx_reset(w.tx);
	CHECK_INT(observed, 200);
	begin("bob@here.test");
	tx_world_message(&w, text_of(simple));
	tx_reset(w.tx);
	CHECK_INT(observed, 200);
	begin("bob@here.test");
	tx_world_message(&w, STR("bare\nline\r\n"));
	tx_reset(w.tx);
	CHECK_INT(observed, 200);
	tx_world_close(&w);
}

static void
delivery_sees_the_same_again(void)
{
	struct tx *tx;

	tx_world_open(&w, true);
	begin("bob@here.test");
	CHECK_INT(tx_world_message(&w, text_of(simple)), INTAKE_OK);
	tx = tx_create_queued(&w.server, &w.policy, message_envelope(w.found), &w);
	CHECK_TEXT(tx_id(tx), message_id(w.found));
	CHECK_STR(tx_sender(tx), STR("a@remote.test"));
	CHECK_STR(tx_helo(tx), STR("client.test"));
	CHECK_TEXT(tx_via(tx), "smtp");
	CHECK_INT(tx_rcpt_count(tx), 1);
	tx_set_present_rcpt(tx, 0);
	CHECK_STR(tx_rcpt_address(tx)->domain, STR("here.test"));
	tx_set_outcome(tx, "delivered", STR("250 ok"));
	CHECK_STR(tx_outcome_reply(tx), STR("250 ok"));
	CHECK_STR(tx_route_host(tx), STR(""));
	tx_destroy(tx);
	tx_world_close(&w);
}

void
suite_intake(void)
{
	static const struct test tests[] = {
		{ "lines end in CRLF and nothing else (P1, P2, P3, P5)",
		    lines_end_in_crlf_and_nothing_else },
		{ "limits hold and leave nothing (P10, P13, P28, P29)",
		    limits_hold_and_leave_nothing },
		{ "a message gets one field, the rest stays byte for byte",
		    a_message_gets_one_field },
		{ "a text without header stays text", a_text_without_header_stays_text },
		{ "edits are made once, in order", edits_are_made_once_in_order },
		{ "discard is logged and leaves nothing", discard_is_logged_and_leaves_nothing },
		{ "park keeps, with reason and owner", park_keeps_with_reason_and_owner },
		{ "those who refuse are parked, the others get it", those_who_refuse_are_parked },
		{ "where all refuse, it is refused", where_all_refuse_it_is_refused },
		{ "what a submission lacks is added (R13, A12)", what_is_missing_is_added },
		{ "strangers' messages stay as they are", strangers_messages_stay_as_they_are },
		{ "a commit survives its client", a_commit_survives_its_client },
		{ "abort is told when nothing was answered",
		    abort_is_told_when_nothing_was_answered },
		{ "delivery sees the same again", delivery_sees_the_same_again },
	};

	CHECK_SUITE("intake", tests);
}
