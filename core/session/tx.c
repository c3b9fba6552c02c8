/* SPDX-License-Identifier: MIT */
/* tx -- a transaction's facts, and the verdicts that handlers give about it. */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"
#include "core/text/encode.h"
#include "core/text/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- facts */

enum stage
tx_stage(const struct tx *tx)
{
	return tx->ask.stage;
}

const char *
tx_id(const struct tx *tx)
{
	return tx->mail != NULL ? tx->mail->id : "";
}

const char *
tx_via(const struct tx *tx)
{
	return tx->options.via;
}

const struct ip *
tx_client(const struct tx *tx)
{
	return &tx->options.client;
}

uint16_t
tx_client_port(const struct tx *tx)
{
	return tx->options.client_port;
}

struct str
tx_helo(const struct tx *tx)
{
	return tx->helo;
}

bool
tx_is_secure(const struct tx *tx)
{
	return tx->tls_version != NULL;
}

struct str
tx_user(const struct tx *tx)
{
	return tx->user;
}

struct str
tx_sender(const struct tx *tx)
{
	return tx->mail != NULL ? tx->mail->sender.text : STR("");
}

const struct address *
tx_sender_address(const struct tx *tx)
{
	return tx->mail != NULL ? &tx->mail->sender : NULL;
}

size_t
tx_rcpt_count(const struct tx *tx)
{
	return tx->mail != NULL ? tx->mail->rcpt_count : 0;
}

struct str
tx_rcpt(const struct tx *tx, size_t i)
{
	return i < tx_rcpt_count(tx) ? tx->mail->rcpts[i].address.text : STR("");
}

const struct address *
tx_rcpt_address(const struct tx *tx)
{
	return tx->present != NULL ? &tx->present->address : NULL;
}

uint64_t
tx_size(const struct tx *tx)
{
	if (tx->mail == NULL)
		return 0;
	return tx->mail->data_seen ? tx->mail->size : tx->mail->params.size;
}

bool
tx_is_submission(const struct tx *tx)
{
	return tx->options.checks_sender || tx->user.len > 0;
}

bool
tx_may_relay(const struct tx *tx)
{
	return tx->user.len > 0 || tx->options.trusted || tx->relay_stages != 0;
}

/* The header is there to be read once it is whole. */
static struct header *
whole_header(const struct tx *tx)
{
	return tx->mail != NULL && tx->mail->ended ? &tx->mail->header : NULL;
}

size_t
tx_header_count(const struct tx *tx, struct str name)
{
	struct header *h = whole_header(tx);

	return h != NULL ? header_count_of(h, name) : 0;
}

struct str
tx_header(const struct tx *tx, struct str name, size_t nth)
{
	struct header *h = whole_header(tx);
	struct header_field field;

	if (h == NULL || !header_find(h, name, nth, &field))
		return STR("");
	return header_unfold(tx->mail_arena, field.value);
}

struct str
tx_tag(const struct tx *tx, struct str name)
{
	for (int scope = TAGS_MAIL; scope >= TAGS_CONNECTION; scope--)
		for (const struct tag *t = tx->tags[scope]; t != NULL; t = t->next)
			if (str_eq(t->name, name))
				return t->value;
	return STR("");
}

struct str
tx_outcome(const struct tx *tx)
{
	return str_of(tx->outcome);
}

struct str
tx_outcome_reply(const struct tx *tx)
{
	return tx->outcome_reply;
}

struct arena *
tx_arena(struct tx *tx)
{
	return tx->mail_arena;
}

void *
tx_state(struct tx *tx)
{
	const struct handler *h = tx->ask.asked;

	assert(h != NULL);
	if (tx->state == NULL)
		tx->state = arena_alloc(tx->mail_arena, tx->options.policy->tx_size);
	return (char *)tx->state + h->state_offset;
}

struct arena *
tx_scope(struct tx *tx, unsigned *tags)
{
	struct arena *const arenas[] = { tx->arena, tx->greeting_arena, tx->mail_arena };
	unsigned scope = TAGS_CONNECTION;

	if (tx->mail != NULL)
		scope = TAGS_MAIL;
	else if (tx->ask.stage == STAGE_HELO)
		scope = TAGS_GREETING;
	if (tags != NULL)
		*tags = scope;
	return arenas[scope];
}

/* ---- verdicts */

const struct decision *
tx_kept(const struct tx *tx, bool refusing)
{
	for (enum stage stage = STAGE_CONNECT; stage < STAGE_MESSAGE; stage++) {
		const struct decision *d = tx->kept[stage];

		/* Who has authenticated is known, wherever they connect from. */
		if (d == NULL ||
		    (tx->user.len > 0 && (stage == STAGE_CONNECT || stage == STAGE_HELO)))
			continue;
		if (verdict_refuses(d->verdict) == refusing)
			return d;
	}
	return NULL;
}

/* One line that may stand in a reply as it is (RFC 5321, 4.2). */
static bool
text_is_sound(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return text.len <= TX_TEXT_MAX && utf8_is_valid(text);
}

static bool
code_is_sound(enum verdict verdict, int code, const char *status)
{
	if (code / 100 != (verdict == VERDICT_REJECT ? 5 : 4))
		return false;
	return reply_status_fits(code, str_of(status));
}

