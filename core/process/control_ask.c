/* SPDX-License-Identifier: MIT */
/* control_ask -- one question to several workers, and their answers put together. */
#include "core/process/control_ask.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/channel.h"
#include "core/loop/clock.h"
#include "core/process/control.h"
#include "core/process/master_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct control_asks {
	struct arena *arena;
	struct master *master;
	struct link asks;
	uint64_t last_id;
};

struct ask {
	struct link link;
	struct arena *arena;
	struct control_asks *owner;
	struct control_client *client;
	uint64_t id;
	bool awaited[MASTER_PROCS_MAX]; /* by index of the process */
	bool is_status;
	unsigned left;
	json_t *merged;
	struct timer deadline;
};

/* ---- putting together */

/* What a worker says of itself goes into its entry of the list. */
static void
merge_status(struct ask *a, size_t index, json_t *answer)
{
	json_t *entry = json_array_get(json_object_get(a->merged, "processes"), index);

	if (json_is_object(answer))
		json_object_update_missing(entry, answer);
}

/* Lists are joined, numbers added; an error counts only where nobody had an answer. */
static void
merge_queue(struct ask *a, json_t *answer)
{
	const char *key;
	json_t *value, *have;

	json_object_foreach(answer, key, value)
	{
		have = json_object_get(a->merged, key);
		if (json_is_array(have) && json_is_array(value))
			json_array_extend(have, value);
		else if (json_is_integer(have) && json_is_integer(value))
			json_integer_set(
			    have, json_integer_value(have) + json_integer_value(value));
		else if (have == NULL)
			json_object_set(a->merged, key, value);
	}
}

static void
end(struct ask *a)
{
	timer_stop(&a->deadline);
	list_remove(&a->link);
	json_decref(a->merged);
	arena_destroy(a->arena);
}

static void
finish(struct ask *a)
{
	if (!a->is_status && json_object_size(a->merged) > 1)
		json_object_del(a->merged, "error");
	control_reply(a->client, a->merged);
	end(a);
}

static void
on_deadline(void *arg)
{
	struct ask *a = arg;

	json_object_set_new(a->merged, "late", json_integer(a->left));
	finish(a);
}

/* ---- asking */

static struct ask *
create(struct control_asks *s, struct control_client *client, json_t *merged)
{
	struct arena *arena = arena_create(s->arena);
	struct ask *a = arena_alloc(arena, sizeof *a);

	a->arena = arena;
	a->owner = s;
	a->client = client;
	a->merged = merged;
	a->id = ++s->last_id;
	list_add_last(&s->asks, &a->link);
	timer_init(&a->deadline, s->master->loop, on_deadline, a);
	timer_set(&a->deadline, CONTROL_WORKER_MS);
	return a;
}

/* Ask every worker that is ready and has the role, or any role where that is NULL. */
static void
send_all(struct ask *a, const char *role, json_t *request)
{
	struct master *m = a->owner->master;
	char *text = json_dumps(request, JSON_COMPACT);
	struct buf b;

	buf_init(&b, CHANNEL_MESSAGE_MAX);
	buf_printf(&b, "ask %llu %s", (unsigned long long)a->id, text != NULL ? text : "{}");
	free(text);
	/* The first process is the auth process, which has nothing to tell. */
	for (size_t i = 1; !b.over && i < m->proc_count; i++) {
		if (m->procs[i].state != PROC_READY ||
		    (role != NULL && strcmp(m->procs[i].role, role) != 0))
			continue;
		a->awaited[i] = proc_send(&m->procs[i], buf_text(&b), NULL, 0) == 0;
		a->left += a->awaited[i];
	}
	buf_free(&b);
	if (a->left == 0)
		timer_set(&a->deadline, 0);
}

static json_t *
describe(const struct proc *p)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:i}", "role", p->role, "number", (int)p->number,
	    "pid", (int)proc_pid(p), "state", proc_state_name(p->state), "restarts",
	    (int)p->restarts);
}

