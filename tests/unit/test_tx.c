/* SPDX-License-Identifier: MIT */
#include "core/loop/loop.h"
#include "tests/lib/check.h"
#include "tests/unit/tx_world.h"

#include <string.h>

static struct tx_world w;

/* ---- handlers */

static enum step
say_reject(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_reject(tx, 550, "5.7.1", "No thanks");
}

static enum step
say_accept(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_accept(tx);
}

static enum step
say_discard(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_discard(tx);
}

static enum step
say_drop(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_drop(tx);
}

static enum step
say_permit(struct tx *tx, void *conf)
{
	(void)conf;
	tx_permit_relay(tx);
	return STEP_NEXT;
}

static int asked;

static enum step
count_me(struct tx *tx, void *conf)
{
	(void)tx, (void)conf;
	asked++;
	return STEP_NEXT;
}

static struct ref waiting;
static int cancelled;

static void
on_cancel(void *arg)
{
	(void)arg;
	cancelled++;
}

static enum step
wait_for_it(struct tx *tx, void *conf)
{
	(void)conf;
	waiting = tx_wait(tx);
	tx_on_cancel(tx, on_cancel, NULL);
	return STEP_WAIT;
}

/* ---- who may send to whom */

static void
relaying_needs_permission(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, say_accept, "yes.lua:1");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "550 5.7.1 Relaying denied");
	CHECK_TEXT(tx_answer(w.tx)->by, "core");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@relay.test")), "accept");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "accept");
	CHECK_INT(tx_rcpt_count(w.tx), 2);
	tx_world_close(&w);
}

/* THREATS.md, R1 and R2: what parses at all leads nowhere. */
static void
no_disguise_relays(void)
{
	static const struct {
		const char *rcpt, *said;
	} rows[] = {
		{ "u@third.test", "550 5.7.1 Relaying denied" },
		{ "u%third.test@here.test", "550 5.1.1 No such mailbox" },
		{ "\"u@third.test\"@here.test", "550 5.1.1 No such mailbox" },
		{ "third.test!u@HERE.test", "550 5.1.1 No such mailbox" },
		{ "u@[192.0.2.1]", "550 5.7.1 Relaying denied" },
		{ "bob@[192.0.2.1]", "550 5.7.1 Relaying denied" },
		{ "u%third.test@[127.0.0.1]", "550 5.7.1 Relaying denied" },
		{ "u@[IPv6:::ffff:192.0.2.1]", "550 5.7.1 Relaying denied" },
		{ "u@localhost", "550 5.7.1 Relaying denied" },
		{ "u@mx.here.test", "550 5.7.1 Relaying denied" },
		{ "u@nothere.test", "550 5.7.1 Relaying denied" },
		{ "u@sub.here.test", "550 5.7.1 Relaying denied" },
		{ "BOB@HERE.TEST", "next" },
		{ "bob+lists@here.test", "next" },
	};
	static const char *const senders[] = { "", "x@third.test", "x@here.test", "x@[192.0.2.1]",
		"x@localhost" };

	tx_world_open(&w, false);
	tx_world_connect(&w);
	for (size_t s = 0; s < sizeof senders / sizeof senders[0]; s++) {
		tx_world_mail(&w, senders[s]);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			CHECK_STR_AT(str_of(tx_world_said(&w, tx_world_rcpt(&w, rows[i].rcpt))),
			    str_of(rows[i].said), rows[i].rcpt);
		tx_reset(w.tx);
	}
	tx_world_close(&w);
}

static void
permission_is_explicit(void)
{
	tx_world_open(&w, false);
	tx_world_connect(&w);
	tx_learn_user(w.tx, STR("bob@here.test"));
	tx_world_mail(&w, "bob@here.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	/* Its own address literal leads to itself. */
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "u@[192.0.2.1]")), "550 5.7.1 Relaying denied");
	w.options.trusted = true;
	tx_world_connect(&w);
	tx_world_mail(&w, "bob@here.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	w.options.trusted = false;
	tx_world_on(&w, STAGE_MAIL, say_permit, "permit.lua:1");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	tx_reset(w.tx);
	CHECK(!tx_may_relay(w.tx));
	tx_world_close(&w);
}

static void
permission_at_rcpt_is_for_one(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, say_permit, "permit.lua:1");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	w.policy.count[STAGE_RCPT] = 0;
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "550 5.7.1 Relaying denied");
	tx_world_close(&w);
}

static void
a_silent_source_never_refuses_for_good(void)
{
	tx_world_open(&w, false);
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "down@here.test")),
	    "451 4.3.0 Cannot look up the mailbox now");
	tx_world_close(&w);
}

