/* SPDX-License-Identifier: MIT */
/*
 * queue_read -- what is in the queue. The server that runs knows what is there and what is tried
 * now; envelopes that it does not hold in memory are read from the logs, and so is all where no
 * server runs.
 */
#include "core/cli/queue_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/cli/cli.h"
#include "core/process/control_socket.h"
#include "core/spool/spool.h"

/* ---- from the logs */

static const char *const states[] = {
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
	return json_pack("{s:o, s:s, s:I, s:I, s:o}", "address", text(r->address), "state",
	    states[r->state], "attempts", (json_int_t)r->attempts, "next",
	    (json_int_t)(r->next_ns / 1000000000), "last", text(r->last));
}

/* One more of the logs' messages, by id; those that are done with are not told. */
static int
add_envelope(const struct envelope *e, const char *log, void *arg)
{
	json_t *all = arg, *rcpts = json_array(), *message;
	bool queued = false, parked = false;

	(void)log;
	for (size_t i = 0; i < e->rcpt_count; i++) {
		queued = queued || e->rcpts[i].state == RCPT_QUEUED;
		parked = parked || e->rcpts[i].state == RCPT_PARKED;
		json_array_append_new(rcpts, rcpt_json(&e->rcpts[i]));
	}
	if (!queued && !parked) {
		json_decref(rcpts);
		return 0;
	}
	message = json_pack("{s:s, s:I, s:s, s:I, s:o, s:o}", "id", e->id, "size",
	    (json_int_t)e->size, "state", queued ? "queued" : "held", "received",
	    (json_int_t)(e->received_ns / 1000000000), "from", text(e->sender), "rcpts", rcpts);
	if (e->parked.len > 0)
		json_object_set_new(message, "parked", text(e->parked));
	json_object_set_new(all, e->id, message);
	return 0;
}

/* Every message of the logs, an object by id. */
static json_t *
read_logs(const char *data, int *code)
{
	json_t *all = json_object();
	char dir[4096];
	struct err err;
	struct stat st;

	snprintf(dir, sizeof dir, "%s/spool", data);
	if (stat(dir, &st) < 0 && errno == ENOENT)
		return all;
	if (spool_scan(dir, add_envelope, all, &err) == 0)
		return all;
	*code = cli_fail(EX_NOINPUT, "%s", err.text);
	json_decref(all);
	return NULL;
}

/* ---- from the server */

/* The server's list; NULL: none runs, or (told) it does not answer. */
static json_t *
ask(const char *data, int *code)
{
	json_t *request, *answer = NULL, *messages;
	struct err err = { 0 };
	int fd = control_connect(data, &err);

	if (fd < 0) {
		if (err.code != ENOENT && err.code != ECONNREFUSED)
			*code = cli_fail(
			    err.code == EACCES ? EX_NOPERM : EX_UNAVAILABLE, "%s", err.text);
		return NULL;
	}
	request = json_pack("{s:s, s:{s:s}}", "cmd", "queue", "request", "cmd", "list");
	answer = control_request(fd, request, &err);
	if (answer == NULL)
		*code = cli_fail(EX_UNAVAILABLE, "%s", err.text);
	messages = json_incref(json_object_get(answer, "messages"));
	json_decref(answer);
	json_decref(request);
	close(fd);
	return messages;
}

/* What the server did not say of a message is what the logs say. */
static void
complete(json_t *messages, json_t *logs)
{
	json_t *m;
	size_t i;

	json_array_foreach(messages, i, m) json_object_update_missing(
	    m, json_object_get(logs, json_string_value(json_object_get(m, "id"))));
}

static int
by_age(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	json_int_t older = json_integer_value(json_object_get(*x, "received"));
	json_int_t newer = json_integer_value(json_object_get(*y, "received"));

	return (older > newer) - (older < newer);
}

static json_t *
sorted(json_t *messages)
{
	struct arena *arena = arena_create(NULL);
	size_t count = json_array_size(messages), i;
	json_t **all = arena_alloc(arena, (count + 1) * sizeof(json_t *)), *m,
	       *result = json_array();

	json_array_foreach(messages, i, m) all[i] = json_incref(m);
	qsort(all, count, sizeof(json_t *), by_age);
	for (i = 0; i < count; i++)
		json_array_append_new(result, all[i]);
	json_decref(messages);
	arena_destroy(arena);
	return result;
}

json_t *
queue_read(const char *data, int *code)
{
	json_t *messages, *logs, *m;
	const char *id;

	*code = EX_OK;
	messages = ask(data, code);
	logs = *code == EX_OK ? read_logs(data, code) : NULL;
	if (logs == NULL) {
		json_decref(messages);
		return NULL;
	}
	if (messages != NULL) {
		complete(messages, logs);
	} else {
		messages = json_array();
		json_object_foreach(logs, id, m) json_array_append(messages, m);
	}
	json_decref(logs);
	return sorted(messages);
}
