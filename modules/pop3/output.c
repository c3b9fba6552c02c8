/* SPDX-License-Identifier: MIT */
/*
 * output -- answers of many lines, made at the pace at which the client reads them.
 *
 * Each answer is a function that goes on from `output` until the connection is full; the next
 * SESSION_DRAINED calls it again. Meanwhile no command is taken.
 */
#include "modules/pop3/pop3.h"

#include <stdio.h>
#include <string.h>

enum { READ_AT_ONCE = 32 * 1024 };

static void
begin(struct pop3 *c, void (*more)(struct pop3 *), size_t at)
{
	c->output = (struct pop3_output){ .more = more, .at = at };
	pop3_wait(c);
	session_deadline(c->session, session_limits(c->session)->pop3_idle_ms);
}

static void
finish(struct pop3 *c)
{
	c->output.more = NULL;
	session_write(c->session, STR(".\r\n"));
	pop3_go(c);
}

void
pop3_more(struct pop3 *c)
{
	if (c->output.more == NULL || c->store_busy)
		return;
	session_deadline(c->session, session_limits(c->session)->pop3_idle_ms);
	c->output.more(c);
}

/* ---- LIST and UIDL */

static bool
is_unique_id(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return len > 0 && len <= POP3_UID;
}

/* As Dovecot's usual pop3_uidl_format %08Xu%08Xv; final: clients keep it for ever. */
const char *
pop3_unique(const struct pop3 *c, const struct pop3_message *m, char to[POP3_UID + 1])
{
	if (m->unique != NULL && is_unique_id(m->unique))
		return m->unique;
	snprintf(to, POP3_UID + 1, "%08x%08x", m->uid, c->uid_validity);
	return to;
}

static void
list_more(struct pop3 *c)
{
	struct pop3_output *o = &c->output;

	for (; o->at < c->count && !session_is_full(c->session); o->at++)
		if (!c->messages[o->at].deleted)
			session_printf(c->session, "%zu %llu\r\n", o->at + 1,
			    (unsigned long long)c->messages[o->at].size);
	if (o->at == c->count)
		finish(c);
}

static void
uidl_more(struct pop3 *c)
{
	struct pop3_output *o = &c->output;
	char unique[POP3_UID + 1];

	for (; o->at < c->count && !session_is_full(c->session); o->at++)
		if (!c->messages[o->at].deleted)
			session_printf(c->session, "%zu %s\r\n", o->at + 1,
			    pop3_unique(c, &c->messages[o->at], unique));
	if (o->at == c->count)
		finish(c);
}

void
pop3_list(struct pop3 *c)
{
	pop3_say(c, "+OK Sizes follow");
	begin(c, list_more, 0);
	list_more(c);
}

void
pop3_uidl(struct pop3 *c)
{
	pop3_say(c, "+OK Names follow");
	begin(c, uidl_more, 0);
	uidl_more(c);
}

/* ---- RETR and TOP */

/* One line, or the part of it that is here: a dot at its start is doubled (RFC 1939, 3). */
static void
send_line(struct pop3 *c, struct str part)
{
	struct pop3_output *o = &c->output;

	if (!o->in_line && part.p[0] == '.')
		session_write(c->session, STR("."));
	session_write(c->session, part);
	o->in_line = part.p[part.len - 1] != '\n';
}

/* False: TOP has shown enough. */
static bool
send_text(struct pop3 *c, struct str text)
{
	struct pop3_output *o = &c->output;

	while (text.len > 0) {
		ptrdiff_t end = str_find(text, '\n');
		struct str part = { text.p, end < 0 ? text.len : (size_t)end + 1 };

		if (o->has_limit && o->in_body && o->lines == 0)
			return false;
		if (end >= 0 && o->in_body)
			o->lines--;
		if (!o->in_line && !o->in_body &&
		    (str_eq(part, STR("\r\n")) || str_eq(part, STR("\n"))))
			o->in_body = true;
		send_line(c, part);
		text = str_from(text, part.len);
	}
	return true;
}

static void
end_text(struct pop3 *c)
{
	if (c->output.in_line)
		session_write(c->session, STR("\r\n"));
	finish(c);
}

/* The size was promised, so a message that cannot be read to its end breaks the session. */
static void
on_text(struct ref asker, const struct store_answer *a)
{
	struct pop3 *c = pop3_of(asker);
	struct pop3_output *o;

	if (c == NULL)
		return;
	c->store_busy = false;
	o = &c->output;
	if (a->result < 0) {
		log_error("%s", a->err.text);
		if (o->offset == 0) {
			o->more = NULL;
			pop3_refuse(c, "[SYS/TEMP] The message cannot be read now");
			pop3_go(c);
			return;
		}
		pop3_goodbye(c, NULL);
		return;
	}
	if (o->offset == 0)
		session_printf(
		    c->session, "+OK %llu octets\r\n", (unsigned long long)c->messages[o->at].size);
	o->offset += a->bytes.len;
	if (!send_text(c, a->bytes) || a->bytes.len < READ_AT_ONCE)
		end_text(c);
	else if (!session_is_full(c->session))
		o->more(c);
}

static void
retr_more(struct pop3 *c)
{
	struct pop3_output *o = &c->output;

	c->store_busy =
	    store_read(c->store, c->messages[o->at].uid, o->offset, READ_AT_ONCE, on_text) == 0;
	if (c->store_busy)
		return;
	if (o->offset > 0) {
		pop3_goodbye(c, NULL);
		return;
	}
	o->more = NULL;
	pop3_refuse(c, "[SYS/TEMP] Busy, try again");
	pop3_go(c);
}

void
pop3_retr(struct pop3 *c, size_t message, bool has_limit, uint64_t lines)
{
	begin(c, retr_more, message);
	c->output.has_limit = has_limit;
	c->output.lines = lines;
	c->retrieved += !has_limit;
	retr_more(c);
}
