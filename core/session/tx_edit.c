/* SPDX-License-Identifier: MIT */
/*
 * tx_edit -- edits beside a verdict: checked when they are asked for, made once, at commit, in
 * order.
 */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/session/tx_parts.h"

#include <string.h>

/* Say why an edit was not taken; for `return refuse(...)`. */
static int
refuse(struct tx *tx, const char *edit, struct str value, const char *why)
{
	struct log_line line;

	log_begin(&line, tx_id(tx), "edit_refused");
	log_text(&line, "by", tx->ask.asked != NULL ? tx->ask.asked->name : "core");
	log_text(&line, "stage", stage_name(tx->ask.stage));
	log_text(&line, "edit", edit);
	log_str(&line, "value", value);
	log_text(&line, "why", why);
	log_end(&line);
	return -1;
}

/* A new edit of the message, or NULL where it is too late, too early, or there are too many. */
static struct edit *
add_edit(struct tx *tx, enum edit_kind kind, const char *name, struct str value)
{
	struct mail *m = tx->mail;
	struct edit *e;

	if (m == NULL || !m->open || m->committing || tx->ask.stage > STAGE_RECIPIENT) {
		refuse(tx, name, value, "no message is under way");
		return NULL;
	}
	if (m->edit_count == TX_EDITS_MAX) {
		refuse(tx, name, value, "too many edits");
		return NULL;
	}
	m->edit_count++;
	e = arena_alloc(tx->mail_arena, sizeof *e);
	e->kind = kind;
	e->by = tx->ask.asked != NULL ? tx->ask.asked->name : "core";
	*m->edits_end = e;
	m->edits_end = &e->next;
	return e;
}

static int
edit_header(struct tx *tx, enum edit_kind kind, const char *edit, struct str name, struct str value)
{
	struct edit *e;

	if (!header_name_is_valid(name))
		return refuse(tx, edit, name, "this is no name of a header field");
	if (!header_value_is_valid(value))
		return refuse(tx, edit, value, "this is no value of a header field");
	e = add_edit(tx, kind, edit, name);
	if (e == NULL)
		return -1;
	e->name = str_copy(tx->mail_arena, name);
	e->value = str_copy(tx->mail_arena, value);
	return 0;
}

int
tx_add_header(struct tx *tx, struct str name, struct str value)
{
	return edit_header(tx, EDIT_ADD_HEADER, "add_header", name, value);
}

int
tx_set_header(struct tx *tx, struct str name, struct str value)
{
	return edit_header(tx, EDIT_SET_HEADER, "set_header", name, value);
}

int
tx_delete_header(struct tx *tx, struct str name)
{
	return edit_header(tx, EDIT_DELETE_HEADER, "delete_header", name, STR(""));
}

/* Lines end in CRLF, without NUL; the last line may be open. */
static bool
body_is_sound(struct str body)
{
	for (size_t i = 0; i < body.len; i++) {
		char c = body.p[i];

		if (c == '\0' || (c == '\n' && (i == 0 || body.p[i - 1] != '\r')))
			return false;
		if (c == '\r' && (i + 1 == body.len || body.p[i + 1] != '\n'))
			return false;
	}
	return true;
}

int
tx_replace_body(struct tx *tx, struct str body)
{
	struct edit *e;

	if (!body_is_sound(body))
		return refuse(
		    tx, "replace_body", STR(""), "its lines must end in CRLF, without NUL");
	e = add_edit(tx, EDIT_BODY, "replace_body", STR(""));
	if (e == NULL)
		return -1;
	e->value = str_copy(tx->mail_arena, body);
	return 0;
}

int
tx_parse_address(
    struct tx *tx, struct arena *arena, struct str text, const char *edit, struct address *a)
{
	enum address_error error = address_parse(arena, text, ADDRESS_UTF8, a);

	return error == ADDRESS_OK ? 0 : refuse(tx, edit, text, address_error_text(error));
}