static void
postmaster_is_always_accepted(void)
{
	static const char *const names[] = { "postmaster", "PostMaster@here.test",
		"postmaster@mx.here.test", "postmaster@[192.0.2.1]", "postmaster@relay.test" };

	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_CONNECT, say_reject, "block.lua:1");
	tx_world_on(&w, STAGE_RCPT, say_reject, "block.lua:2");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		CHECK_STR_AT(str_of(tx_world_said(&w, tx_world_rcpt(&w, names[i]))), STR("accept"),
		    names[i]);
	CHECK_STR(tx_rcpt(w.tx, 0), STR("postmaster@here.test"));
	CHECK_STR(tx_rcpt(w.tx, 3), STR("postmaster@here.test"));
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.7.1 No thanks");
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "postmaster@third.test")), "550 5.7.1 No thanks");
	tx_world_close(&w);
}

static void
users_write_in_their_own_name(void)
{
	static const struct {
		const char *sender, *said;
	} rows[] = {
		{ "bob@here.test", "next" },
		{ "bob+lists@here.test", "next" },
		{ "BOB@HERE.test", "next" },
		{ "", "next" },
		{ "alice@here.test", "553 5.7.1 Sender address is not yours" },
		{ "bob@remote.test", "553 5.7.1 Sender address is not yours" },
		{ "bo@here.test", "553 5.7.1 Sender address is not yours" },
	};

	tx_world_open(&w, false);
	w.options.checks_sender = w.options.at_once = true;
	tx_world_connect(&w);
	tx_learn_user(w.tx, STR("bob@here.test"));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CHECK_STR_AT(str_of(tx_world_said(&w, tx_world_mail(&w, rows[i].sender))),
		    str_of(rows[i].said), rows[i].sender);
		CHECK(tx_is_open(w.tx) == (rows[i].said[0] == 'n'));
		tx_reset(w.tx);
	}
	tx_world_close(&w);
}

/* ---- what sticks */

static void
early_refusals_are_spoken_at_rcpt(void)
{
	static const enum stage stages[] = { STAGE_CONNECT, STAGE_HELO, STAGE_MAIL };

	for (size_t i = 0; i < 3; i++) {
		tx_world_open(&w, false);
		tx_world_on(&w, stages[i], say_reject, "block.lua:7");
		tx_world_connect(&w);
		tx_world_mail(&w, "a@remote.test");
		CHECK(tx_is_open(w.tx));
		CHECK_TEXT(
		    tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.7.1 No thanks");
		CHECK_TEXT(tx_answer(w.tx)->by, "block.lua:7");
		CHECK(!tx_answer(w.tx)->spoken_later);
		tx_log_refusal(w.tx, "550 5.7.1 No thanks");
		CHECK(
		    tx_world_logged(&w, arena_printf(w.arena,
					    "refused stage=%s by=block.lua:7 from=<a@remote.test> "
					    "to=<bob@here.test> client=192.0.2.9",
					    stage_name(stages[i]))));
		tx_world_close(&w);
	}
}

static void
at_once_is_at_once(void)
{
	tx_world_open(&w, false);
	w.options.at_once = true;
	tx_world_on(&w, STAGE_MAIL, say_reject, "block.lua:7");
	tx_world_connect(&w);
	CHECK_TEXT(tx_world_said(&w, tx_world_mail(&w, "a@remote.test")), "550 5.7.1 No thanks");
	CHECK(!tx_answer(w.tx)->spoken_later);
	CHECK(!tx_is_open(w.tx));
	tx_world_close(&w);
}

static void
who_has_authenticated_is_known(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_CONNECT, say_reject, "block.lua:1");
	tx_world_on(&w, STAGE_HELO, say_reject, "block.lua:2");
	tx_world_connect(&w);
	tx_learn_user(w.tx, STR("bob@here.test"));
	tx_world_ask(&w, STAGE_AUTH);
	tx_world_mail(&w, "bob@here.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	tx_world_close(&w);
}

static void
a_refused_login_is_none(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_AUTH, say_reject, "block.lua:1");
	tx_world_connect(&w);
	tx_learn_user(w.tx, STR("bob@here.test"));
	CHECK_TEXT(tx_world_said(&w, tx_world_ask(&w, STAGE_AUTH)), "550 5.7.1 No thanks");
	CHECK_INT(tx_user(w.tx).len, 0);
	CHECK(!tx_may_relay(w.tx));
	tx_world_close(&w);
}

