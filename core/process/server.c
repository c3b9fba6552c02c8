/* SPDX-License-Identifier: MIT */
/*
 * server -- what one worker runs, put together: modules, policies, sessions, spool and queue.
 *
 * Made in the order in which one part needs another, ended in the reverse. Stopping is gentle:
 * sessions first, then deliveries, then the spool, each told to end and waited for a bounded time.
 */
#include "core/process/server.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/ref.h"
#include "core/config/config.h"
#include "core/delivery/queue.h"
#include "core/loop/dns.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "core/loop/work.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/policy/policy.h"
#include "core/process/auth.h"
#include "core/process/counters.h"
#include "core/session/listener.h"
#include "core/spool/spool.h"

#include <assert.h>
#include <string.h>

enum { DISK_THREADS = 4, STORE_THREADS = 8, WAITING_MAX = 10000, HANG_MS = 60000 };

/* What the server needs besides, to make itself and to stop. */
struct server_inner {
	struct server server;
	struct counters *own_counters; /* where none were given */
	size_t started;                /* modules that are to be stopped */
	struct timer deadline;         /* of the deliveries under way, when stopping */
	void (*done)(void *arg);
	void *arg;
};

static struct server *here;

struct server *
server_here(void)
{
	return here;
}

static struct server_inner *
inner(struct server *s)
{
	return (struct server_inner *)(void *)s;
}

/* Which class of workers serves a protocol: all that takes mail in is one class, all that reads it
 * the other. */
enum server_class
server_class_of(const char *protocol)
{
	static const char *const smtp[] = { "smtp", "lmtp" };

	for (size_t i = 0; i < sizeof smtp / sizeof smtp[0]; i++)
		if (strcmp(protocol, smtp[i]) == 0)
			return SERVER_SMTP;
	return SERVER_ACCESS;
}

/* ---- making: one function for each part, in the order of the table `parts` */

static int
make_modules(struct server *s, struct err *err)
{
	struct config *c = s->config;

	module_set_loop(s->loop);
	for (size_t i = 0; i < c->use_count; i++) {
		if (module_use(s->arena, &c->uses[i], c->data, true, err) < 0)
			return -1;
		inner(s)->started++;
	}
	return 0;
}

static int
make_pools(struct server *s, struct err *err)
{
	(void)err;
	s->disk = work_pool_create(s->loop, "disk", DISK_THREADS, WAITING_MAX, HANG_MS);
	s->store = work_pool_create(s->loop, "store", STORE_THREADS, WAITING_MAX, HANG_MS);
	return 0;
}

static int
make_dns(struct server *s, struct err *err)
{
	const struct config *c = s->config;
	struct dns_config dns = { .servers =
				      c->resolver_server_count > 0 ? c->resolver_servers : NULL,
		.deadline_ms = c->resolver_deadline_ms };

	if (c->resolver_only) {
		s->dns = dns_create_fixture(s->loop, c->resolver_fixture_text, err);
	} else {
		dns.fixture = c->resolver_fixture[0] != '\0' ? c->resolver_fixture : NULL;
		s->dns = dns_create(s->loop, &dns, err);
	}
	return s->dns != NULL ? 0 : -1;
}

static int
make_policies(struct server *s, struct err *err)
{
	s->policies = policy_set_create(s, err);
	return s->policies != NULL ? 0 : -1;
}

/* Their file systems are opened before the first delivery, so that a checkpoint can sync each in one call. */
static void
know_mail_roots(struct server *s)
{
	struct err err;

	for (size_t i = 0; i < s->config->use_count; i++) {
		const char *root = config_mail_root(&s->config->uses[i]);

		if (root != NULL && spool_mail_root(s->spool, root, &err) < 0)
			log_info("%s: each message there is synced by itself", err.text);
	}
}

static int
make_spool(struct server *s, struct err *err)
{
	struct spool_options spool = { .dir = arena_printf(s->arena, "%s/spool", s->config->data) };
	struct queue_options queue = { s->loop, s->config, s->retry_scale };

	if (s->class == SERVER_ACCESS)
		return 0;
	s->queue = queue_create(&queue);
	s->spool = spool_open(s->loop, &spool, queue_add, s->queue, err);
	if (s->spool == NULL)
		return -1;
	queue_set_spool(s->queue, s->spool);
	know_mail_roots(s);
	return 0;
}

