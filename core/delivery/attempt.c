/* SPDX-License-Identifier: MIT */
/* attempt -- one call of a deliverer, on a pool thread where it blocks, with a deadline. */
#include "core/delivery/attempt.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "core/loop/work.h"
#include "core/process/ledger.h"
#include "core/process/server.h"
#include "core/spool/spool.h"

struct target {
	size_t rcpt; /* index in the envelope */
	struct str mailbox;
	struct attempt_result result;
};

struct attempt {
	struct arena *arena;
	struct message *message;
	const struct envelope *whole; /* until start */
	struct envelope *own;         /* copied at start: with its own recipients only */
	struct route route;
	bool again;
	size_t count;
	struct target targets[ATTEMPT_RCPTS_MAX];
	struct timer deadline;
	atomic_bool cancelled;
	bool is_over, is_lost;
	void (*over)(struct attempt *, void *arg);
	void *arg;
};

/* ---- what deliverers ask */

const struct envelope *
attempt_envelope(const struct attempt *a)
{
	return a->own;
}

size_t
attempt_rcpt_count(const struct attempt *a)
{
	return a->count;
}

const struct envelope_rcpt *
attempt_rcpt(const struct attempt *a, size_t i)
{
	return &a->own->rcpts[i];
}

size_t
attempt_rcpt_index(const struct attempt *a, size_t i)
{
	return a->targets[i].rcpt;
}

struct str
attempt_mailbox(const struct attempt *a, size_t i)
{
	return a->targets[i].mailbox;
}

struct str
attempt_host(const struct attempt *a)
{
	return a->route.host;
}

uint16_t
attempt_port(const struct attempt *a)
{
	return a->route.port;
}

bool
attempt_is_again(const struct attempt *a)
{
	return a->again;
}

uint64_t
attempt_size(const struct attempt *a)
{
	return message_size(a->message);
}

int64_t
attempt_read(struct attempt *a, uint64_t offset, void *to, size_t len, struct err *err)
{
	return message_read(a->message, offset, to, len, err);
}

bool
attempt_in_memory(struct attempt *a, struct str piece[2])
{
	return message_in_memory(a->message, piece);
}

bool
attempt_is_cancelled(const struct attempt *a)
{
	return atomic_load(&a->cancelled);
}

void
attempt_result(
    struct attempt *a, size_t i, enum outcome outcome, const char *status, const char *reply)
{
	struct attempt_result *r = &a->targets[i].result;

	assert(i < a->count);
	r->given = true;
	r->outcome = outcome;
	strncpy(r->status, status, sizeof r->status - 1);
	r->reply = arena_printf(a->arena, "%.512s", reply);
}

void
attempt_stored(struct attempt *a, size_t i, const char *mailbox_path, const char *base_name,
    uint64_t size, uint32_t crc)
{
	struct attempt_result *r = &a->targets[i].result;

	assert(i < a->count);
	r->mailbox = arena_strdup(a->arena, mailbox_path);
	r->base_name = arena_strdup(a->arena, base_name);
	r->size = size;
	r->crc = crc;
}

/* ---- its life */

struct attempt *
attempt_create(
    struct message *message, const struct envelope *envelope, const struct route *route, bool again)
{
	struct arena *arena = arena_create(NULL);
	struct attempt *a = arena_alloc(arena, sizeof *a);

	a->arena = arena;
	a->message = message_ref(message);
	a->whole = envelope;
	a->route = *route;
	a->route.host = str_copy(arena, route->host);
	a->again = again;
	atomic_init(&a->cancelled, false);
	return a;
}

void
attempt_add(struct attempt *a, size_t rcpt, struct str mailbox)
{
	assert(a->count < ATTEMPT_RCPTS_MAX);
	a->targets[a->count++] =
	    (struct target){ .rcpt = rcpt, .mailbox = str_copy(a->arena, mailbox) };
}

bool
attempt_takes(const struct attempt *a, const struct route *r)
{
	return a->count < ATTEMPT_RCPTS_MAX && a->route.deliverer == r->deliverer &&
	       a->route.conf == r->conf && a->route.port == r->port &&
	       str_eq(a->route.host, r->host);
}

/* A deep copy of the envelope, with the recipients of this attempt only. */
static void
copy_envelope(struct attempt *a)
{
	struct envelope part = *a->whole;
	struct envelope_rcpt rcpts[ATTEMPT_RCPTS_MAX];

	for (size_t i = 0; i < a->count; i++)
		rcpts[i] = a->whole->rcpts[a->targets[i].rcpt];
	part.rcpts = rcpts;
	part.rcpt_count = a->count;
	a->own = envelope_copy(a->arena, &part);
}

/* The one end of an attempt. */
static void
end(void *arg)
{
	struct attempt *a = arg;

	if (a->is_over)
		return;
	a->is_over = true;
	timer_stop(&a->deadline);
	a->over(a, a->arg);
}

static void
lose(struct attempt *a)
{
	log_error("%s: the deliverer %s does not come back", message_id(a->message), a->route.name);
	a->is_lost = true;
	end(a);
}

/* The ledger knows whose message it was, should the deliverer crash. */
static void
call(struct attempt *a)
{
	ledger_enter(a->route.name, "deliver", message_id(a->message), NULL);
	a->route.deliverer->deliver(a->route.conf, a);
	ledger_leave();
}

static void
run(void *arg)
{
	call(arg);
}

static void
ran(void *arg, enum work_result result)
{
	if (result == WORK_LATE)
		lose(arg);
	else
		end(arg);
}

static void
on_deadline(void *arg)
{
	struct attempt *a = arg;

	if (attempt_is_cancelled(a) && !a->route.deliverer->blocking) {
		lose(a);
		return;
	}
	attempt_cancel(a);
}

int
attempt_start(struct attempt *a, void (*over)(struct attempt *, void *arg), void *arg)
{
	struct server *server = server_here();

	a->over = over;
	a->arg = arg;
	copy_envelope(a);
	timer_init(&a->deadline, server->loop, on_deadline, a);
	if (a->route.deliverer->blocking) {
		if (work_start(server->store, a->route.conf, run, ran, a) < 0)
			return -1;
		timer_set(&a->deadline, ATTEMPT_MS_MAX);
		return 0;
	}
	timer_set(&a->deadline, ATTEMPT_MS_MAX);
	call(a);
	return 0;
}

/* The deliverer may say so inside its own start: the end is told in a later event all the same. */
void
attempt_finish(struct attempt *a)
{
	loop_defer(server_here()->loop, end, a);
}

void
attempt_cancel(struct attempt *a)
{
	if (a->is_over || attempt_is_cancelled(a))
		return;
	atomic_store(&a->cancelled, true);
	timer_set(&a->deadline, ATTEMPT_CANCEL_MS);
	if (a->route.deliverer->cancel != NULL)
		a->route.deliverer->cancel(a->route.conf, a);
}

const struct attempt_result *
attempt_result_of(const struct attempt *a, size_t i)
{
	static const struct attempt_result none = { .given = true,
		.outcome = OUTCOME_DEFERRED,
		.status = "4.3.0",
		.reply = "Delivery gave no result" };
	static const struct attempt_result late = { .given = true,
		.outcome = OUTCOME_DEFERRED,
		.status = "4.3.0",
		.reply = "Delivery did not come back in time" };

	if (a->is_lost)
		return &late;
	return a->targets[i].result.given ? &a->targets[i].result : &none;
}

void
attempt_destroy(struct attempt *a)
{
	if (a->is_lost)
		return;
	message_unref(a->message);
	arena_destroy(a->arena);
}
