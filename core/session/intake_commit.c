/* SPDX-License-Identifier: MIT */
/*
 * intake_commit -- from a received message to a durable one: edits are made, the trace field is
 * put on top, what policies threw away or set aside is sorted out, the rest goes into the spool.
 */
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/process/server.h"
#include "core/session/header_edit.h"
#include "core/session/received.h"
#include "core/session/tx_parts.h"
#include "core/spool/spool.h"
#include "core/text/date.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_ROOM = 64 * 1024 };

/* ---- the head: what goes before the body's bytes */

static int
print_received(struct tx *tx, const struct envelope *e, struct buf *head)
{
	const struct config *config = tx->options.server->config;

	return received_print(head, &(struct received){
					.via = tx->options.via,
					.helo = tx->helo,
					.client = tx->options.client,
					.hostname = config->hostname,
					.id = tx->mail->id,
					.rcpt = e->rcpt_count == 1 ? e->rcpts[0].address : STR(""),
					.esmtp = tx->esmtp,
					.secure = tx_is_secure(tx),
					.authenticated = tx->user.len > 0,
					.utf8 = tx->mail->params.utf8,
					.seconds = clock_wall(tx->options.server->loop),
				    });
}

/* What a user's program left out (RFC 6409, 8). */
static void
print_missing(struct tx *tx, const struct envelope *e, struct buf *head)
{
	struct header *h = &tx->mail->header;
	struct str author = e->sender.len > 0 ? e->sender : tx->user;
	char date[DATE_TEXT_MAX];

	if (!tx_is_submission(tx))
		return;
	if (header_count_of(h, STR("Date")) == 0)
		buf_printf(
		    head, "Date: %s\r\n", date_print(clock_wall(tx->options.server->loop), date));
	if (header_count_of(h, STR("From")) == 0 && author.len > 0)
		buf_printf(head, "From: <%.*s>\r\n", STR_FMT(author));
	if (header_count_of(h, STR("Message-ID")) == 0)
		buf_printf(head, "Message-ID: <%s@%s>\r\n", tx->mail->id,
		    tx->options.server->config->hostname);
}

/* A body of the policy's; the last one counts. */
static const struct edit *
new_body(const struct mail *m)
{
	const struct edit *found = NULL;

	for (const struct edit *e = m->edits; e != NULL; e = e->next)
		if (e->kind == EDIT_BODY)
			found = e;
	return found;
}

/* The message begins with text: our fields need an empty line behind them. */
static bool
lacks_header(struct mail *m)
{
	return header_count(&m->header) == 0 && !str_starts(buf_str(&m->header.text), STR("\r\n"));
}

/* Fill `head`, and say how many of the body's first bytes it replaces. */
static int
print_head(struct tx *tx, const struct envelope *e, struct buf *head, uint64_t *skip)
{
	struct mail *m = tx->mail;
	const struct edit *body = new_body(m);

	*skip = 0;
	print_received(tx, e, head);
	print_missing(tx, e, head);
	if (body != NULL || header_edit_any(m->edits)) {
		header_edit_print(tx->mail_arena, &m->header, m->edits, head);
		*skip = m->header.body_start;
	} else if (lacks_header(m)) {
		buf_add_text(head, "\r\n");
	}
	if (body != NULL) {
		buf_add_str(head, body->value);
		*skip = m->size;
	}
	return head->over ? -1 : 0;
}

/* ---- who gets it */

static void
log_outcome(struct tx *tx, const char *outcome, const struct recipient *r, const char *by,
    const char *reply)
{
	char event[32];
	struct log_line line;

	snprintf(event, sizeof event, "outcome=%s", outcome);
	log_begin(&line, tx->mail->id, event);
	log_address(&line, "to", r->address.text);
	if (!str_eq(r->named.text, r->address.text))
		log_address(&line, "orig_to", r->named.text);
	log_address(&line, "from", tx->mail->sender.text);
	log_text(&line, "by", by);
	if (reply[0] != '\0')
		log_text(&line, "reply", reply);
	log_end(&line);
}

/* What was decided about the whole message: thrown away, set aside, or nothing. */
static const struct decision *
decision_of_all(struct tx *tx)
{
	const struct decision *kept = tx_kept(tx, false);

	if (kept != NULL && kept->verdict > VERDICT_ACCEPT)
		return kept;
	return &tx->mail->decision;
}

