/* SPDX-License-Identifier: MIT */
/* store -- mailboxes for code on the loop: one job at a time on the pool for mailboxes. */
#include "core/store/store.h"

#include <assert.h>
#include <errno.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/config/config.h"
#include "core/loop/loop.h"
#include "core/loop/work.h"
#include "core/module.h"
#include "core/process/ledger.h"
#include "core/process/server.h"

enum call { CALL_NONE, CALL_OPEN, CALL_MESSAGES, CALL_READ, CALL_CHANGE, CALL_APPEND };

struct store {
	struct arena *arena;
	const struct storage *storage;
	void *conf;
	struct mailbox *mailbox;
	struct ref asker;
	store_fn *fn;
	enum call call;  /* under way, on a thread */
	bool is_closing; /* when the call has ended */
	store_fn *ended; /* by store_end; NULL */
	bool is_lost;    /* a thread with it never came back: nothing of it is ever freed */

	/* arguments of the call */
	struct str user, name;
	unsigned how;
	uint32_t uid, add, remove;
	uint64_t offset;
	size_t len;
	struct buf uids;
	bool expunge;
	struct storage_append *append;

	/* what comes of it */
	struct store_answer answer;
	struct arena *listing;
	struct buf bytes;
};

const struct storage *
store_of(struct str user, void **conf, struct err *err)
{
	const struct config *config = server_here()->config;
	const struct config_domain *domain;
	const struct config_use *use;

	domain = config_domain(config, str_from(user, (size_t)(str_find_last(user, '@') + 1)));
	if (domain == NULL) {
		err_set(err, "%.*s is of no domain of ours", STR_FMT(user));
		return NULL;
	}
	use = config_use(config, domain->mail);
	if (use == NULL || use->module == NULL || use->module->storage == NULL) {
		err_set(err, "domain %s has no storage", domain->name);
		return NULL;
	}
	*conf = use->conf;
	return use->module->storage;
}

static int64_t
read_all(struct store *s, struct err *err)
{
	int64_t n = 1;

	buf_clear(&s->bytes);
	while (n > 0 && s->bytes.len < s->len) {
		size_t want = s->len - s->bytes.len;

		n = s->storage->read(s->mailbox, s->uid, s->offset + s->bytes.len,
		    buf_room(&s->bytes, want), want, err);
		if (n > 0)
			buf_grow(&s->bytes, (size_t)n);
	}
	return n < 0 ? -1 : 0;
}

/* On a thread of the pool. */
static int
call_storage(struct store *s, struct err *err)
{
	const struct storage *storage = s->storage;
	struct store_answer *a = &s->answer;

	switch (s->call) {
	case CALL_OPEN:
		return storage->open(s->conf, s->user, s->name, s->how, &s->mailbox, err);
	case CALL_MESSAGES:
		arena_reset(s->listing);
		return storage->messages(s->mailbox, s->listing, &a->messages, &a->count,
		    &a->uid_validity, &a->uid_next, err);
	case CALL_READ:
		return (int)read_all(s, err);
	case CALL_CHANGE:
		return storage->change(s->mailbox, (const uint32_t *)(const void *)s->uids.p,
		    s->uids.len / sizeof(uint32_t), s->add, s->remove, s->expunge, err);
	case CALL_APPEND:
		return storage->append(s->mailbox, s->append, err);
	case CALL_NONE:
		break;
	}
	return err_set(err, "no call");
}

static void
run(void *arg)
{
	struct store *s = arg;

	if (s->call != CALL_OPEN && s->mailbox == NULL) {
		s->answer.result = err_set(&s->answer.err, "the mailbox is not open");
		return;
	}
	ledger_enter("storage", s->user.p, NULL, NULL);
	s->answer.result = call_storage(s, &s->answer.err);
	ledger_leave();
}

static void
forget(struct store *s)
{
	buf_free(&s->uids);
	buf_free(&s->bytes);
	arena_destroy(s->arena);
}

static void
run_close(void *arg)
{
	struct store *s = arg;

	if (s->mailbox != NULL)
		s->storage->close(s->mailbox);
	s->mailbox = NULL;
}

