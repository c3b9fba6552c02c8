/* SPDX-License-Identifier: MIT */
/* listener -- where connections come in: limits per address and in all, then a session. */
#include "core/session/listener.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/acceptor.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "core/loop/tls.h"
#include "core/module.h"
#include "core/policy/policy.h"
#include "core/process/counters.h"
#include "core/process/server.h"
#include "core/session/session.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TELL_MS = 1000,     /* refused connections are logged at most so often, with their number */
	CROWDED_MS = 10000, /* who does nothing for so long makes room when all places are taken */
	CROWDED_LOOK = 64,  /* sessions looked at for one that can go */
	LAST_WORDS_MS = 1000 /* from the second word that the server stops to the end */
};

/* A listening socket that is accepted from. */
struct door {
	struct listeners *listeners;
	size_t listen;
	struct acceptor *acceptor;
	struct door *next;
};

struct listeners {
	struct server *server;
	struct arena *arena;
	struct service
	    *services; /* one for each `listen`; without a protocol where this worker has it not */
	struct door *doors;
	struct link sessions; /* the one that was quiet for the longest first */
	size_t count;
	uint64_t told_at;
	unsigned untold; /* refused connections since the last line in the log */
	bool stopping, stopped;
	struct timer patience;
	void (*done)(void *arg);
	void *arg;
};

/* ---- what each `listen` needs */

static const struct endpoint *
find_endpoint(const struct protocol *protocol, const char *name)
{
	const struct endpoint *e = protocol->endpoints;

	while (e->name != NULL && strcmp(e->name, name) != 0)
		e++;
	return e->name != NULL ? e : NULL;
}

static struct session_limits
limits_of(const struct config_limits *from)
{
	return (struct session_limits){
		.message_size = from->message_size,
		.recipients = from->recipients,
		.errors = from->errors,
		.idle_commands = from->idle_commands,
		.transactions = from->transactions,
		.auth_failures = from->auth_failures,
		.command_ms = from->command_ms,
		.data_ms = from->data_ms,
		.greeting_ms = from->greeting_ms,
		.pop3_idle_ms = from->pop3_idle_ms,
	};
}

static int
add_names(struct tls_context *tls, const struct config_tls *from, struct err *err)
{
	for (size_t i = 0; i < from->names.count; i++)
		if (tls_server_add(
			tls, from->names.items[i], from->cert_text, from->key_text, err) < 0)
			return -1;
	return 0;
}

/* TLS for the services of one protocol: shared, because ALPN names the protocol (RFC 7301). */
static struct tls_context *
tls_for(struct listeners *ls, const struct service *until, const struct protocol *protocol,
    struct err *err)
{
	const struct config *config = ls->server->config;
	const struct config_tls *first = config_tls_default(config);
	struct tls_context *tls;

	for (const struct service *s = ls->services; s < until; s++)
		if (s->protocol == protocol)
			return s->tls;
	tls = tls_server(first->cert_text, first->key_text, protocol->alpn, err);
	for (size_t i = 0; tls != NULL && i < config->tls_count; i++)
		if (add_names(tls, &config->tls[i], err) < 0) {
			tls_free(tls);
			return NULL;
		}
	return tls;
}

static int
fill_service(struct listeners *ls, struct service *service, const struct config_listen *listen,
    struct err *err)
{
	const struct config *config = ls->server->config;
	const struct config_use *use = config_use(config, listen->protocol);
	const struct protocol *protocol =
	    use != NULL && use->module != NULL ? use->module->protocol : NULL;
	const struct endpoint *endpoint;

	if (protocol == NULL)
		return 0;
	endpoint = find_endpoint(protocol, listen->endpoint);
	if (endpoint == NULL)
		return err_set(
		    err, "%s has no endpoint \"%s\"", listen->protocol, listen->endpoint);
	if (listen->tls_first && config->tls_count == 0)
		return err_set(err, "listen \"%s\" needs a certificate: tls { cert =, key = }",
		    listen->endpoint);
	if (config->tls_count > 0 && (service->tls = tls_for(ls, service, protocol, err)) == NULL)
		return -1;
	service->server = ls->server;
	service->listeners = ls;
	service->sessions = &ls->sessions;
	service->listen = listen;
	service->conf = use->conf;
	service->via = endpoint->via != NULL ? endpoint->via : endpoint->name;
	service->policy = policy_find(ls->server->policies, listen->policy);
	service->limits = limits_of(&config->limits);
	service->data_rate = config->limits.data_rate;
	service->tls_ms = config->limits.tls_ms;
	service->protocol = protocol;
	return 0;
}

