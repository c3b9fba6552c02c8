/* SPDX-License-Identifier: MIT */
/*
 * intake_body -- the bytes of a message as they come in: checked, measured, and kept.
 *
 * Lines end in CRLF and nothing else (RFC 5321, 2.3.8): a CR or LF alone is what smuggling is made
 * of. The first thing wrong is remembered; from then on nothing is kept, so that a hostile message
 * costs no memory and no disk. Each byte is looked at once, however the pieces are cut.
 */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"
#include "core/spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct config_limits *
limits_of(const struct tx *tx)
{
	return &tx->options.server->config->limits;
}

/* Remember the first thing wrong, and leave nothing on disk. */
static void
condemn(struct mail *m, enum intake_result why)
{
	if (m->wrong != INTAKE_OK)
		return;
	m->wrong = why;
	if (m->body != NULL)
		body_discard(m->body);
	m->body = NULL;
	header_free(&m->header);
	header_init(&m->header);
}

/* The bytes of one line, with its LF or without. */
static enum intake_result
check_line(struct mail *m, const char *p, size_t len, bool ends, uint64_t longest)
{
	const char *cr = memchr(p, '\r', len);

	/* A CR at the end of a piece waits for its LF in the next one. */
	if (m->after_cr && !(ends && len == 1))
		return INTAKE_BARE_CR_LF;
	if (ends && len == 1 && !m->after_cr)
		return INTAKE_BARE_CR_LF;
	if (ends && len > 1 && cr != p + len - 2)
		return INTAKE_BARE_CR_LF;
	if (!ends && cr != NULL && cr != p + len - 1)
		return INTAKE_BARE_CR_LF;
	m->after_cr = !ends && cr != NULL;
	m->line_len += len;
	if (m->line_len > longest)
		return INTAKE_LONG_LINE;
	if (ends)
		m->line_len = 0;
	return INTAKE_OK;
}

/* Everything that the bytes themselves can be wrong about. */
static enum intake_result
check_bytes(struct mail *m, const char *p, size_t len, const struct config_limits *limits)
{
	enum intake_result result = INTAKE_OK;

	if (memchr(p, '\0', len) != NULL)
		return INTAKE_NUL;
	while (len > 0 && result == INTAKE_OK) {
		const char *lf = memchr(p, '\n', len);
		size_t line = lf != NULL ? (size_t)(lf - p) + 1 : len;

		result = check_line(m, p, line, lf != NULL, limits->line_length);
		p += line;
		len -= line;
	}
	return result;
}

static enum intake_result
add_header(struct mail *m, const char *p, size_t len, const struct config_limits *limits)
{
	if (m->header.complete)
		return INTAKE_OK;
	header_add(&m->header, p, len);
	if (m->header.too_large || m->header.text.len > limits->header_size)
		return INTAKE_LONG_HEADER;
	return INTAKE_OK;
}

static enum intake_result
keep_bytes(struct tx *tx, const char *p, size_t len)
{
	struct mail *m = tx->mail;
	struct err err;

	if (tx->options.server->spool == NULL)
		return INTAKE_FAILED;
	if (m->body == NULL)
		m->body = body_create(tx->options.server->spool);
	if (body_add(m->body, p, len, &err) == 0)
		return INTAKE_OK;
	return err.code == ENOSPC || err.code == EDQUOT ? INTAKE_FULL : INTAKE_FAILED;
}

void
tx_body_add(struct tx *tx, const char *p, size_t len)
{
	const struct config_limits *limits = limits_of(tx);
	struct mail *m = tx->mail;
	enum intake_result wrong;

	assert(m != NULL && !m->committing);
	m->data_seen = true;
	m->size += len;
	if (m->wrong != INTAKE_OK || len == 0)
		return;
	wrong = m->size > limits->message_size ? INTAKE_TOO_LARGE : check_bytes(m, p, len, limits);
	if (wrong == INTAKE_OK)
		wrong = add_header(m, p, len, limits);
	if (wrong == INTAKE_OK)
		wrong = keep_bytes(tx, p, len);
	if (wrong != INTAKE_OK)
		condemn(m, wrong);
}

bool
tx_body_is_full(struct tx *tx)
{
	return tx->mail != NULL && tx->mail->body != NULL && body_is_full(tx->mail->body);
}

struct drained {
	struct tx *tx;
	tx_over_fn *fn;
};

static void
on_drained(void *arg)
{
	struct drained *d = arg;

	d->fn(d->tx);
}

void
tx_body_on_drained(struct tx *tx, tx_over_fn *drained)
{
	struct drained *d = arena_alloc(tx->mail_arena, sizeof *d);

	*d = (struct drained){ tx, drained };
	body_on_drained(tx->mail->body, on_drained, d);
}

/* Every recipient's mailbox has had this message already (THREATS.md, P28). */
static bool
was_delivered_to_all(struct mail *m)
{
	size_t seen = 0;

	for (size_t i = 0; i < m->rcpt_count; i++) {
		struct header_field field;
		bool found = false;

		for (size_t nth = 0;
		     !found && header_find(&m->header, STR("Delivered-To"), nth, &field); nth++)
			found = str_eq_nocase(str_trim(field.value), m->rcpts[i].address.text);
		seen += found;
	}
	return seen > 0 && seen == m->rcpt_count;
}

enum intake_result
tx_body_end(struct tx *tx)
{
	struct mail *m = tx->mail;

	assert(m != NULL && !m->ended);
	m->data_seen = true;
	if (m->wrong == INTAKE_OK && m->after_cr)
		condemn(m, INTAKE_BARE_CR_LF);
	if (m->wrong == INTAKE_OK) {
		header_end(&m->header);
		if (header_count_of(&m->header, STR("Received")) > limits_of(tx)->received_fields ||
		    was_delivered_to_all(m))
			condemn(m, INTAKE_LOOP);
	}
	m->ended = m->wrong == INTAKE_OK;
	m->told = !m->ended;
	return m->wrong;
}