static void
scopes_end_with_what_they_are_about(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_HELO, say_reject, "block.lua:1");
	tx_world_on(&w, STAGE_TLS, say_reject, "block.lua:2");
	tx_world_connect(&w);
	w.policy.count[STAGE_HELO] = 0;
	tx_learn_helo(w.tx, STR("again.test"), true);
	tx_world_ask(&w, STAGE_HELO);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "next");
	/* What the handshake was refused for outlives the EHLO behind it. */
	tx_learn_tls(w.tx, "TLSv1.3", "x");
	CHECK(!tx_is_open(w.tx));
	CHECK_INT(tx_helo(w.tx).len, 0);
	tx_world_ask(&w, STAGE_TLS);
	CHECK(tx_answer(w.tx)->spoken_later);
	tx_learn_helo(w.tx, STR("again.test"), true);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.7.1 No thanks");
	tx_world_close(&w);
}

/* ---- order */

static void
the_first_verdict_wins(void)
{
	tx_world_open(&w, false);
	asked = 0;
	tx_world_on(&w, STAGE_RCPT, count_me, "one");
	tx_world_on(&w, STAGE_RCPT, say_reject, "two");
	tx_world_on(&w, STAGE_RCPT, count_me, "three");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_rcpt(&w, "bob@here.test")->by, "two");
	CHECK_INT(asked, 1);
	tx_reset(w.tx);
	CHECK(tx_world_logged(&w, "trace policy=test hash=0123456789abcdef"));
	CHECK(tx_world_logged(&w, "rcpt one next"));
	CHECK(tx_world_logged(&w, "rcpt two reject"));
	tx_world_close(&w);
}

static void
discard_needs_no_mailbox_and_no_permission(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, say_discard, "trap.lua:1");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "trap@third.test")), "discard");
	CHECK_INT(tx_answer(w.tx)->code, 0);
	tx_world_close(&w);
}

static void
drop_is_421(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_MAIL, say_drop, "drop.lua:1");
	tx_world_connect(&w);
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_mail(&w, "a@remote.test")), "421 4.7.0 Closing connection");
	CHECK(!tx_answer(w.tx)->spoken_later);
	tx_world_close(&w);
}

/* ---- waiting */

static void
resume_later(void *arg)
{
	(void)arg;
	tx_resume(waiting, tx_reject(tx_of(waiting), 0, NULL, NULL));
}

static void
a_handler_may_wait(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, wait_for_it, "slow");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	loop_defer(w.server.loop, resume_later, NULL);
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.7.1 Refused by policy");
	/* Completed twice: the second time nobody is there. */
	CHECK(tx_of(waiting) == NULL);
	tx_resume(waiting, STEP_NEXT);
	CHECK_INT(tx_rcpt_count(w.tx), 0);
	tx_world_close(&w);
}

static void
ignore(struct tx *tx)
{
	(void)tx;
	CHECK(false);
}

static void
who_leaves_cancels(void)
{
	const struct rcpt_params params = { STR(""), STR("") };
	struct address bob = {
		.local = STR("bob"), .domain = STR("here.test"), .text = STR("bob@here.test")
	};

	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, wait_for_it, "slow");
	tx_world_connect(&w);
	cancelled = 0;
	tx_world_mail(&w, "a@remote.test");
	tx_candidate(w.tx, &bob, &params);
	CHECK_INT(tx_ask(w.tx, STAGE_RCPT, ignore), STEP_WAIT);
	tx_reset(w.tx);
	CHECK_INT(cancelled, 1);
	CHECK(tx_of(waiting) == NULL);
	tx_world_mail(&w, "a@remote.test");
	tx_candidate(w.tx, &bob, &params);
	CHECK_INT(tx_ask(w.tx, STAGE_RCPT, ignore), STEP_WAIT);
	tx_destroy(w.tx);
	w.tx = NULL;
	CHECK_INT(cancelled, 2);
	tx_resume(waiting, STEP_NEXT);
	tx_world_close(&w);
}

static void
who_never_answers_fails(void)
{
	tx_world_open(&w, false);
	w.config.limits.handler_ms = 1;
	tx_world_on(&w, STAGE_RCPT, wait_for_it, "slow");
	cancelled = 0;
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
	    "451 4.3.0 Local error in processing");
	CHECK_INT(cancelled, 1);
	CHECK(tx_world_logged(&w, "failure by=slow stage=rcpt then=defer text=\"no answer after"));
	tx_world_close(&w);
}

/* ---- handlers that misbehave (THREATS.md, C8 and L7) */

static enum step
done_without_verdict(struct tx *tx, void *conf)
{
	(void)tx, (void)conf;
	return STEP_DONE;
}