/* What becomes of one recipient at commit: the message's decision, or its own. */
static const struct decision *
decision_of(const struct decision *all, const struct recipient *r)
{
	return all->verdict == VERDICT_DISCARD || r->kept.verdict <= VERDICT_ACCEPT ? all
										    : &r->kept;
}

/* Make the edits of the envelope, in their order. */
static void
edit_recipients(struct tx *tx)
{
	struct mail *m = tx->mail;

	for (const struct edit *e = m->edits; e != NULL; e = e->next) {
		switch (e->kind) {
		case EDIT_SENDER:
			m->sender = e->address;
			break;
		case EDIT_REDIRECT:
			for (size_t i = 0; i < m->rcpt_count; i++)
				m->rcpts[i].address = e->address;
			break;
		case EDIT_ADD_RCPT:
			m->candidate =
			    (struct recipient){ .named = e->address, .address = e->address };
			tx_add_recipient(tx);
			break;
		case EDIT_DELETE_RCPT:
			for (size_t i = 0; i < m->rcpt_count; i++)
				if (str_eq(m->rcpts[i].address.text, e->address.text))
					m->rcpts[i].kept =
					    (struct decision){ .verdict = VERDICT_DISCARD,
						    .by = e->by,
						    .text = "deleted" };
			break;
		default:
			break;
		}
	}
}

static void
fill_rcpt(
    struct tx *tx, struct envelope_rcpt *to, const struct recipient *r, const struct decision *d)
{
	const struct route *route =
	    r->route.deliverer.len > 0 || r->route.host.len > 0 ? &r->route : &tx->mail->route;
	bool parked = d->verdict > VERDICT_ACCEPT;

	*to = (struct envelope_rcpt){
		.address = r->address.text,
		.original = str_eq(r->named.text, r->address.text) ? STR("") : r->named.text,
		.notify = r->notify,
		.orcpt = r->orcpt,
		.deliverer = route->deliverer,
		.route_host = route->host,
		.route_port = route->port,
		.state = parked ? RCPT_PARKED : RCPT_QUEUED,
		.last = parked ? str_of(d->text) : STR(""),
	};
	if (to->notify.p == NULL)
		to->notify = to->orcpt = STR("");
	if (route->deliverer.p == NULL)
		to->deliverer = to->route_host = STR("");
}

/* Sort the recipients: each goes into the envelope once, or is thrown away, which is always logged.
 */
static void
fill_rcpts(struct tx *tx, struct envelope *e)
{
	const struct decision *all = decision_of_all(tx);
	struct map *seen = map_create();
	struct mail *m = tx->mail;

	e->parked = e->owner = STR("");
	e->rcpts = arena_alloc(tx->mail_arena, (m->rcpt_count + 1) * sizeof *e->rcpts);
	for (size_t i = 0; i < m->rcpt_count; i++) {
		struct recipient *r = &m->rcpts[i];
		const struct decision *d = decision_of(all, r);

		if (d->verdict == VERDICT_DISCARD) {
			log_outcome(tx, "discarded", r, d->by, d->text);
			continue;
		}
		if (map_set(seen, r->address.text, r) != NULL)
			continue;
		fill_rcpt(tx, &e->rcpts[e->rcpt_count++], r, d);
		if (d->verdict > VERDICT_ACCEPT && e->parked.len == 0) {
			e->parked = str_of(d->text);
			e->owner = str_of(d->by);
		}
	}
	map_destroy(seen);
}

static struct envelope *
make_envelope(struct tx *tx)
{
	struct envelope *e = arena_alloc(tx->mail_arena, sizeof *e);
	struct mail *m = tx->mail;

	edit_recipients(tx);
	memcpy(e->id, m->id, sizeof e->id);
	e->received_ns = clock_wall_ns(tx->options.server->loop);
	e->sender = m->sender.text.p != NULL ? m->sender.text : STR("");
	e->envid = m->params.envid;
	e->ret = m->params.ret;
	e->body_8bit = m->params.body_8bit;
	e->utf8 = m->params.utf8;
	e->via = str_of(tx->options.via);
	e->helo = tx->helo;
	e->user = tx->user;
	e->policy = str_of(tx->options.policy != NULL ? tx->options.policy->name : "");
	e->client = tx->options.client;
	fill_rcpts(tx, e);
	return e;
}