static void
closed(void *arg, enum work_result result)
{
	struct store *s = arg;

	if (s->ended != NULL)
		s->ended(s->asker, &(struct store_answer){ .store = s });
	if (result == WORK_DONE)
		forget(s);
}

static void
closed_here(void *arg)
{
	closed(arg, WORK_DONE);
}

/* Letting go of a lock must not fail because the pool is full or about to end: then it is done here. */
static void
close_now(struct store *s)
{
	struct server *server = server_here();

	if (s->mailbox != NULL && !server->stopping &&
	    work_start(server->store, s->conf, run_close, closed, s) == 0)
		return;
	run_close(s);
	loop_defer(server->loop, closed_here, s);
}

static void
lose(struct store *s)
{
	struct store_answer answer = { .store = s, .result = -1 };

	s->is_lost = true;
	err_set(&answer.err, "the mailbox of %.*s does not answer", STR_FMT(s->user));
	answer.err.code = ETIMEDOUT;
	if (!s->is_closing)
		s->fn(s->asker, &answer);
}

static void
answered(void *arg, enum work_result result)
{
	struct store *s = arg;

	if (result == WORK_LATE) {
		lose(s);
		return;
	}
	s->call = CALL_NONE;
	if (s->is_closing) {
		close_now(s);
		return;
	}
	s->answer.store = s;
	s->answer.bytes = buf_str(&s->bytes);
	s->fn(s->asker, &s->answer);
}

static int
start(struct store *s, enum call call, store_fn *fn)
{
	assert(s->call == CALL_NONE || s->is_lost);
	if (s->is_lost)
		return -1;
	s->call = call;
	s->fn = fn;
	s->answer.result = 0;
	if (work_start(server_here()->store, s->conf, run, answered, s) == 0)
		return 0;
	s->call = CALL_NONE;
	return -1;
}

struct store *
store_open(struct str user, struct str name, unsigned how, struct ref asker, store_fn *fn)
{
	struct arena *arena = arena_create(NULL);
	struct store *s = arena_alloc(arena, sizeof *s);
	struct err err = { 0 };

	s->arena = arena;
	s->listing = arena_create(arena);
	s->user = str_copy(arena, user);
	s->name = str_copy(arena, name);
	s->how = how;
	s->asker = asker;
	buf_init(&s->bytes, STORE_READ_MAX);
	buf_init(&s->uids, SIZE_MAX / 2);
	s->storage = store_of(s->user, &s->conf, &err);
	if (s->storage != NULL && start(s, CALL_OPEN, fn) == 0)
		return s;
	if (s->storage == NULL)
		log_error("%s", err.text);
	forget(s);
	return NULL;
}

int
store_messages(struct store *s, store_fn *fn)
{
	return start(s, CALL_MESSAGES, fn);
}

int
store_read(struct store *s, uint32_t uid, uint64_t offset, size_t len, store_fn *fn)
{
	assert(len <= STORE_READ_MAX);
	s->uid = uid;
	s->offset = offset;
	s->len = len;
	return start(s, CALL_READ, fn);
}

int
store_change(struct store *s, const uint32_t *uids, size_t count, uint32_t add, uint32_t remove,
    bool expunge, store_fn *fn)
{
	buf_clear(&s->uids);
	buf_add(&s->uids, uids, count * sizeof *uids);
	s->add = add;
	s->remove = remove;
	s->expunge = expunge;
	return start(s, CALL_CHANGE, fn);
}

int
store_append(struct store *s, struct storage_append *append, store_fn *fn)
{
	s->append = append;
	return start(s, CALL_APPEND, fn);
}

void
store_end(struct store *s, store_fn *fn)
{
	assert(s->call == CALL_NONE && !s->is_closing);
	s->is_closing = true;
	s->ended = fn;
	close_now(s);
}

void
store_close(struct store *s)
{
	if (s == NULL || s->is_lost)
		return;
	assert(!s->is_closing);
	s->is_closing = true;
	if (s->call == CALL_NONE)
		close_now(s);
}