/* The reply's words where the handler gave none. */
static const char *
usual_text(enum verdict verdict)
{
	static const char *const texts[VERDICT_COUNT] = {
		[VERDICT_REJECT] = "Refused by policy",
		[VERDICT_DEFER] = "Not now, try again later",
		[VERDICT_DROP] = "Closing connection",
		[VERDICT_PARK] = "parked by policy",
	};

	return texts[verdict] != NULL ? texts[verdict] : "";
}

static void
say_unsound(struct tx *tx, int code, const char *status, const char *text)
{
	struct log_line line;

	log_begin(&line, tx_id(tx), "unsound_reply");
	log_text(&line, "by", tx->ask.asked->name);
	log_text(&line, "stage", stage_name(tx->ask.stage));
	log_int(&line, "code", code);
	log_text(&line, "status", status);
	log_text(&line, "text", text);
	log_end(&line);
}

enum step
tx_give(struct tx *tx, enum verdict verdict, int code, const char *status, const char *text)
{
	const struct verdict_rule *rule = verdict_rule(tx->ask.stage, verdict);
	struct arena *arena = tx_scope(tx, NULL);

	assert(tx->ask.asked != NULL);
	if (tx->ask.gave)
		return STEP_DONE; /* the first one wins */
	if (rule->scope == SCOPE_NONE)
		return tx_fail(tx, "%s does not exist at the stage %s", verdict_name(verdict),
		    stage_name(tx->ask.stage));
	if (code == 0)
		code = rule->code;
	if (status == NULL || status[0] == '\0')
		status = rule->status;
	if (text == NULL || text[0] == '\0')
		text = usual_text(verdict);
	if (!text_is_sound(str_of(text)) ||
	    (verdict_refuses(verdict) && !code_is_sound(verdict, code, status))) {
		say_unsound(tx, code, status, text);
		if (verdict == VERDICT_REJECT)
			verdict = VERDICT_DEFER;
		code = 451, status = "4.3.0", text = "Local error in processing";
	}
	tx->ask.gave = true;
	tx->ask.given = (struct decision){
		.stage = tx->ask.stage,
		.verdict = verdict,
		.code = verdict_refuses(verdict) ? code : 0,
		.status = verdict_refuses(verdict) ? arena_strdup(arena, status) : "",
		.text = arena_strdup(arena, text),
		.by = tx->ask.asked->name,
	};
	return STEP_DONE;
}

enum step
tx_reject(struct tx *tx, int code, const char *status, const char *text)
{
	return tx_give(tx, VERDICT_REJECT, code, status, text);
}

enum step
tx_defer(struct tx *tx, int code, const char *status, const char *text)
{
	return tx_give(tx, VERDICT_DEFER, code, status, text);
}

enum step
tx_accept(struct tx *tx)
{
	return tx_give(tx, VERDICT_ACCEPT, 0, NULL, NULL);
}

enum step
tx_drop(struct tx *tx)
{
	return tx_give(tx, VERDICT_DROP, 0, NULL, NULL);
}

enum step
tx_discard(struct tx *tx)
{
	return tx_give(tx, VERDICT_DISCARD, 0, NULL, NULL);
}

enum step
tx_park(struct tx *tx, const char *reason)
{
	return tx_give(tx, VERDICT_PARK, 0, NULL, reason);
}

/* What a fail mode makes of a failure at this stage. */
static enum verdict
verdict_of_failure(enum stage stage, enum fail_mode mode)
{
	enum verdict verdict = mode == FAIL_REJECT  ? VERDICT_REJECT
			       : mode == FAIL_DEFER ? VERDICT_DEFER
						    : VERDICT_NEXT;

	return verdict_rule(stage, verdict)->scope == SCOPE_NONE ? VERDICT_NEXT : verdict;
}

enum step
tx_fail(struct tx *tx, const char *format, ...)
{
	const struct handler *h = tx->ask.asked;
	enum verdict verdict;
	struct log_line line;
	char text[ERR_MAX];
	va_list ap;

	assert(h != NULL);
	verdict = verdict_of_failure(tx->ask.stage, h->fail);
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_begin(&line, tx_id(tx), "failure");
	log_text(&line, "by", h->name);
	log_text(&line, "stage", stage_name(tx->ask.stage));
	log_text(&line, "then", verdict == VERDICT_NEXT ? "continue" : verdict_name(verdict));
	log_text(&line, "text", text);
	log_end(&line);
	tx_note(tx, "failed: %s", text);
	tx->ask.gave = false;
	tx->ask.given = (struct decision){ 0 };
	if (verdict == VERDICT_NEXT)
		return STEP_NEXT;
	return tx_give(tx, verdict, 0, verdict == VERDICT_REJECT ? "5.3.0" : "4.3.0",
	    "Local error in processing");
}

void
tx_note(struct tx *tx, const char *format, ...)
{
	char text[TRACE_NOTE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (tx->ask.note != NULL)
		tx->ask.note = arena_printf(tx_scope(tx, NULL), "%s; %s", tx->ask.note, text);
	else
		tx->ask.note = arena_strdup(tx_scope(tx, NULL), text);
}