static int
edit_address(struct tx *tx, enum edit_kind kind, const char *edit, struct str text)
{
	struct address a;
	struct edit *e;

	if (tx->mail == NULL)
		return refuse(tx, edit, text, "no message is under way");
	if (tx_parse_address(tx, tx->mail_arena, text, edit, &a) < 0)
		return -1;
	e = add_edit(tx, kind, edit, text);
	if (e == NULL)
		return -1;
	e->address = a;
	return 0;
}

int
tx_redirect(struct tx *tx, struct str rcpt)
{
	struct address a;

	if (tx->present == NULL)
		return edit_address(tx, EDIT_REDIRECT, "redirect", rcpt);
	if (tx->ask.stage > STAGE_RECIPIENT)
		return refuse(tx, "redirect", rcpt, "the message is queued already");
	if (tx_parse_address(tx, tx->mail_arena, rcpt, "redirect", &a) < 0)
		return -1;
	tx->present->address = a;
	return 0;
}

int
tx_add_rcpt(struct tx *tx, struct str rcpt)
{
	return edit_address(tx, EDIT_ADD_RCPT, "add_rcpt", rcpt);
}

int
tx_delete_rcpt(struct tx *tx, struct str rcpt)
{
	return edit_address(tx, EDIT_DELETE_RCPT, "delete_rcpt", rcpt);
}

int
tx_set_sender(struct tx *tx, struct str sender)
{
	/* The null sender of notifications has no address to parse. */
	if (sender.len == 0 || str_eq(sender, STR("<>")))
		return add_edit(tx, EDIT_SENDER, "set_sender", sender) != NULL ? 0 : -1;
	return edit_address(tx, EDIT_SENDER, "set_sender", sender);
}

int
tx_delay(struct tx *tx, uint64_t ms)
{
	uint64_t room = TX_DELAY_MAX_MS - tx->delayed_ms;

	if (ms > room)
		ms = room;
	tx->delayed_ms += ms;
	tx->ask.delay_ms += ms;
	return 0;
}

int
tx_set_route(struct tx *tx, struct str deliverer, struct str host, uint16_t port)
{
	struct route *route;

	if (tx->mail == NULL)
		return refuse(tx, "route", host, "no message is under way");
	route = tx->present != NULL ? &tx->present->route : &tx->mail->route;
	*route = (struct route){ str_copy(tx->mail_arena, deliverer),
		str_copy(tx->mail_arena, host), port };
	return 0;
}

int
tx_set_tag(struct tx *tx, struct str name, struct str value)
{
	unsigned scope;
	struct arena *arena = tx_scope(tx, &scope);
	struct tag *t;

	if (name.len == 0 || value.len > LOG_VALUE_MAX)
		return refuse(
		    tx, "tag", name, "a tag has a name, and a value of at most 1024 bytes");
	for (t = tx->tags[scope]; t != NULL; t = t->next)
		if (str_eq(t->name, name))
			break;
	if (t == NULL) {
		t = arena_alloc(arena, sizeof *t);
		t->name = str_copy(arena, name);
		t->next = tx->tags[scope];
		tx->tags[scope] = t;
	}
	t->value = str_copy(arena, value);
	return 0;
}

int
tx_permit_relay(struct tx *tx)
{
	if (tx->ask.stage > STAGE_RCPT)
		return refuse(tx, "permit_relay", STR(""), "recipients are decided already");
	tx->relay_stages |= 1U << tx->ask.stage;
	return 0;
}

int
tx_hide_extension(struct tx *tx, struct str name)
{
	struct tag *t;

	if (tx->ask.stage != STAGE_HELO)
		return refuse(
		    tx, "hide_extension", name, "extensions are offered at the stage helo");
	t = arena_alloc(tx->greeting_arena, sizeof *t);
	t->name = str_copy(tx->greeting_arena, name);
	t->next = tx->hidden;
	tx->hidden = t;
	return 0;
}

bool
tx_offers(const struct tx *tx, struct str extension)
{
	for (const struct tag *t = tx->hidden; t != NULL; t = t->next)
		if (str_eq_nocase(t->name, extension))
			return false;
	return true;
}
