/* SPDX-License-Identifier: MIT */
/*
 * route -- who delivers to a recipient: first whom the policy names, then "local" for our domains,
 * then what `route` says of the domain or of all, then "relay".
 */
#include "core/delivery/route.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/module.h"
#include "core/process/lookup.h"
#include "core/process/server.h"

static enum route_result
refuse(struct route *r, enum route_result result, const char *status, const char *reply)
{
	r->status = status;
	r->reply = reply;
	return result;
}

/* ---- users that were found lately */

struct known {
	uint64_t until_ms; /* 0: nobody */
	char address[ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 2],
	    user[ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 2];
};

struct route_users {
	struct known known[ROUTE_USERS];
};

struct route_users *
route_users_create(struct arena *arena)
{
	return arena_alloc(arena, sizeof(struct route_users));
}

/* "local@domain" as it was asked for; the place where it stands, or would. */
static struct known *
place_of(struct route *r, struct str *address)
{
	*address =
	    str_of(arena_printf(r->arena, "%.*s@%.*s", STR_FMT(r->asked), STR_FMT(r->domain)));
	return &r->users->known[map_hash(*address) % ROUTE_USERS];
}

static bool
is_known(struct route *r)
{
	struct str address;
	const struct known *k = place_of(r, &address);

	if (k->until_ms <= clock_ms(server_here()->loop) || !str_eq(str_of(k->address), address))
		return false;
	r->mailbox = str_copy(r->arena, str_of(k->user));
	return true;
}

static void
remember(struct route *r)
{
	struct str address;
	struct known *k = place_of(r, &address);

	if (address.len >= sizeof k->address || r->mailbox.len >= sizeof k->user)
		return;
	memcpy(k->address, address.p, address.len + 1);
	memcpy(k->user, r->mailbox.p, r->mailbox.len + 1);
	k->until_ms = clock_ms(server_here()->loop) + ROUTE_USERS_MS;
}

/* ---- whose mailbox: names are tried in this order until one is a user */

struct route_try {
	bool (*name)(struct route *, struct str *local); /* false: this one does not apply */
	bool needs_user; /* false: the mailbox is there whether or not such a user is */
};

static bool
as_addressed(struct route *r, struct str *local)
{
	*local = r->local;
	return true;
}

/* "alice+lists" is alice's. */
static bool
without_detail(struct route *r, struct str *local)
{
	struct str detail;

	return address_split_detail(r->local, '+', local, &detail) && local->len > 0;
}

static bool
catch_all(struct route *r, struct str *local)
{
	*local = str_of(config_domain(r->config, r->domain)->catch_all);
	return local->len > 0;
}

/* Mail for the postmaster always has a place (RFC 5321, 4.5.1), and abuse@ is the postmaster. */
static bool
postmaster(struct route *r, struct str *local)
{
	*local = STR("postmaster");
	return str_eq_nocase(r->local, *local) || str_eq_nocase(r->local, STR("abuse"));
}

/* clang-format off */
static const struct route_try tries[] = {
	{ as_addressed,   true },
	{ without_detail, true },
	{ catch_all,      true },
	{ postmaster,     false },
	{ NULL,           false },
};
/* clang-format on */

static enum route_result try_next(struct route *);

static void
on_user(enum auth_result result, struct str user, void *arg)
{
	struct route *r = arg;
	enum route_result came;

	r->request = NULL;
	if (result == AUTH_OK) {
		r->mailbox = str_copy(r->arena, user);
		remember(r);
		came = ROUTE_FOUND;
	} else if (result == AUTH_NO_USER) {
		r->step++;
		came = try_next(r);
	} else {
		came = refuse(r, ROUTE_DEFER, "4.3.0", "Cannot look up the mailbox now");
	}
	if (came != ROUTE_LATER)
		r->done(r, came, r->arg);
}

static enum route_result
try_next(struct route *r)
{
	struct str local;

	for (; r->step->name != NULL; r->step++) {
		if (!r->step->name(r, &local))
			continue;
		if (!r->step->needs_user) {
			r->mailbox = str_of(arena_printf(
			    r->arena, "%.*s@%.*s", STR_FMT(local), STR_FMT(r->domain)));
			return ROUTE_FOUND;
		}
		r->asked = local;
		if (is_known(r))
			return ROUTE_FOUND;
		r->request = auth_find(server_here()->auth, local, r->domain, on_user, r);
		return ROUTE_LATER;
	}
	return refuse(r, ROUTE_FAIL, "5.1.1", "No such mailbox");
}

/* ---- which deliverer */

static const struct config_route *
configured(const struct config *config, struct str domain)
{
	const struct config_route *any = NULL;

	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *r = &config->routes[i];

		if (str_eq(str_of(r->domain), domain))
			return r;
		if (str_eq(str_of(r->domain), STR("*")))
			any = r;
	}
	return any;
}

/* Fill in name, host and port. */
static void
choose(struct route *r, const struct route_wish *wish, const struct config_domain *ours)
{
	const struct config_route *route = configured(r->config, r->domain);

	r->name = "relay";
	if (wish->deliverer.len > 0)
		r->name = arena_printf(r->arena, "%.*s", STR_FMT(wish->deliverer));
	else if (wish->host.len == 0 && ours != NULL && !ours->relay)
		r->name = "local";
	else if (wish->host.len == 0 && route != NULL && route->deliverer[0] != '\0')
		r->name = route->deliverer;
	r->host = wish->host;
	r->port = wish->port;
	if (r->host.len > 0 || wish->deliverer.len > 0)
		return;
	if (ours != NULL && ours->relay) {
		r->host = str_of(ours->relay_host);
	} else if (route != NULL && ours == NULL) {
		r->host = str_of(route->host);
		r->port = route->port;
	}
}

enum route_result
route_start(struct route *r, struct arena *arena, const struct config *config,
    struct route_users *users, const struct envelope_rcpt *rcpt, const struct route_wish *wish,
    void (*done)(struct route *, enum route_result, void *arg), void *arg)
{
	ptrdiff_t at = str_find_last(rcpt->address, '@');
	struct address address = { .local = rcpt->address };
	const struct config_domain *ours;
	const struct config_use *use;

	*r = (struct route){ .users = users,
		.arena = arena,
		.config = config,
		.done = done,
		.arg = arg,
		.step = tries };
	if (at < 0 || address_parse(arena, rcpt->address, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return refuse(r, ROUTE_FAIL, "5.1.3", "Recipient address cannot be read");
	r->local = address.local;
	r->domain = address.domain;
	ours = config_domain(config, r->domain);
	choose(r, wish, ours);
	use = config_use(config, r->name);
	if (use == NULL || use->module == NULL || use->module->deliverer == NULL)
		return refuse(r, ROUTE_DEFER, "4.4.4", "No deliverer for this destination");
	r->deliverer = use->module->deliverer;
	r->conf = use->conf;
	if (!str_eq(str_of(r->name), STR("local")))
		return ROUTE_FOUND;
	if (ours == NULL || ours->relay)
		return refuse(
		    r, ROUTE_DEFER, "4.3.5", "Routed to a mailbox, but the domain is not ours");
	return try_next(r);
}

void
route_cancel(struct route *r)
{
	if (r->request != NULL)
		auth_cancel(r->request);
	r->request = NULL;
}