void
control_ask_status(struct control_asks *s, struct control_client *client)
{
	static const char *const phases[] = { "checking", "recovering", "starting", "serving",
		"stopping", "stopped" };
	const struct master *m = s->master;
	json_t *list = json_array(), *request = json_pack("{s:s}", "cmd", "status");
	json_t *answer = json_pack("{s:i, s:s, s:s, s:s, s:I, s:o}", "pid", (int)getpid(), "state",
	    phases[m->phase], "version", PACKAGE_VERSION, "data", m->config->data, "uptime_s",
	    (json_int_t)((clock_ms(m->loop) - m->began_ms) / 1000), "processes", list);
	struct ask *a;

	for (size_t i = 0; i < m->proc_count; i++)
		json_array_append_new(list, describe(&m->procs[i]));
	a = create(s, client, answer);
	a->is_status = true;
	send_all(a, NULL, request);
	json_decref(request);
}

void
control_ask_queue(struct control_asks *s, struct control_client *client, json_t *request)
{
	send_all(create(s, client, json_object()), "smtp", request);
}

/* ---- answers */

static struct ask *
find(struct control_asks *s, uint64_t id)
{
	LIST_EACH (at, &s->asks) {
		struct ask *a = list_member(at, struct ask, link);

		if (a->id == id)
			return a;
	}
	return NULL;
}

/* An answer that was too long for a packet: read, not mapped, because the worker can still cut it.
 */
static json_t *
read_long(int fd)
{
	struct stat st;
	json_t *answer = NULL;
	struct buf b;
	char *room;
	ssize_t got;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > CONTROL_ANSWER_MAX)
		return NULL;
	buf_init(&b, CONTROL_ANSWER_MAX);
	room = buf_room(&b, (size_t)st.st_size);
	got = room != NULL ? pread(fd, room, (size_t)st.st_size, 0) : -1;
	if (got > 0)
		answer = json_loadb(room, (size_t)got, 0, NULL);
	buf_free(&b);
	return answer;
}

static void
take(struct ask *a, size_t index, json_t *answer)
{
	a->awaited[index] = false;
	a->left--;
	if (a->is_status)
		merge_status(a, index, answer);
	else
		merge_queue(a, answer);
	if (a->left == 0)
		finish(a);
}

/* "answer ID JSON", or "answer ID" and a descriptor. */
void
control_asks_answer(
    struct control_asks *s, struct proc *p, struct str message, const int *fds, size_t count)
{
	size_t index = (size_t)(p - s->master->procs);
	struct str word, number;
	json_t *answer;
	struct ask *a;
	uint64_t id;

	if (!str_cut(&message, ' ', &word) || !str_eq(word, STR("answer")))
		return;
	str_cut(&message, ' ', &number);
	if (index >= s->master->proc_count || !str_number(number, UINT64_MAX, &id) ||
	    (a = find(s, id)) == NULL || !a->awaited[index])
		return;
	answer = count == 1 ? read_long(fds[0]) : json_loadb(message.p, message.len, 0, NULL);
	if (answer == NULL)
		log_warning("%s/%u answered something that is no answer", p->role, p->number);
	take(a, index, answer);
	json_decref(answer);
}

void
control_asks_ended(struct control_asks *s, struct proc *p)
{
	size_t index = (size_t)(p - s->master->procs);

	LIST_EACH (at, &s->asks) {
		struct ask *a = list_member(at, struct ask, link);

		if (index < s->master->proc_count && a->awaited[index])
			take(a, index, NULL);
	}
}

/* ---- making and ending */

struct control_asks *
control_asks_create(struct arena *arena, struct master *m)
{
	struct control_asks *s = arena_alloc(arena, sizeof *s);

	s->arena = arena;
	s->master = m;
	list_init(&s->asks);
	return s;
}

void
control_asks_forget(struct control_asks *s, struct control_client *client)
{
	LIST_EACH (at, &s->asks) {
		struct ask *a = list_member(at, struct ask, link);

		if (a->client == client)
			end(a);
	}
}

void
control_asks_destroy(struct control_asks *s)
{
	LIST_EACH (at, &s->asks)
		end(list_member(at, struct ask, link));
}
