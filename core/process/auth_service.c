/* SPDX-License-Identifier: MIT */
/*
 * auth_service -- the auth process' half: finds the source of a user and asks it on a pool thread.
 *
 * A name that cannot be (not UTF-8, no such domain, no such user) costs as much work as one that
 * is, and gets the same answer, so that nobody learns which names exist.
 */
#include "core/process/auth_service.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/loop/channel.h"
#include "core/loop/timer.h"
#include "core/loop/work.h"
#include "core/module.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

struct auth_service {
	struct arena *arena;
	struct loop *loop;
	const struct config *config;
	struct work_pool *hashes, *finders;
	struct ref_table *refs; /* peers, for jobs whose asker may be gone */
	struct link peers;
	struct link
	    refused; /* jobs that were answered without a thread, to be told in the next turn */
	struct timer refuse;
};

struct auth_peer {
	struct link link;
	struct arena *arena;
	struct auth_service *service;
	struct ref ref;
	struct channel *channel; /* NULL: in this process */
	auth_answer_fn *answer;
	void *owner;
};

/* One question under way. Its thread touches nothing but this. */
struct job {
	struct link link; /* in `refused` */
	struct arena *arena;
	struct auth_service *service;
	struct ref peer, id;
	enum auth_kind kind;
	uint64_t asked_ms;
	const struct lookup *lookup;
	void *conf;
	struct str local, domain, password;
	enum auth_result result;
	struct lookup_user user;
	struct err err;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- on a pool thread */

static enum auth_result
find(struct job *j, enum auth_result absent)
{
	int found = j->lookup->find_user(j->conf, j->arena, j->local, j->domain, &j->user, &j->err);

	if (found < 0)
		return AUTH_UNAVAILABLE;
	return found == 0 || j->user.disabled ? absent : AUTH_OK;
}

static enum auth_result
check(struct job *j)
{
	int fits = j->lookup->check_password(j->conf, j->local, j->domain, j->password, &j->err);

	if (fits < 0)
		return AUTH_UNAVAILABLE;
	return fits == 0 ? AUTH_DENIED : find(j, AUTH_DENIED);
}

static void
run(void *arg)
{
	struct job *j = arg;

	if (now_ms() - j->asked_ms > AUTH_PATIENCE_MS)
		err_set(&j->err, "too many questions wait");
	else
		j->result = j->kind == AUTH_CHECK ? check(j) : find(j, AUTH_NO_USER);
}

/* ---- on the loop */

static void
answer(struct auth_service *s, struct ref to, const struct auth_message *m)
{
	struct auth_peer *p = ref_get(s->refs, to);
	struct buf b;

	if (p == NULL)
		return;
	if (p->channel == NULL) {
		p->answer(m, p->owner);
		return;
	}
	buf_init(&b, AUTH_WIRE_MAX);
	if (auth_encode(m, &b) == 0)
		channel_send(p->channel, buf_str(&b), NULL, 0);
	buf_free(&b);
}

/* Answer, and forget. */
static void
tell(struct job *j)
{
	struct auth_message m = { .id = j->id, .kind = j->kind, .result = (uint8_t)j->result };

	if (j->result == AUTH_OK)
		m.text[0] = j->user.name;
	answer(j->service, j->peer, &m);
	if (j->password.len > 0)
		explicit_bzero((char *)(uintptr_t)j->password.p, j->password.len);
	arena_destroy(j->arena);
}

static void
done(void *arg, enum work_result worked)
{
	struct job *j = arg;
	struct auth_message late = { .id = j->id, .kind = j->kind, .result = AUTH_UNAVAILABLE };

	if (worked == WORK_LATE) {
		/* The thread that was written off may still write the job: it is left to it. */
		log_warning("a source of users does not answer");
		answer(j->service, j->peer, &late);
		return;
	}
	if (j->result == AUTH_UNAVAILABLE)
		log_warning("a source of users failed: %s", j->err.text);
	tell(j);
}

/* The lookup of the module that `name` names. False: it has none, or is not loaded. */
static bool
use_lookup(struct job *j, const char *name)
{
	const struct config_use *use = config_use(j->service->config, name);

	if (use == NULL || use->module == NULL || use->module->lookup == NULL)
		return false;
	j->lookup = use->module->lookup;
	j->conf = use->conf;
	return true;
}

/* The first domain that has users: names without a domain belong to it. */
static const struct config_domain *
home_domain(const struct config *config)
{
	for (size_t i = 0; i < config->domain_count; i++)
		if (config->domains[i].users != NULL && config->domains[i].users[0] != '\0')
			return &config->domains[i];
	return NULL;
}

/*
 * Who is meant, and which source knows. A name that nobody can have becomes the empty one, asked of
 * the usual source. False: there is no source at all.
 */
static bool
resolve(struct job *j, struct str name)
{
	const struct config *config = j->service->config;
	const struct config_domain *home = home_domain(config), *domain = NULL;
	struct address a = { 0 };

	if (home == NULL)
		return false;
	if (address_parse(j->arena, name, ADDRESS_BARE | ADDRESS_UTF8, &a) == ADDRESS_OK &&
	    !a.is_literal && a.local.len > 0)
		domain = a.domain.len == 0 ? home : config_domain(config, a.domain);
	if (domain != NULL && domain->users != NULL && domain->users[0] != '\0') {
		j->local = a.local;
		j->domain = str_of(domain->name);
		return use_lookup(j, domain->users);
	}
	j->local = j->domain = (struct str){ "", 0 };
	return use_lookup(j, home->users);
}

static bool
resolve_found(struct job *j, struct str local, struct str name)
{
	const struct config_domain *domain = config_domain(j->service->config, name);

	j->result = AUTH_NO_USER;
	if (domain == NULL || domain->users == NULL || domain->users[0] == '\0')
		return false;
	j->result = AUTH_UNAVAILABLE;
	j->local = str_copy(j->arena, local);
	j->domain = str_of(domain->name);
	return use_lookup(j, domain->users);
}

/*
 * Put the question to a thread, to whom the job belongs from then on. False: there is no need or
 * no way, and the job's result says so.
 */
static bool
start(struct job *j, const struct auth_message *m)
{
	struct auth_service *s = j->service;
	bool checks = m->kind == AUTH_CHECK;

	if (checks ? !resolve(j, str_copy(j->arena, m->text[0]))
		   : !resolve_found(j, m->text[0], m->text[1]))
		return false;
	j->password = str_copy(j->arena, m->text[1]);
	/* Each job is its own owner: the bound of the pool is the only one. */
	return work_start(checks ? s->hashes : s->finders, j, run, done, j) == 0;
}

/* What was answered at once is told now, because an answer never comes inside the question. */
static void
refuse(void *arg)
{
	struct auth_service *s = arg;
	struct link *at;

	while ((at = list_take_first(&s->refused)) != NULL)
		tell(list_member(at, struct job, link));
}

void
auth_service_ask(struct auth_peer *p, const struct auth_message *m)
{
	struct auth_service *s = p->service;
	struct arena *arena = arena_create(s->arena);
	struct job *j = arena_alloc(arena, sizeof *j);

	*j = (struct job){ .arena = arena,
		.service = s,
		.peer = p->ref,
		.id = m->id,
		.kind = m->kind,
		.asked_ms = now_ms(),
		.result = AUTH_UNAVAILABLE };
	if (start(j, m))
		return;
	list_add_last(&s->refused, &j->link);
	timer_set(&s->refuse, 0);
}

/* ---- peers */

static struct auth_peer *
add_peer(struct auth_service *s)
{
	struct arena *arena = arena_create(s->arena);
	struct auth_peer *p = arena_alloc(arena, sizeof *p);

	p->arena = arena;
	p->service = s;
	p->ref = ref_add(s->refs, p);
	list_add_last(&s->peers, &p->link);
	return p;
}

struct auth_peer *
auth_service_join(struct auth_service *s, auth_answer_fn *fn, void *owner)
{
	struct auth_peer *p = add_peer(s);

	p->answer = fn;
	p->owner = owner;
	return p;
}

void
auth_service_leave(struct auth_peer *p)
{
	list_remove(&p->link);
	ref_end(p->service->refs, p->ref);
	if (p->channel != NULL)
		channel_close(p->channel);
	arena_destroy(p->arena);
}

/* A packet of a worker, which a plug-in may have broken: what is no question ends the connection.
 */
static void
on_packet(struct channel *channel, struct str bytes, const int *fds, size_t count, void *owner)
{
	struct auth_peer *p = owner;
	struct auth_message m;

	(void)channel;
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	if (bytes.len > 0 && auth_decode(bytes, &m)) {
		auth_service_ask(p, &m);
		return;
	}
	if (bytes.len > 0)
		log_error("a worker asked something that is not a question");
	auth_service_leave(p);
}

void
auth_service_add_take(struct auth_service *s, int fd)
{
	struct auth_peer *p = add_peer(s);

	p->channel = channel_adopt_take(s->loop, fd, on_packet, p);
}

struct auth_service *
auth_service_create(struct loop *loop, const struct config *config)
{
	struct arena *arena = arena_create(NULL);
	struct auth_service *s = arena_alloc(arena, sizeof *s);

	s->arena = arena;
	s->loop = loop;
	s->config = config;
	s->refs = ref_table_create();
	list_init(&s->peers);
	list_init(&s->refused);
	timer_init(&s->refuse, loop, refuse, s);
	s->hashes = work_pool_create(loop, "auth", AUTH_HASHES, AUTH_WAITING, 2 * AUTH_PATIENCE_MS);
	s->finders =
	    work_pool_create(loop, "users", AUTH_FINDERS, AUTH_WAITING, 2 * AUTH_PATIENCE_MS);
	return s;
}

void
auth_service_destroy(struct auth_service *s)
{
	if (s == NULL)
		return;
	LIST_EACH (at, &s->peers)
		auth_service_leave(list_member(at, struct auth_peer, link));
	work_pool_destroy(s->hashes);
	work_pool_destroy(s->finders);
	timer_stop(&s->refuse);
	ref_table_destroy(s->refs);
	arena_destroy(s->arena);
}