static int
make_listeners(struct server *s, struct err *err)
{
	s->listeners = listeners_create(s, err);
	return s->listeners != NULL ? 0 : -1;
}

static int (*const parts[])(struct server *, struct err *) = {
	make_pools,
	make_modules,
	make_dns,
	make_policies,
	make_spool,
	make_listeners,
};

struct server *
server_create(const struct server_options *options, struct err *err)
{
	struct arena *arena = arena_create(NULL);
	struct server_inner *i = arena_alloc(arena, sizeof *i);
	struct server *s = &i->server;

	assert(here == NULL);
	s->class = options->class;
	s->loop = options->loop;
	s->arena = arena;
	s->config = options->config;
	s->auth = options->auth;
	s->refs = ref_table_create();
	s->retry_scale = options->retry_scale > 0 ? options->retry_scale : 1.0;
	if (options->counters == NULL)
		i->own_counters = counters_open(-1, 0, err);
	s->counters = options->counters != NULL ? options->counters : i->own_counters;
	timer_init(&i->deadline, s->loop, NULL, NULL);
	here = s;
	if (s->auth != NULL)
		auth_set_here(s->auth);
	for (size_t n = 0; s->counters != NULL && n < sizeof parts / sizeof parts[0]; n++)
		if (parts[n](s, err) < 0) {
			server_destroy(s);
			return NULL;
		}
	if (s->counters != NULL)
		return s;
	server_destroy(s);
	return NULL;
}

/* ---- serving */

int
server_listen(struct server *s, size_t listen, int fd, struct err *err)
{
	return listeners_accept(s->listeners, listen, fd, err);
}

void
server_serve_take(
    struct server *s, size_t listen, int fd, const struct ip *client, uint16_t client_port)
{
	listeners_serve_take(s->listeners, listen, fd, client, client_port);
}

/* ---- stopping */

/* Deliveries are over, or have had their time. */
static void
release(void *arg)
{
	struct server *s = arg;
	struct server_inner *i = inner(s);

	if (i->done == NULL)
		return;
	timer_stop(&i->deadline);
	/* The queue holds messages of the spool: it goes first. */
	if (s->queue != NULL && queue_active(s->queue) == 0) {
		queue_destroy(s->queue);
		s->queue = NULL;
	}
	if (s->spool != NULL)
		spool_close(s->spool);
	s->spool = NULL;
	loop_defer(s->loop, i->done, i->arg);
	i->done = NULL;
}

/* The last session has ended. */
static void
stop_deliveries(void *arg)
{
	struct server *s = arg;

	if (s->queue == NULL) {
		release(s);
		return;
	}
	timer_init(&inner(s)->deadline, s->loop, release, s);
	timer_set(&inner(s)->deadline, s->config->limits.stop_ms);
	queue_stop(s->queue, release, s);
}

void
server_stop(struct server *s, void (*done)(void *arg), void *arg)
{
	assert(!s->stopping);
	s->stopping = true;
	inner(s)->done = done;
	inner(s)->arg = arg;
	listeners_stop(s->listeners, stop_deliveries, s);
}

/* Modules end in the reverse order, after all threads that may be inside of them. */
static void
stop_modules(struct server *s)
{
	while (inner(s)->started > 0) {
		const struct config_use *use = &s->config->uses[--inner(s)->started];

		if (use->module->stop != NULL)
			use->module->stop(use->conf);
	}
}

void
server_destroy(struct server *s)
{
	if (s == NULL)
		return;
	timer_stop(&inner(s)->deadline);
	if (s->listeners != NULL)
		listeners_destroy(s->listeners);
	if (s->queue != NULL)
		queue_destroy(s->queue);
	if (s->spool != NULL)
		spool_close(s->spool);
	auth_close(s->auth);
	if (s->policies != NULL)
		policy_set_destroy(s->policies);
	if (s->dns != NULL)
		dns_destroy(s->dns);
	if (s->store != NULL)
		work_pool_destroy(s->store);
	if (s->disk != NULL)
		work_pool_destroy(s->disk);
	stop_modules(s);
	counters_close(inner(s)->own_counters);
	ref_table_destroy(s->refs);
	here = NULL;
	arena_destroy(s->arena);
}