/* ---- limits */

static bool
is_near(const struct config *config, const struct ip *client)
{
	bool near = ip_is_loopback(client);

	for (size_t i = 0; i < config->trusted_count; i++)
		near = near || ip_in(client, &config->trusted[i]);
	return near;
}

/* End the stranger that has done nothing for the longest. False: there is none for long enough. */
static bool
make_room(struct listeners *ls)
{
	uint64_t now = clock_ms(ls->server->loop);
	int looked = 0;

	LIST_EACH (at, &ls->sessions) {
		struct session *s = list_member(at, struct session, link);

		if (now < s->active_at + CROWDED_MS || ++looked > CROWDED_LOOK)
			return false;
		if (session_is_idle(s)) {
			session_abort(s);
			return true;
		}
	}
	return false;
}

/*
 * Why this client may not come in now, or NULL. The last tenth of the places is kept for our own
 * networks.
 */
static const char *
over_limit(struct listeners *ls, const struct ip *client)
{
	const struct config *config = ls->server->config;
	const struct config_limits *limits = &config->limits;
	size_t most = (size_t)limits->connections;

	if (!is_near(config, client))
		most -= most / 10;
	if (limits->connections > 0 && ls->count >= most && !make_room(ls))
		return "too many connections";
	if (limits->connections_per_address > 0 &&
	    counters_connections(ls->server->counters, client) >= limits->connections_per_address)
		return "too many connections from this address";
	if (limits->connection_rate > 0 &&
	    counters_connection_rate(ls->server->counters, client, clock_ms(ls->server->loop), 1) >
		limits->connection_rate)
		return "too many new connections from this address";
	return NULL;
}

/* A flood must not flood the log: one line a second says how many there were. */
static void
log_refused(
    struct listeners *ls, const struct service *service, const struct ip *client, const char *why)
{
	uint64_t now = clock_ms(ls->server->loop);
	struct log_line line;
	char ip[IP_TEXT_MAX];

	ls->untold++;
	if (ls->told_at != 0 && now < ls->told_at + TELL_MS)
		return;
	log_begin(&line, NULL, "refused");
	log_text(&line, "stage", "connect");
	log_text(&line, "by", "core");
	log_text(&line, "client", ip_print(client, ip));
	log_text(&line, "via", service->via);
	log_text(&line, "reason", why);
	log_int(&line, "count", ls->untold);
	log_end(&line);
	ls->told_at = now;
	ls->untold = 0;
}

/* Say it in the protocol's words where the client can read them, and hang up. */
static void
refuse_take(const struct service *service, int fd)
{
	char text[256];
	int len;

	assert(service->protocol != NULL);
	if (!service->listen->tls_first && service->protocol->busy != NULL) {
		len = snprintf(text, sizeof text, "%s\r\n", service->protocol->busy);
		assert(len > 0 && (size_t)len < sizeof text);
		(void)!send(fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
	}
	close(fd);
}

/* ---- sessions come and go */

static void
maybe_stopped(void *arg)
{
	struct listeners *ls = arg;

	if (!ls->stopping || ls->stopped || ls->count > 0)
		return;
	ls->stopped = true;
	timer_stop(&ls->patience);
	ls->done(ls->arg);
}

static void
session_ended(struct listeners *ls, struct session *s)
{
	counters_connection(ls->server->counters, &s->client, -1);
	list_remove(&s->link);
	ls->count--;
	if (ls->stopping)
		loop_defer(ls->server->loop, maybe_stopped, ls);
}

static void
ask_socket(int fd, struct ip *client, uint16_t *port)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    !ip_of_sockaddr((struct sockaddr *)&peer, client, port)) {
		*client = (struct ip){ { 0 } };
		*port = 0;
	}
}

void
listeners_serve_take(
    struct listeners *ls, size_t listen, int fd, const struct ip *client, uint16_t client_port)
{
	const struct service *service = &ls->services[listen];
	const char *why;
	struct ip ip;