/* ---- the commit */

/* A policy is known by its name and, because names stay while contents change, by its hash. */
static void
log_policy(struct log_line *line, const struct policy *p)
{
	char text[128];

	if (p == NULL || p->hash == NULL || p->hash[0] == '\0')
		snprintf(text, sizeof text, "%s", p != NULL ? p->name : "");
	else
		snprintf(text, sizeof text, "%s@%s", p->name, p->hash);
	log_text(line, "policy", text);
}

static void
log_queued(struct tx *tx)
{
	const struct envelope *e = tx->mail->envelope;
	char client[IP_TEXT_MAX];
	struct log_line line;

	log_begin(&line, e->id, "queued");
	log_address(&line, "from", e->sender);
	log_text(&line, "client", ip_print(&e->client, client));
	log_str(&line, "helo", e->helo);
	log_int(&line, "size", (int64_t)e->size);
	log_int(&line, "nrcpt", (int64_t)e->rcpt_count);
	log_policy(&line, tx->options.policy);
	log_str(&line, "via", e->via);
	if (e->user.len > 0)
		log_str(&line, "user", e->user);
	if (tx->tls_version != NULL)
		log_text(&line, "tls", tx->tls_version);
	log_end(&line);
}

/* Recipients that are set aside: each has a reason and somebody who wanted it so. */
static void
log_parked(struct tx *tx)
{
	const struct decision *all = decision_of_all(tx);
	struct mail *m = tx->mail;

	for (size_t i = 0; i < m->rcpt_count; i++) {
		const struct decision *d = decision_of(all, &m->rcpts[i]);

		if (d->verdict > VERDICT_ACCEPT && d->verdict != VERDICT_DISCARD)
			log_outcome(tx, "parked", &m->rcpts[i], d->by, d->text);
	}
}

static void
finish(struct tx *tx, enum intake_result result)
{
	struct mail *m = tx->mail;

	m->committed = result;
	m->told = true;
	if (result == INTAKE_OK && m->envelope->rcpt_count > 0) {
		log_queued(tx);
		log_parked(tx);
		tx_tell(tx, STAGE_QUEUED);
	}
	m->committing = false;
	if (tx->orphaned)
		tx_destroy(tx);
	else
		tx->ask.over(tx);
}

static void
on_committed(enum spool_result result, void *arg)
{
	static const enum intake_result results[] = {
		[SPOOL_OK] = INTAKE_OK,
		[SPOOL_FULL] = INTAKE_FULL,
		[SPOOL_FAILED] = INTAKE_FAILED,
	};

	finish(arg, results[result]);
}

/* Nobody is left to get it: that is an answer, too, but it comes later like any other. */
static void
on_nothing_left(void *arg)
{
	finish(arg, INTAKE_OK);
}

static void
on_no_spool(void *arg)
{
	finish(arg, INTAKE_FAILED);
}

void
tx_commit(struct tx *tx, tx_over_fn *over)
{
	struct server *server = tx->options.server;
	struct mail *m = tx->mail;
	struct spool_commit commit = { 0 };
	struct envelope *e;
	struct buf head;

	assert(m != NULL && m->ended && !m->committing);
	m->committing = true;
	tx->ask.over = over;
	m->envelope = e = make_envelope(tx);
	if (e->rcpt_count == 0) {
		loop_defer(server->loop, on_nothing_left, tx);
		return;
	}
	buf_init(&head, HEADER_MAX + HEAD_ROOM + server->config->limits.message_size);
	if (server->spool == NULL || print_head(tx, e, &head, &commit.skip) < 0) {
		loop_defer(server->loop, on_no_spool, tx);
	} else {
		e->size = head.len + m->size - commit.skip;
		commit.envelope = e;
		commit.head = buf_str(&head);
		commit.body = m->body;
		m->body = NULL;
		spool_commit(server->spool, &commit, on_committed, tx);
	}
	buf_free(&head);
}

enum intake_result
tx_committed(const struct tx *tx)
{
	return tx->mail != NULL ? tx->mail->committed : INTAKE_FAILED;
}
