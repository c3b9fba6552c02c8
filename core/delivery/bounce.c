/* SPDX-License-Identifier: MIT */
/* bounce -- records what became of recipients, and tells the sender. */
#include "core/delivery/bounce.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/config/config.h"
#include "core/delivery/dsn.h"
#include "core/loop/work.h"
#include "core/process/server.h"
#include "core/spool/spool.h"

struct bounce {
	struct arena *arena;
	struct spool *spool;
	struct bounce_options options;
	struct spool_mark *marks;
	size_t mark_count;
	struct buf header;
	void (*done)(bool told, void *arg);
	void *arg;
};

/* ---- who is told of what */

static bool
has_word(struct str list, struct str word)
{
	struct str item;
	bool more = list.len > 0;

	while (more) {
		more = str_cut(&list, ',', &item);
		if (str_eq_nocase(str_trim(item), word))
			return true;
	}
	return false;
}

/* NOTIFY of RFC 3461, 4.1; without it, failures and delays are told of. */
static bool
is_asked_for(struct str asked, struct str what)
{
	return asked.len == 0 || has_word(asked, what);
}

bool
bounce_is_due(const struct envelope *e, const struct leaf *l)
{
	struct str asked = e->rcpts[l->rcpt].notify;

	if (e->sender.len == 0 || e->is_notification)
		return false;
	if (l->fate == FATE_FAILED)
		return is_asked_for(asked, STR("FAILURE"));
	return l->fate == FATE_DEFERRED && l->warn && is_asked_for(asked, STR("DELAY"));
}

/* ---- marks */

static const enum mark_kind kinds[] = {
	[FATE_DELIVERED] = MARK_DONE,
	[FATE_DEFERRED] = MARK_DEFER,
	[FATE_FAILED] = MARK_FAIL,
	[FATE_PARKED] = MARK_PARK,
	[FATE_DISCARDED] = MARK_DISCARD,
};

static struct spool_mark
mark_of(const struct bounce_options *o, const struct leaf *l, bool told)
{
	const struct envelope_rcpt *r = &o->envelope->rcpts[l->rcpt];
	struct spool_mark m = { .kind = kinds[l->fate], .message = o->message, .rcpt = l->rcpt };

	m.next_ns = l->next_ns;
	m.attempts = r->attempts + 1;
	m.warned = r->warned || (told && l->warn);
	m.text = str_of(l->reply);
	if (l->stored != NULL) {
		m.mailbox = str_of(l->stored->mailbox);
		m.base_name = str_of(l->stored->base_name);
		m.size = l->stored->size;
		m.crc = l->stored->crc;
	}
	m.sync_soon = l->fate == FATE_DELIVERED && l->stored == NULL;
	return m;
}

/* Those of whom nobody is told: the log record alone. */
static void
mark_plainly(struct spool *spool, const struct bounce_options *o, const struct leaf *l)
{
	struct spool_mark m = mark_of(o, l, false);

	if (l->fate == FATE_FAILED &&
	    (o->envelope->sender.len == 0 || o->envelope->is_notification))
		log_info("%s: failed, and has no sender to be told", message_id(o->message));
	spool_mark(spool, &m);
}

/* The notification is not to be had now: they stay queued, and are tried and told of another time.
 */
static void
defer_untold(struct bounce *b)
{
	for (size_t i = 0; i < b->mark_count; i++) {
		struct spool_mark m = b->marks[i];

		m.kind = MARK_DEFER;
		m.next_ns = b->options.retry_ns;
		m.warned = b->options.envelope->rcpts[m.rcpt].warned;
		spool_mark(b->spool, &m);
	}
}

/* ---- the notification */

static void
end(struct bounce *b, bool told)
{
	if (!told)
		defer_untold(b);
	b->done(told, b->arg);
	buf_free(&b->header);
	arena_destroy(b->arena);
}

static void
on_committed(enum spool_result result, void *arg)
{
	end(arg, result == SPOOL_OK);
}

static struct dsn_rcpt
describe(const struct envelope *e, const struct leaf *l)
{
	const struct envelope_rcpt *r = &e->rcpts[l->rcpt];

	return (struct dsn_rcpt){
		.address = r->address,
		.original = r->original,
		.orcpt = r->orcpt,
		.delayed = l->fate == FATE_DEFERRED,
		.status = l->status,
		.reply = l->reply,
		.why = l->why,
		.host = l->route.host,
	};
}