	assert(listen < ls->server->config->listen_count);
	if (client == NULL)
		ask_socket(fd, &ip, &client_port);
	else
		ip = *client;
	why = service->protocol == NULL ? "not served here"
	      : ls->stopping            ? "stopping"
					: over_limit(ls, &ip);
	if (why != NULL) {
		log_refused(ls, service, &ip, why);
		refuse_take(service, fd);
		return;
	}
	counters_connection(ls->server->counters, &ip, 1);
	ls->count++;
	session_create_take(service, fd, &ip, client_port);
}

static void
on_accept(int fd, void *arg)
{
	struct door *door = arg;

	listeners_serve_take(door->listeners, door->listen, fd, NULL, 0);
}

/* ---- the whole */

struct listeners *
listeners_create(struct server *server, struct err *err)
{
	const struct config *config = server->config;
	struct arena *arena = arena_create(server->arena);
	struct listeners *ls = arena_alloc(arena, sizeof *ls);

	ls->server = server;
	ls->arena = arena;
	list_init(&ls->sessions);
	ls->services = arena_alloc(arena, config->listen_count * sizeof *ls->services + 1);
	for (size_t i = 0; i < config->listen_count; i++) {
		ls->services[i].ended = session_ended;
		if (fill_service(ls, &ls->services[i], &config->listens[i], err) < 0) {
			listeners_destroy(ls);
			return NULL;
		}
	}
	return ls;
}

int
listeners_accept(struct listeners *ls, size_t listen, int fd, struct err *err)
{
	struct door *door;

	assert(listen < ls->server->config->listen_count);
	if (ls->services[listen].protocol == NULL)
		return err_set(
		    err, "%s is not loaded here", ls->server->config->listens[listen].protocol);
	door = arena_alloc(ls->arena, sizeof *door);
	*door = (struct door){ ls, listen, NULL, ls->doors };
	door->acceptor = acceptor_open(ls->server->loop, fd, on_accept, door);
	ls->doors = door;
	return 0;
}

static void
close_doors(struct listeners *ls)
{
	for (; ls->doors != NULL; ls->doors = ls->doors->next)
		acceptor_close(ls->doors->acceptor);
}

static void
abort_sessions(void *arg)
{
	struct listeners *ls = arg;

	LIST_EACH (at, &ls->sessions)
		session_abort(list_member(at, struct session, link));
}

static void
tell_sessions(struct listeners *ls)
{
	LIST_EACH (at, &ls->sessions)
		session_stop(list_member(at, struct session, link));
}

/* Who has not ended yet has a last chance to say why (RFC 5321, 3.8). */
static void
lose_patience(void *arg)
{
	struct listeners *ls = arg;

	timer_init(&ls->patience, ls->server->loop, abort_sessions, ls);
	timer_set(&ls->patience, LAST_WORDS_MS);
	tell_sessions(ls);
}

void
listeners_stop(struct listeners *ls, void (*done)(void *arg), void *arg)
{
	assert(!ls->stopping);
	ls->stopping = true;
	ls->done = done;
	ls->arg = arg;
	close_doors(ls);
	timer_init(&ls->patience, ls->server->loop, lose_patience, ls);
	timer_set(&ls->patience, ls->server->config->limits.stop_ms);
	tell_sessions(ls);
	loop_defer(ls->server->loop, maybe_stopped, ls);
}

/* The TLS context of each protocol once, however many services share it. */
static void
free_tls(struct listeners *ls)
{
	size_t count = ls->server->config->listen_count;

	for (size_t i = 0; i < count; i++) {
		struct tls_context *tls = ls->services[i].tls;

		if (tls == NULL)
			continue;
		for (size_t k = i; k < count; k++)
			if (ls->services[k].tls == tls)
				ls->services[k].tls = NULL;
		tls_free(tls);
	}
}

void
listeners_destroy(struct listeners *ls)
{
	if (ls == NULL)
		return;
	assert(ls->count == 0);
	close_doors(ls);
	if (ls->stopping)
		timer_stop(&ls->patience);
	free_tls(ls);
	arena_destroy(ls->arena);
}

size_t
listeners_session_count(const struct listeners *ls)
{
	return ls->count;
}
