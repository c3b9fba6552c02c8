/* SPDX-License-Identifier: MIT */
/*
 * dns_net -- asks the network through libunbound, whose state machines run on our loop.
 *
 * libunbound brings no loop of its own here: it asks an event base for events (a descriptor, a
 * time, or both), and this file makes them from polls and timers of libuv. No thread is involved,
 * so nothing that blocks elsewhere holds a query up, and no query holds up anything.
 */
#include "core/loop/dns_inner.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/loop/loop_inner.h"

#include <stdlib.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

enum { CLASS_IN = 1 };

static const char ROOT_KEY[] = "/usr/share/dns/root.key";

struct base {
	struct ub_event_base base;
	struct loop *loop;
};

struct dns_net {
	struct base base;
	struct ub_ctx *ctx;
	char *servers;
};

/* ---- events of libunbound ---- */

struct event {
	struct ub_event event;
	struct loop *loop;
	int fd;
	short bits; /* UB_EV_* to wait for */
	void (*fn)(int, short, void *);
	void *arg;
	struct poll *poll; /* made when first needed, NULL where fd is -1 */
	uv_timer_t timer;
	struct timeval span; /* of a persistent event, told again after each */
	bool has_span;
};

/* Of its own, because a descriptor may change while libuv still closes the poll of the one before. */
struct poll {
	uv_poll_t uv;
	struct event *event;
};

static void
poll_freed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void
poll_drop(struct event *e)
{
	if (e->poll == NULL)
		return;
	uv_poll_stop(&e->poll->uv);
	uv_close((uv_handle_t *)&e->poll->uv, poll_freed);
	e->poll = NULL;
}

/*
 * libunbound closes the descriptor next, and its number goes to somebody else's connection. A poll
 * that were stopped only then would take that connection out of the loop, so it goes now.
 */
static int
event_del(struct ub_event *ev)
{
	struct event *e = (struct event *)ev;

	poll_drop(e);
	uv_timer_stop(&e->timer);
	return 0;
}

static void on_time(uv_timer_t *);

static void
start_timer(struct event *e)
{
	uint64_t ms = (uint64_t)e->span.tv_sec * 1000 + (uint64_t)(e->span.tv_usec + 999) / 1000;

	uv_timer_start(&e->timer, on_time, ms, 0);
}

static void
fire(struct event *e, short what)
{
	uint64_t began = loop_event_begin(e->loop);

	if ((e->bits & UB_EV_PERSIST) == 0)
		event_del(&e->event);
	else if (e->has_span)
		start_timer(e);
	e->fn(e->fd, what, e->arg);
	loop_event_end(e->loop, began);
}

static void
on_poll(uv_poll_t *h, int status, int ready)
{
	struct poll *p = h->data;
	short what = 0;

	/* An error shows in the next call on the descriptor. */
	if (status < 0 || (ready & UV_READABLE) != 0)
		what = UB_EV_READ;
	if (status < 0 || (ready & UV_WRITABLE) != 0)
		what = (short)(what | UB_EV_WRITE);
	what = (short)(what & p->event->bits);
	if (what != 0)
		fire(p->event, what);
}

static void
on_time(uv_timer_t *h)
{
	fire(h->data, UB_EV_TIMEOUT);
}

static int
start_poll(struct event *e)
{
	int wanted = ((e->bits & UB_EV_READ) != 0 ? UV_READABLE : 0) |
		     ((e->bits & UB_EV_WRITE) != 0 ? UV_WRITABLE : 0);

	if (e->fd < 0 || wanted == 0)
		return 0;
	if (e->poll == NULL) {
		e->poll = mem_alloc(sizeof *e->poll);
		e->poll->event = e;
		e->poll->uv.data = e->poll;
		if (uv_poll_init(&e->loop->uv, &e->poll->uv, e->fd) != 0) {
			mem_free(e->poll);
			e->poll = NULL;
			return -1;
		}
	}
	return uv_poll_start(&e->poll->uv, wanted, on_poll) == 0 ? 0 : -1;
}

static int
event_add(struct ub_event *ev, struct timeval *span)
{
	struct event *e = (struct event *)ev;

	e->has_span = span != NULL;
	if (span != NULL) {
		e->span = *span;
		start_timer(e);
	}
	return start_poll(e);
}

static void
event_add_bits(struct ub_event *ev, short bits)
{
	struct event *e = (struct event *)ev;

	e->bits = (short)(e->bits | bits);
}

static void
event_del_bits(struct ub_event *ev, short bits)
{
	struct event *e = (struct event *)ev;

	e->bits = (short)(e->bits & ~bits);
}

static void
event_set_fd(struct ub_event *ev, int fd)
{
	struct event *e = (struct event *)ev;

	if (fd != e->fd)
		poll_drop(e);
	e->fd = fd;
}

static void
event_freed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void
event_free(struct ub_event *ev)
{
	struct event *e = (struct event *)ev;

	poll_drop(e);
	uv_timer_stop(&e->timer);
	uv_close((uv_handle_t *)&e->timer, event_freed);
}

static int
event_add_timer(struct ub_event *ev, struct ub_event_base *base, void (*fn)(int, short, void *),
    void *arg, struct timeval *span)
{
	struct event *e = (struct event *)ev;

	(void)base;
	e->fn = fn;
	e->arg = arg;
	return event_add(ev, span);
}

static int
no_signal(struct ub_event *ev, struct timeval *span)
{
	(void)ev;
	(void)span;
	return -1;
}