static void
compose(struct bounce *b, struct buf *text, const char *id)
{
	const struct bounce_options *o = &b->options;
	struct dsn_rcpt *rcpts = arena_alloc(b->arena, (b->mark_count + 1) * sizeof *rcpts);
	uint64_t age_ms = (uint64_t)((o->now_ns - o->envelope->received_ns) / 1000000);
	struct dsn d = {
		.hostname = o->config->hostname,
		.id = id,
		.original_id = message_id(o->message),
		.sender = o->envelope->sender,
		.envid = o->envelope->envid,
		.received = o->envelope->received_ns / 1000000000,
		.now = o->now_ns / 1000000000,
		.left_ms = o->give_up_ms > age_ms ? o->give_up_ms - age_ms : 0,
		.boundary = random_number(),
		.rcpts = rcpts,
		.header = buf_str(&b->header),
	};

	for (size_t i = 0; i < o->leaf_count && d.count < DSN_RCPTS_MAX; i++)
		if (bounce_is_due(o->envelope, &o->leaves[i]))
			rcpts[d.count++] = describe(o->envelope, &o->leaves[i]);
	if (dsn_print(&d, text) == 0)
		return;
	buf_clear(text); /* very many recipients: without the original's header, and the first
			    hundred of them */
	d.header = STR("");
	d.count = d.count < 100 ? d.count : 100;
	dsn_print(&d, text);
}

static void
commit(struct bounce *b)
{
	const struct envelope *e = b->options.envelope;
	struct envelope_rcpt rcpt = { .address = e->sender };
	struct envelope notification = {
		.received_ns = b->options.now_ns,
		.body_8bit = true,
		.utf8 = e->utf8,
		.via = STR("dsn"),
		.policy = e->policy,
		.is_notification = true,
		.rcpt_count = 1,
		.rcpts = &rcpt,
	};
	struct spool_commit c = {
		.envelope = &notification, .marks = b->marks, .mark_count = b->mark_count
	};
	struct log_line line;
	struct buf text;

	spool_make_id(b->spool, notification.id);
	buf_init(&text, DSN_MAX);
	compose(b, &text, notification.id);
	notification.size = text.len;
	c.head = buf_str(&text);
	log_begin(&line, notification.id, "queued");
	log_address(&line, "from", STR(""));
	log_text(&line, "via", "dsn");
	log_text(&line, "about", message_id(b->options.message));
	log_address(&line, "to", e->sender);
	log_int(&line, "size", (int64_t)text.len);
	log_end(&line);
	spool_commit(b->spool, &c, on_committed, b);
	buf_free(&text);
}

/* ---- the header of the original, up to its empty line */

static void
cut_header(struct buf *header)
{
	for (size_t i = 0; i + 3 < header->len; i++)
		if (memcmp(header->p + i, "\r\n\r\n", 4) == 0) {
			buf_truncate(header, i + 2);
			return;
		}
}

/* On a pool thread. What cannot be read is left out. */
static void
read_header(void *arg)
{
	struct bounce *b = arg;
	struct err err;
	int64_t n = 1;

	while (n > 0 && b->header.len < DSN_HEADER_MAX) {
		char *room = buf_room(&b->header, 8192);

		n = room == NULL
			? 0
			: message_read(b->options.message, b->header.len, room, 8192, &err);
		if (n > 0)
			buf_grow(&b->header, (size_t)n);
	}
	cut_header(&b->header);
}

static void
on_header(void *arg, enum work_result result)
{
	struct bounce *b = arg;

	if (result == WORK_DONE) {
		commit(b);
		return;
	}
	defer_untold(b); /* the thread may still write into it: nothing of it is freed */
	b->done(false, b->arg);
}

bool
bounce_record(struct spool *spool, const struct bounce_options *o,
    void (*done)(bool told, void *arg), void *arg)
{
	struct arena *arena = arena_create(NULL);
	struct bounce *b = arena_alloc(arena, sizeof *b);

	*b = (struct bounce){
		.arena = arena, .spool = spool, .options = *o, .done = done, .arg = arg
	};
	b->marks = arena_alloc(arena, (o->leaf_count + 1) * sizeof *b->marks);
	for (size_t i = 0; i < o->leaf_count; i++) {
		const struct leaf *l = &o->leaves[i];

		if (l->fate == FATE_NONE)
			continue;
		if (!o->silent && bounce_is_due(o->envelope, l))
			b->marks[b->mark_count++] = mark_of(o, l, true);
		else
			mark_plainly(spool, o, l);
	}
	if (b->mark_count == 0) {
		arena_destroy(arena);
		return false;
	}
	buf_init(&b->header, DSN_HEADER_MAX + 8192);
	if (work_start(server_here()->store, spool, read_header, on_header, b) == 0)
		return true;
	defer_untold(b);
	buf_free(&b->header);
	arena_destroy(arena);
	return false;
}
