/* SPDX-License-Identifier: MIT */
/*
 * local -- puts a queued message into a mailbox of ours (RFC 5321, 4.4: Return-Path; Delivered-To
 * against loops).
 *
 * Plain code that blocks, on a pool thread. The file is not synced: the spool's checkpoint does
 * that for many at a time, and until then the message stands in the log.
 */
#include "core/module.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 8 * 1024, HEADER_LOOK = 256 * 1024 };

/* The message with our fields before it. */
struct text {
	struct attempt *attempt;
	struct str head;
	struct str pieces[2]; /* where it is in memory */
	bool in_memory;
};

static int64_t
copy_piece(struct str piece, uint64_t offset, char *to, size_t len)
{
	if (offset >= piece.len)
		return 0;
	if (len > piece.len - offset)
		len = piece.len - (size_t)offset;
	memcpy(to, piece.p + offset, len);
	return (int64_t)len;
}

static int64_t
read_text(void *arg, uint64_t offset, void *to, size_t len, struct err *err)
{
	struct text *t = arg;

	if (attempt_is_cancelled(t->attempt))
		return err_set(err, "the delivery was cancelled");
	if (offset < t->head.len)
		return copy_piece(t->head, offset, to, len);
	offset -= t->head.len;
	if (!t->in_memory)
		return attempt_read(t->attempt, offset, to, len, err);
	if (offset < t->pieces[0].len)
		return copy_piece(t->pieces[0], offset, to, len);
	return copy_piece(t->pieces[1], offset - t->pieces[0].len, to, len);
}

/* ---- loops */

/* The fields at the head of the message; what of them does not fit into HEADER_MAX is not looked at. */
static void
read_header(struct attempt *a, struct header *h)
{
	char piece[16 * 1024];
	struct str pieces[2];
	uint64_t offset = 0;
	struct err err;
	int64_t n;

	if (attempt_in_memory(a, pieces)) {
		header_add(h, pieces[0].p, pieces[0].len);
		if (!h->complete && !h->too_large)
			header_add(h, pieces[1].p, pieces[1].len);
	} else {
		while (!h->complete && !h->too_large &&
		       (n = attempt_read(a, offset, piece, sizeof piece, &err)) > 0) {
			header_add(h, piece, (size_t)n);
			offset += (uint64_t)n;
		}
	}
	header_end(h);
}

/* It was in this mailbox before: somebody forwards it in a circle. */
static bool
was_here(struct header *h, struct str mailbox)
{
	struct header_field f;

	for (size_t i = 0; header_find(h, STR("Delivered-To"), i, &f); i++)
		if (str_eq_nocase(str_trim(f.value), mailbox))
			return true;
	return false;
}

/* ---- one recipient */

/* What a failure of the mailbox means for the recipient: nothing that passes is ever final. */
static const struct {
	int code;
	enum outcome outcome;
	const char *status, *reply;
} failures[] = {
	{ EDQUOT, OUTCOME_DEFERRED, "4.2.2", "Mailbox is full" },
	{ ENOSPC, OUTCOME_DEFERRED, "4.3.1", "Disk is full" },
	{ EINVAL, OUTCOME_FAILED, "5.1.1", "No such mailbox" },
	{ 0, OUTCOME_DEFERRED, "4.3.0", "Mailbox cannot be written now" },
};

static void
fail(struct attempt *a, size_t i, const struct err *err)
{
	size_t row = 0;

	while (failures[row].code != 0 && failures[row].code != err->code)
		row++;
	log_warning("%s: %s", attempt_envelope(a)->id, err->text);
	attempt_result(a, i, failures[row].outcome, failures[row].status, failures[row].reply);
}

static int
store(struct attempt *a, size_t i, struct text *t, struct err *err)
{
	const struct storage *storage;
	struct str mailbox = attempt_mailbox(a, i);
	struct mailbox *box;
	char name[64];
	struct storage_append p = {
		.look = attempt_is_again(a) || attempt_rcpt(a, i)->attempts > 0,
		.date_ns = attempt_envelope(a)->received_ns,
		.read = read_text,
		.arg = t,
	};
	void *conf;
	int result;

	storage = store_of(mailbox, &conf, err);
	if (storage == NULL ||
	    storage->open(conf, mailbox, STR("INBOX"), STORAGE_CREATE, &box, err) < 0)
		return -1;
	snprintf(name, sizeof name, "I%sR%zu", attempt_envelope(a)->id, attempt_rcpt_index(a, i));
	p.name = str_of(name);
	result = storage->append(box, &p, err);
	storage->close(box);
	if (result == 0)
		attempt_stored(a, i, p.stored_path, p.stored_name, p.stored_size, p.stored_crc);
	return result;
}

static void
deliver_one(struct attempt *a, size_t i, struct header *h)
{
	struct str sender = attempt_envelope(a)->sender, mailbox = attempt_mailbox(a, i);
	struct text t = { .attempt = a };
	struct err err = { 0 };
	struct buf head;

	if (was_here(h, mailbox)) {
		attempt_result(a, i, OUTCOME_FAILED, "5.4.6",
		    "Mail loop: it was delivered to this mailbox before");
		return;
	}
	buf_init(&head, HEAD_MAX);
	buf_printf(&head, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n", STR_FMT(sender),
	    STR_FMT(mailbox));
	t.head = buf_str(&head);
	t.in_memory = attempt_in_memory(a, t.pieces);
	if (store(a, i, &t, &err) < 0)
		fail(a, i, &err);
	else
		attempt_result(a, i, OUTCOME_DELIVERED, "2.0.0", "Delivered to mailbox");
	buf_free(&head);
}

static void
deliver(void *conf, struct attempt *a)
{
	struct header h;

	(void)conf;
	header_init(&h);
	read_header(a, &h);
	for (size_t i = 0; i < attempt_rcpt_count(a); i++)
		if (!attempt_is_cancelled(a))
			deliver_one(a, i, &h);
	header_free(&h);
}

static const struct deliverer deliverer = {
	.size = sizeof(struct deliverer),
	.blocking = true,
	.deliver = deliver,
};

MODULE(local) = {
	.abi = MODULE_ABI,
	.summary = "deliver into mailboxes of this server",
	.deliverer = &deliverer,
};
