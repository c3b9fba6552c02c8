/* SPDX-License-Identifier: MIT */
/*
 * auth -- the client half: what sessions and delivery ask about users (process/lookup.h).
 *
 * Every question has one deadline, and ends in one place (`finish`), always from the loop. What
 * cannot be asked at all ends there too, with a deadline of nothing.
 */
#include "core/process/auth.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/base/ref.h"
#include "core/loop/channel.h"
#include "core/loop/timer.h"
#include "core/process/auth_service.h"
#include "core/process/auth_wire.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum { DEADLINE_MS = 10000 };

struct auth {
	struct arena *arena;
	struct loop *loop;
	struct ref_table *refs; /* requests: what they are called on the wire */
	struct link requests;
	struct channel *channel;      /* NULL: there is no auth process at the moment */
	struct auth_service *service; /* of auth_local */
	struct auth_peer *peer;
};

struct auth_request {
	struct link link;
	struct arena *arena;
	struct auth *auth;
	struct ref ref;
	struct timer deadline;
	struct auth_message question; /* of AUTH_FIND, so that it can be asked again */
	bool waits;                   /* for an auth process that can be asked */
	auth_fn *fn;
	void *arg;
};

static struct auth *here;

struct auth *
auth_here(void)
{
	return here;
}

void
auth_set_here(struct auth *a)
{
	here = a;
}

static void
forget(struct auth_request *r)
{
	timer_stop(&r->deadline);
	list_remove(&r->link);
	ref_end(r->auth->refs, r->ref);
	arena_destroy(r->arena);
}

static void
finish(struct auth_request *r, enum auth_result result, struct str user)
{
	auth_fn *fn = r->fn;
	void *arg = r->arg;

	forget(r);
	fn(result, user, arg);
}

static void
on_deadline(void *arg)
{
	finish(arg, AUTH_UNAVAILABLE, (struct str){ "", 0 });
}

void
auth_cancel(struct auth_request *r)
{
	forget(r);
}

/* ---- answers */

static void
on_answer(const struct auth_message *m, void *owner)
{
	struct auth *a = owner;
	struct auth_request *r = ref_get(a->refs, m->id);

	if (r != NULL)
		finish(r, (enum auth_result)m->result, m->text[0]);
}

/*
 * The auth process has ended, and will be back in a moment: who asked for a mailbox is asked for
 * again then, within its deadline; a password is not kept so long.
 */
static void
on_gone(struct auth *a)
{
	channel_close(a->channel);
	a->channel = NULL;
	LIST_EACH (at, &a->requests) {
		struct auth_request *r = list_member(at, struct auth_request, link);

		r->waits = r->question.kind == AUTH_FIND;
		if (!r->waits)
			timer_set(&r->deadline, 0);
	}
}

static void
on_packet(struct channel *channel, struct str bytes, const int *fds, size_t count, void *owner)
{
	struct auth_message m;

	(void)channel;
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	if (bytes.len > 0 && auth_decode(bytes, &m))
		on_answer(&m, owner);
	else
		on_gone(owner);
}

/* ---- questions */

/* Give the question to whoever answers: 0, or -1. */
static int
send_question(struct auth *a, const struct auth_message *m)
{
	struct buf b;
	int result;

	for (int i = 0; i < 3; i++)
		if (m->text[i].len > AUTH_TEXT_MAX)
			return -1;
	if (a->peer != NULL) {
		auth_service_ask(a->peer, m);
		return 0;
	}
	if (a->channel == NULL)
		return -1;
	buf_init(&b, AUTH_WIRE_MAX);
	result = auth_encode(m, &b) == 0 ? channel_send(a->channel, buf_str(&b), NULL, 0) : -1;
	if (b.p != NULL)
		explicit_bzero(b.p, b.len);
	buf_free(&b);
	return result;
}

/* A copy, but of a password. */
static void
keep_question(struct auth_request *r, const struct auth_message *m)
{
	r->question = (struct auth_message){ .id = m->id, .kind = m->kind };
	for (int i = 0; i < 3 && m->kind == AUTH_FIND; i++)
		r->question.text[i] = str_copy(r->arena, m->text[i]);
}

static struct auth_request *
ask(struct auth *a, struct auth_message *m, auth_fn *fn, void *arg)
{
	struct arena *arena = arena_create(a->arena);
	struct auth_request *r = arena_alloc(arena, sizeof *r);

	*r = (struct auth_request){ .arena = arena, .auth = a, .fn = fn, .arg = arg };
	r->ref = m->id = ref_add(a->refs, r);
	list_add_last(&a->requests, &r->link);
	timer_init(&r->deadline, a->loop, on_deadline, r);
	keep_question(r, m);
	r->waits = a->peer == NULL && a->channel == NULL && m->kind == AUTH_FIND;
	timer_set(&r->deadline, r->waits || send_question(a, m) == 0 ? DEADLINE_MS : 0);
	return r;
}

/* A name or password that is longer than any is asked as one that nobody has: it gets the same
 * answer after the same work. */
static struct str
within_limit(struct str s)
{
	return s.len <= AUTH_TEXT_MAX ? s : (struct str){ "", 0 };
}

struct auth_request *
auth_check(struct auth *a, struct str name, struct str password, const char *service, auth_fn *fn,
    void *arg)
{
	bool fits = name.len <= AUTH_TEXT_MAX && password.len <= AUTH_TEXT_MAX;
	struct auth_message m = { .kind = AUTH_CHECK,
		.text = { fits ? name : STR(""), within_limit(password),
		    within_limit(str_of(service)) } };

	return ask(a, &m, fn, arg);
}

struct auth_request *
auth_find(struct auth *a, struct str local, struct str domain, auth_fn *fn, void *arg)
{
	struct auth_message m = { .kind = AUTH_FIND,
		.text = { within_limit(local), within_limit(domain) } };

	return ask(a, &m, fn, arg);
}

/* ---- making and ending */

static struct auth *
make(struct loop *loop)
{
	struct arena *arena = arena_create(NULL);
	struct auth *a = arena_alloc(arena, sizeof *a);

	a->arena = arena;
	a->loop = loop;
	a->refs = ref_table_create();
	list_init(&a->requests);
	return a;
}

struct auth *
auth_connect_take(struct loop *loop, int fd)
{
	struct auth *a = make(loop);

	if (fd >= 0)
		a->channel = channel_adopt_take(loop, fd, on_packet, a);
	return a;
}

void
auth_reconnect_take(struct auth *a, int fd)
{
	assert(a->peer == NULL);
	if (a->channel != NULL)
		on_gone(a);
	a->channel = channel_adopt_take(a->loop, fd, on_packet, a);
	LIST_EACH (at, &a->requests) {
		struct auth_request *r = list_member(at, struct auth_request, link);

		if (r->waits && send_question(a, &r->question) == 0)
			r->waits = false;
	}
}

struct auth *
auth_local(struct loop *loop, const struct config *config)
{
	struct auth *a = make(loop);

	a->service = auth_service_create(loop, config);
	a->peer = auth_service_join(a->service, on_answer, a);
	return a;
}

void
auth_close(struct auth *a)
{
	if (a == NULL)
		return;
	if (here == a)
		here = NULL;
	LIST_EACH (at, &a->requests)
		forget(list_member(at, struct auth_request, link));
	if (a->channel != NULL)
		channel_close(a->channel);
	if (a->peer != NULL)
		auth_service_leave(a->peer);
	auth_service_destroy(a->service);
	ref_table_destroy(a->refs);
	arena_destroy(a->arena);
}