static struct ub_event *
event_new(struct ub_event_base *base, int fd, short bits, void (*fn)(int, short, void *), void *arg)
{
	static struct ub_event_vmt methods = {
		.add_bits = event_add_bits,
		.del_bits = event_del_bits,
		.set_fd = event_set_fd,
		.free = event_free,
		.add = event_add,
		.del = event_del,
		.add_timer = event_add_timer,
		.del_timer = event_del,
		.add_signal = no_signal,
		.del_signal = event_del,
	};
	struct event *e = mem_alloc(sizeof *e);

	e->event.magic = UB_EVENT_MAGIC;
	e->event.vmt = &methods;
	e->loop = ((struct base *)base)->loop;
	e->fd = fd;
	e->bits = bits;
	e->fn = fn;
	e->arg = arg;
	e->timer.data = e;
	uv_timer_init(&e->loop->uv, &e->timer);
	return &e->event;
}

static void
base_free(struct ub_event_base *base)
{
	(void)base;
}

static int
base_dispatch(struct ub_event_base *base)
{
	(void)base;
	return 0;
}

static int
base_exit(struct ub_event_base *base, struct timeval *span)
{
	(void)base;
	(void)span;
	return 0;
}

static struct ub_event *
no_signal_event(struct ub_event_base *base, int fd, void (*fn)(int, short, void *), void *arg)
{
	(void)base;
	(void)fd;
	(void)fn;
	(void)arg;
	return NULL;
}

/* ---- setting up ---- */

/* clang-format off */
static const char *const options[][2] = {
	{ "do-not-query-localhost:", "no" },  /* the resolver may well be on this host */
	{ "unblock-lan-zones:",      "yes" }, /* and know the names of private networks */
	{ "insecure-lan-zones:",     "yes" },
	/* A question that nobody answers keeps a socket until libunbound gives up: many such hold up no other. */
	{ "outgoing-range:",         "1024" },
	{ "num-queries-per-thread:", "1024" },
	{ "outgoing-num-tcp:",       "20" },
	{ "outbound-msg-retry:",     "3" },
	{ "cache-max-ttl:",          "3600" },
	{ "msg-cache-size:",         "1m" },
	{ "rrset-cache-size:",       "2m" },
	/* A resolver that was away is asked again within a minute. */
	{ "infra-host-ttl:",         "60" },
	{ "infra-keep-probing:",     "yes" },
};

/* What libunbound would answer by itself. */
static const char *const built_in_zones[] = { "test.", "invalid.", "onion.", "home.arpa." };
/* clang-format on */

static int
ub_err(struct err *err, const char *what, int code)
{
	return err_set(err, "%s: %s", what, ub_strerror(code));
}

static int
set_up(struct dns_net *n, const struct dns_config *config, struct err *err)
{
	int r;

	ub_ctx_debugout(n->ctx, NULL);
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if ((r = ub_ctx_set_option(n->ctx, options[i][0], options[i][1])) != 0)
			return ub_err(err, options[i][0], r);
	if (!config->dnssec && (r = ub_ctx_set_option(n->ctx, "module-config:", "iterator")) != 0)
		return ub_err(err, "module-config", r);
	if (config->dnssec && access(ROOT_KEY, R_OK) != 0)
		return err_errno(err, "cannot read %s (package dns-root-data)", ROOT_KEY);
	if (config->dnssec && (r = ub_ctx_add_ta_file(n->ctx, ROOT_KEY)) != 0)
		return ub_err(err, ROOT_KEY, r);
	if (config->servers == NULL && (r = ub_ctx_resolvconf(n->ctx, NULL)) != 0)
		return ub_err(err, "/etc/resolv.conf", r);
	for (const char *const *s = config->servers; s != NULL && *s != NULL; s++)
		if ((r = ub_ctx_set_fwd(n->ctx, *s)) != 0)
			return ub_err(err, *s, r);
	/* The first of these ends the setting up. */
	for (size_t i = 0; i < sizeof built_in_zones / sizeof built_in_zones[0]; i++)
		if ((r = ub_ctx_zone_remove(n->ctx, built_in_zones[i])) != 0)
			return ub_err(err, built_in_zones[i], r);
	return 0;
}

struct dns_net *
dns_net_create(struct loop *loop, const struct dns_config *config, struct err *err)
{
	static struct ub_event_base_vmt methods = {
		.free = base_free,
		.dispatch = base_dispatch,
		.loopexit = base_exit,
		.new_event = event_new,
		.new_signal = no_signal_event,
	};
	struct dns_net *n = mem_alloc(sizeof *n);

	n->base.base.magic = UB_EVENT_MAGIC;
	n->base.base.vmt = &methods;
	n->base.loop = loop;
	n->ctx = ub_ctx_create_ub_event(&n->base.base);
	if (n->ctx == NULL)
		abort();
	if (set_up(n, config, err) == 0)
		return n;
	dns_net_destroy(n);
	return NULL;
}

void
dns_net_destroy(struct dns_net *n)
{
	if (n == NULL)
		return;
	ub_ctx_delete(n->ctx);
	mem_free(n);
}

/* ---- asking ---- */

/* A response; libunbound has checked that it answers the question, not that its records make sense. */
static void
on_answer(void *arg, int code, void *packet, int len, int security, char *why_bogus, int limited)
{
	bool usable = code == 0 && packet != NULL && len > 0;

	(void)limited;
	if (why_bogus != NULL)
		log_info("an answer of the DNS is bogus: %s", why_bogus);
	dns_answered(arg, usable ? (struct str){ packet, (size_t)len } : STR(""), security == 2,
	    security == 1);
}

int
dns_net_ask(
    struct dns_net *n, const char *name, enum dns_type type, struct dns_query *query, int *id)
{
	*id = 0;
	return ub_resolve_event(n->ctx, name, (int)type, CLASS_IN, query, on_answer, id) == 0 ? 0
											      : -1;
}

void
dns_net_cancel(struct dns_net *n, int id)
{
	ub_cancel(n->ctx, id);
}
