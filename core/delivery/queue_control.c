/* SPDX-License-Identifier: MIT */
/*
 * queue_control -- what the administrator asks of the queue while the server runs.
 *
 * Requests name messages by id ("id", or several in "ids"), or mean all ("all": true). What a
 * message that rests looks like inside is in the spool: `postern queue` reads it there.
 */
#include <jansson.h>

#include "core/base/log.h"
#include "core/delivery/queue_inner.h"
#include "core/spool/spool.h"

static const char *const rcpt_states[] = {
	[RCPT_QUEUED] = "queued",
	[RCPT_DELIVERED] = "delivered",
	[RCPT_FAILED] = "failed",
	[RCPT_PARKED] = "parked",
	[RCPT_DISCARDED] = "discarded",
	[RCPT_DELETED] = "deleted",
};

/* Bytes of strangers, which JSON takes only as UTF-8. */
static json_t *
text(struct str s)
{
	json_t *j = json_stringn(s.p == NULL ? "" : s.p, s.len);

	return j != NULL ? j : json_string("?");
}

static json_t *
rcpt_json(const struct envelope_rcpt *r)
{
	return json_pack("{s:o, s:s, s:i, s:o, s:o}", "address", text(r->address), "state",
	    rcpt_states[r->state], "attempts", (int)r->attempts, "next",
	    json_integer(r->next_ns / 1000000000), "last", text(r->last));
}

/* Without "from" and "rcpts" where the envelope is not in memory. */
static json_t *
message_json(struct queue *q, uint32_t slot)
{
	struct entry *e = queue_entry(q, slot);
	const struct envelope *envelope = message_envelope(e->message);
	json_t *j = json_pack("{s:s, s:I, s:s}", "id", message_id(e->message), "size",
	    (json_int_t)message_size(e->message), "state",
	    e->active ? "active"
	    : e->held ? "held"
		      : "queued");
	json_t *rcpts;

	if (!e->active && !e->held)
		json_object_set_new(j, "next", json_integer(e->due_ns / 1000000000));
	if (envelope == NULL)
		return j;
	json_object_set_new(j, "from", text(envelope->sender));
	json_object_set_new(j, "received", json_integer(envelope->received_ns / 1000000000));
	if (envelope->parked.len > 0)
		json_object_set_new(j, "parked", text(envelope->parked));
	rcpts = json_array();
	for (size_t i = 0; i < envelope->rcpt_count; i++)
		json_array_append_new(rcpts, rcpt_json(&envelope->rcpts[i]));
	json_object_set_new(j, "rcpts", rcpts);
	return j;
}

/* ---- which messages */

static bool
names(json_t *request, const char *id)
{
	json_t *ids = json_object_get(request, "ids"), *one = json_object_get(request, "id"), *at;
	size_t i;

	if (json_is_true(json_object_get(request, "all")))
		return true;
	if (json_is_string(one) && str_eq(str_of(json_string_value(one)), str_of(id)))
		return true;
	json_array_foreach(
	    ids, i, at) if (json_is_string(at) &&
			    str_eq(str_of(json_string_value(at)), str_of(id))) return true;
	return false;
}

static json_t *
list(struct queue *q, json_t *request, bool all)
{
	json_t *messages = json_array();

	for (uint32_t slot = 0; slot < queue_slots(q); slot++) {
		struct entry *e = queue_entry(q, slot);

		if (e->message != NULL && (all || names(request, message_id(e->message))))
			json_array_append_new(messages, message_json(q, slot));
	}
	return json_pack("{s:o}", "messages", messages);
}

/* ---- what is done to them */

/* Whether the message is in a state in which that can be done. */
static bool
can(const struct entry *e, enum queue_wish wish)
{
	switch (wish) {
	case WISH_RELEASE:
		return e->held;
	case WISH_RETRY:
	case WISH_HOLD:
		return !e->held;
	default:
		return true;
	}
}

static const struct {
	const char *cmd;
	enum queue_wish wish;
} changes[] = {
	{ "retry", WISH_RETRY },
	{ "hold", WISH_HOLD },
	{ "release", WISH_RELEASE },
	{ "delete", WISH_DELETE },
};

static json_t *
change_all(struct queue *q, json_t *request, const char *cmd, enum queue_wish wish)
{
	json_int_t count = 0;

	for (uint32_t slot = 0; slot < queue_slots(q); slot++) {
		struct entry *e = queue_entry(q, slot);
		struct log_line line;

		if (e->message == NULL || !names(request, message_id(e->message)) || !can(e, wish))
			continue;
		queue_want(q, slot, wish);
		count++;
		log_begin(&line, message_id(e->message), cmd);
		log_text(&line, "by", "administrator");
		log_end(&line);
	}
	queue_pump(q);
	return json_pack("{s:I}", "count", count);
}

json_t *
queue_control(struct queue *q, json_t *request)
{
	const char *cmd = json_string_value(json_object_get(request, "cmd"));
	struct str word = str_of(cmd);

	if (str_eq(word, STR("list")))
		return list(q, request, true);
	if (str_eq(word, STR("show")))
		return list(q, request, false);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
		if (str_eq(word, str_of(changes[i].cmd)))
			return change_all(q, request, changes[i].cmd, changes[i].wish);
	return json_pack("{s:s}", "error", "no such command of the queue");
}