static enum step
wait_without_waiting(struct tx *tx, void *conf)
{
	(void)tx, (void)conf;
	return STEP_WAIT;
}

static enum step
nonsense(struct tx *tx, void *conf)
{
	(void)tx, (void)conf;
	return (enum step)77;
}

static enum step
verdict_and_next(struct tx *tx, void *conf)
{
	(void)conf;
	tx_accept(tx);
	return STEP_NEXT;
}

static enum step
resume_inside(struct tx *tx, void *conf)
{
	(void)conf;
	tx_resume(tx_wait(tx), STEP_NEXT);
	return STEP_WAIT;
}

static enum step
no_such_verdict(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_park(tx, "here?");
}

static enum step
own_failure(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_fail(tx, "cannot read %s", "list");
}

static void
misbehaviour_is_failure(void)
{
	handler_fn *const bad[] = { done_without_verdict, wait_without_waiting, nonsense,
		verdict_and_next, resume_inside, own_failure };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct handler *h;

		tx_world_open(&w, false);
		h = tx_world_on(&w, STAGE_RCPT, bad[i], "bad");
		tx_world_connect(&w);
		tx_world_mail(&w, "a@remote.test");
		CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
		    "451 4.3.0 Local error in processing");
		CHECK(tx_world_logged(&w, "failure by=bad stage=rcpt then=defer"));
		h->fail = FAIL_CONTINUE;
		CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "next");
		h->fail = FAIL_REJECT;
		CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
		    "550 5.3.0 Local error in processing");
		tx_world_close(&w);
	}
}

static void
a_verdict_that_is_not_there_is_failure(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_AUTH, no_such_verdict, "odd");
	tx_world_connect(&w);
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_ask(&w, STAGE_AUTH)), "454 4.3.0 Local error in processing");
	CHECK(tx_world_logged(&w, "park does not exist at the stage auth"));
	tx_world_close(&w);
}

static struct {
	int code;
	const char *status, *text;
} odd;

static enum step
say_odd(struct tx *tx, void *conf)
{
	(void)conf;
	return tx_reject(tx, odd.code, odd.status, odd.text);
}

static void
hostile_replies_are_replaced(void)
{
	static char longer[600];
	const struct {
		int code;
		const char *status, *text;
		bool fits;
	} rows[] = {
		{ 550, "5.7.1", "fine", true },
		{ 550, "5.7.1", "gr\xc3\xbc\xc3\x9f", true },
		{ 999, "5.7.1", "x", false },
		{ 250, "2.0.0", "x", false },
		{ 450, "4.7.1", "x", false },
		{ -550, "5.7.1", "x", false },
		{ 550, "4.7.1", "x", false },
		{ 550, "5.7", "x", false },
		{ 550, "5.7.1\r\n250 ok", "x", false },
		{ 550, "5.7.1", "x\r\n250 ok", false },
		{ 550, "5.7.1", "x\ny", false },
		{ 550, "5.7.1", "\x1b[2J", false },
		{ 550, "5.7.1", "\xff\xfe", false },
		{ 550, "5.7.1", longer, false },
	};

	memset(longer, 'x', sizeof longer - 1);
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_RCPT, say_odd, "odd");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		odd.code = rows[i].code, odd.status = rows[i].status, odd.text = rows[i].text;
		tx_world_rcpt(&w, "bob@here.test");
		CHECK_INT_AT(tx_answer(w.tx)->code, rows[i].fits ? 550 : 451, rows[i].text);
		CHECK_STR_AT(str_of(tx_answer(w.tx)->text),
		    str_of(rows[i].fits ? rows[i].text : "Local error in processing"),
		    rows[i].text);
	}
	tx_world_close(&w);
}

static enum step
try_to_wait(struct tx *tx, void *conf)
{
	(void)conf;
	waiting = tx_wait(tx);
	tx_on_cancel(tx, on_cancel, NULL);
	return STEP_WAIT;
}

static void
observers_change_nothing(void)
{
	tx_world_open(&w, false);
	cancelled = 0;
	tx_world_on(&w, STAGE_ABORT, say_reject, "watch.lua:1");
	tx_world_on(&w, STAGE_ABORT, try_to_wait, "watch.lua:2");
	tx_world_on(&w, STAGE_UNKNOWN, say_reject, "watch.lua:3");
	tx_world_connect(&w);
	tx_world_mail(&w, "a@remote.test");
	tx_world_rcpt(&w, "u@third.test");
	tx_tell(w.tx, STAGE_UNKNOWN);
	CHECK_INT(tx_answer(w.tx)->code, 550);
	CHECK_TEXT(tx_answer(w.tx)->by, "core");
	tx_reset(w.tx);
	CHECK_INT(cancelled, 1);
	CHECK(tx_world_logged(&w, "reject does not exist at the stage abort"));
	CHECK(tx_world_logged(&w, "cannot wait at the stage abort"));
	tx_world_close(&w);
}

/* ---- edits that need no message */

static enum step
edit_helo(struct tx *tx, void *conf)
{
	(void)conf;
	CHECK_INT(tx_hide_extension(tx, STR("chunking")), 0);
	CHECK_INT(tx_set_tag(tx, STR("class"), STR("one")), 0);
	CHECK_INT(tx_set_tag(tx, STR("class"), STR("two")), 0);
	CHECK_INT(tx_add_header(tx, STR("X-A"), STR("b")), -1);
	return STEP_NEXT;
}

static enum step
edit_rcpt(struct tx *tx, void *conf)
{
	uint32_t *count = tx_state(tx);

	(void)conf;
	(*count)++;
	CHECK_STR(tx_tag(tx, STR("class")), STR("two"));
	CHECK_INT(tx_hide_extension(tx, STR("SIZE")), -1);
	CHECK_INT(tx_redirect(tx, STR("a\r\nRCPT TO:<x@y.test>")), -1);
	CHECK_INT(tx_redirect(tx, STR("bob@here.test")), 0);
	CHECK_INT(tx_add_header(tx, STR("X-A"), STR("b\r\nBcc: c")), -1);
	CHECK_INT(tx_add_header(tx, STR("X A"), STR("b")), -1);
	CHECK_INT(tx_delay(tx, 40000), 0);
	return STEP_NEXT;
}

static void
edits_are_checked(void)
{
	tx_world_open(&w, false);
	tx_world_on(&w, STAGE_HELO, edit_helo, "a");
	tx_world_on(&w, STAGE_RCPT, edit_rcpt, "b");
	tx_world_connect(&w);
	CHECK(!tx_offers(w.tx, STR("CHUNKING")));
	CHECK(tx_offers(w.tx, STR("SIZE")));
	tx_world_mail(&w, "a@remote.test");
	/* The mailbox that counts is the one that it goes to; permission is about the one that was
	 * named. */
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "nobody@here.test")), "next");
	CHECK_INT(tx_answer(w.tx)->delay_ms, 40000);
	CHECK_STR(tx_rcpt(w.tx, 0), STR("bob@here.test"));
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "550 5.7.1 Relaying denied");
	CHECK_INT(tx_answer(w.tx)->delay_ms, 20000);
	tx_world_close(&w);
}

void
suite_tx(void)
{
	static const struct test tests[] = {
		{ "relaying needs permission; accept is none", relaying_needs_permission },
		{ "no disguise of a recipient relays (R1, R2)", no_disguise_relays },
		{ "permission comes from login, network or permit_relay", permission_is_explicit },
		{ "permission given at rcpt is for that recipient", permission_at_rcpt_is_for_one },
		{ "a source of users that is down defers (Z11)",
		    a_silent_source_never_refuses_for_good },
		{ "postmaster is accepted before policy", postmaster_is_always_accepted },
		{ "users write in their own name (A12)", users_write_in_their_own_name },
		{ "refusals at connect, helo and mail are spoken at RCPT",
		    early_refusals_are_spoken_at_rcpt },
		{ "at = once speaks at once", at_once_is_at_once },
		{ "who has authenticated is known", who_has_authenticated_is_known },
		{ "a login that a policy refuses is none", a_refused_login_is_none },
		{ "what sticks ends with its scope", scopes_end_with_what_they_are_about },
		{ "the first verdict wins, and the trace says whose", the_first_verdict_wins },
		{ "discard needs no mailbox and no permission",
		    discard_needs_no_mailbox_and_no_permission },
		{ "drop is 421 at once", drop_is_421 },
		{ "a handler may wait, and completes once", a_handler_may_wait },
		{ "a client that leaves cancels the wait", who_leaves_cancels },
		{ "a handler that never answers fails", who_never_answers_fails },
		{ "misbehaviour of a handler is its failure (C8)", misbehaviour_is_failure },
		{ "a verdict that a stage does not have is a failure",
		    a_verdict_that_is_not_there_is_failure },
		{ "hostile replies are replaced by 451 4.3.0 (L7)", hostile_replies_are_replaced },
		{ "observers change nothing and cannot wait", observers_change_nothing },
		{ "edits are checked when they are asked for", edits_are_checked },
	};

	CHECK_SUITE("tx", tests);
}
