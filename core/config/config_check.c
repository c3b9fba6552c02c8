/* SPDX-License-Identifier: MIT */
/* config_check -- whether what was written fits together: modules, endpoints, options, ports. */
#include "core/base/arena.h"
#include "core/base/nearest.h"
#include "core/config/config_load.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/policy/script.h"
#include "core/text/address.h"

#include <jansson.h>
#include <string.h>

/* ---- modules */

/* The module `name`, used without options where nothing says `use`. */
static struct config_use *
imply_use(struct loader *load, const char *name, struct config_where at)
{
	struct config *c = load->config;
	struct config_use *u = config_use(c, name);

	if (u != NULL)
		return u;
	u = config_append(load->arena, (void **)&c->uses, &c->use_count, sizeof *u);
	field_set_initial(load->arena, use_fields, u);
	*u = (struct config_use){ .at = at, .name = name, .fd = -1, .options = "{}", .file = "" };
	return u;
}

struct complaint {
	struct loader *load;
	const struct config_use *use;
};

static void
wrong_option(const char *option, const char *text, void *arg)
{
	struct complaint *c = arg;

	(void)option;
	MISTAKE(c->load, c->use->at, "use \"%s\": %s", c->use->name, text);
}

/* Find and load the module, and see whether its options fit. Told once, here. */
static void
load_use(struct loader *load, struct config_use *u)
{
	struct complaint complaint = { load, u };
	json_t *options;
	const char *name;
	struct err err;

	if (u->module != NULL || u->file[0] != '\0')
		return; /* done, or tried */
	u->file = module_find(load->arena, u->name, &err);
	if (u->file != NULL)
		u->module = module_load(u->file, -1, &name, &err);
	if (u->module == NULL) {
		u->file = "?";
		MISTAKE(load, u->at, "%s", err.text);
		return;
	}
	u->name = arena_strdup(load->arena, name);
	options = json_loads(u->options, 0, NULL);
	u->conf = module_configure(
	    load->arena, u->module, options, load->config->data, wrong_option, &complaint);
	json_decref(options);
}

static void
check_uses(struct loader *load)
{
	struct config *c = load->config;

	for (size_t i = 0; i < c->use_count; i++) {
		if (config_use(c, c->uses[i].name) != &c->uses[i])
			MISTAKE(load, c->uses[i].at, "use \"%s\" stands at line %d already",
			    c->uses[i].name, config_use(c, c->uses[i].name)->at.line);
		else
			load_use(load, &c->uses[i]);
	}
}

/* The module that some option names, and that must have an ability. */
static const struct module *
module_named(struct loader *load, const char *name, struct config_where at)
{
	struct config_use *u = imply_use(load, name, at);

	load_use(load, u);
	return u->module;
}

/* ---- listen */

/* The endpoint of that name among those of a protocol; NULL: none. */
static const struct endpoint *
endpoint_of(const struct module *m, const char *name)
{
	if (m == NULL || m->protocol == NULL)
		return NULL;
	for (const struct endpoint *e = m->protocol->endpoints; e->name != NULL; e++)
		if (strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

static void
try_endpoints(struct nearest *near, const struct module *m)
{
	if (m == NULL || m->protocol == NULL)
		return;
	for (const struct endpoint *e = m->protocol->endpoints; e->name != NULL; e++)
		nearest_try(near, e->name);
}

/* Look through modules that are there but not used. `*module` is the one that has the endpoint. */
static const struct endpoint *
find_in_unused(struct loader *load, const char *endpoint, const char **module, struct nearest *near)
{
	const char *const *names;
	size_t count = module_names(load->arena, &names);

	for (size_t i = 0; i < count; i++) {
		const char *file = module_find(load->arena, names[i], NULL), *own;
		const struct module *m = file != NULL ? module_load(file, -1, &own, NULL) : NULL;
		const struct endpoint *e = endpoint_of(m, endpoint);

		if (e != NULL) {
			*module = names[i];
			return e;
		}
		try_endpoints(near, m);
	}
	return NULL;
}

/* Which module has the endpoint; it is used from here on. NULL: told. */
static const struct endpoint *
find_endpoint(struct loader *load, struct config_listen *l)
{
	struct config *c = load->config;
	struct nearest near = { .wanted = str_of(l->endpoint) };
	const struct endpoint *e;

	for (size_t i = 0; i < c->use_count; i++) {
		if ((e = endpoint_of(c->uses[i].module, l->endpoint)) != NULL) {
			l->protocol = c->uses[i].name;
			return e;
		}
		try_endpoints(&near, c->uses[i].module);
	}
	if ((e = find_in_unused(load, l->endpoint, &l->protocol, &near)) != NULL) {
		struct config_use *u = imply_use(load, l->protocol, l->at);

		load_use(load, u);
		l->protocol = u->name;
		return e;
	}
	MISTAKE(load, l->at, "no module has the endpoint '%s'%s", l->endpoint,
	    near.best != NULL ? arena_printf(load->arena, "; did you mean '%s'?", near.best) : "");
	return NULL;
}

static void
check_address(struct loader *load, struct config_listen *l)
{
	l->any = l->address[0] == '\0' || strcmp(l->address, "*") == 0;
	if (!l->any && !ip_parse(str_of(l->address), &l->ip))
		MISTAKE(
		    load, l->at, "address of listen: \"%s\" is neither IPv4 nor IPv6", l->address);
}

static void
check_listen(struct loader *load, struct config_listen *l)
{
	struct config *c = load->config;
	const struct endpoint *e;

	check_address(load, l);
	if (l->policy[0] != '\0' && config_policy(c, l->policy) == NULL) {
		struct nearest near = { .wanted = str_of(l->policy) };

		for (size_t i = 0; i < c->policy_count; i++)
			nearest_try(&near, c->policies[i].name);
		MISTAKE(load, l->at, "unknown policy '%s'%s", l->policy,
		    near.best != NULL ? arena_printf(load->arena, "; did you mean '%s'?", near.best)
				      : "");
	}
	if (l->endpoint[0] == '\0' || (e = find_endpoint(load, l)) == NULL)
		return; /* told */
	if (l->port == 0)
		l->port = e->port;
	l->tls_first = l->tls[0] != '\0' ? strcmp(l->tls, "first") == 0 : e->tls_first;
	l->needs_auth = l->auth[0] != '\0' ? strcmp(l->auth, "required") == 0 : e->needs_auth;
	if (c->tls_count == 0 && (l->tls_first || strcmp(l->tls, "starttls") == 0))
		MISTAKE(load, l->at,
		    "listen \"%s\" needs a certificate: write tls { cert = \"cert.pem\", key = "
		    "\"key.pem\" }",
		    l->endpoint);
	else if (c->tls_count == 0 && l->needs_auth && !l->auth_without_tls)
		WARNING(load, l->at, "listen \"%s\": without tls { } nobody can log in here",
		    l->endpoint);
}

/* Two listens that the system would not let stand beside each other. */
static bool
clash(const struct config_listen *a, const struct config_listen *b)
{
	return a->port == b->port && a->port != 0 && (a->any || b->any || ip_equal(&a->ip, &b->ip));
}

static void
check_listens(struct loader *load)
{
	struct config *c = load->config;

	for (size_t i = 0; i < c->listen_count; i++) {
		check_listen(load, &c->listens[i]);
		for (size_t j = 0; j < i; j++)
			if (clash(&c->listens[i], &c->listens[j])) {
				MISTAKE(load, c->listens[i].at,
				    "port %u is taken by listen \"%s\" at line %d",
				    c->listens[i].port, c->listens[j].endpoint,
				    c->listens[j].at.line);
				break;
			}
	}
	if (c->listen_count == 0)
		WARNING(load, ((struct config_where){ c->path, 0 }),
		    "nothing listens: write listen { \"smtp\", port = 25 }");
}

/* ---- domains, routes, times */

/* Its canonical form; told where it is none. */
static void
canonical(struct loader *load, const char **name, const char *what, struct config_where at)
{
	struct str out;

	if (!address_domain(load->arena, str_of(*name), &out)) {
		MISTAKE(load, at, "%s: \"%s\" is no domain", what, *name);
		return;
	}
	*name = str_copy(load->arena, out).p;
}

static void
check_hostname(struct loader *load)
{
	struct config *c = load->config;
	struct str out;

	if (!address_domain(load->arena, str_of(c->hostname), &out))
		MISTAKE(load, ((struct config_where){ c->path, 0 }),
		    "hostname of server: \"%s\" is no host name", c->hostname);
	else
		c->hostname = str_copy(load->arena, out).p;
}

static void
check_domain(struct loader *load, struct config_domain *d)
{
	const struct module *users, *mail;

	if (config_domain(load->config, str_of(d->name)) != d)
		MISTAKE(load, d->at, "domain \"%s\" stands at line %d already", d->name,
		    config_domain(load->config, str_of(d->name))->at.line);
	users = module_named(load, d->users, d->at);
	if (users != NULL && users->lookup == NULL)
		MISTAKE(load, d->at, "users of domain: module '%s' knows no users (%s)", d->users,
		    users->summary);
	mail = module_named(load, d->mail, d->at);
	if (mail != NULL && mail->storage == NULL)
		MISTAKE(load, d->at, "mail of domain: module '%s' keeps no mail (%s)", d->mail,
		    mail->summary);
}

static void
check_route(struct loader *load, const struct config_route *r)
{
	const struct module *m = module_named(load, r->deliverer, r->at);

	if (m != NULL && m->deliverer == NULL)
		MISTAKE(load, r->at, "deliverer of route: module '%s' does not deliver (%s)",
		    r->deliverer, m->summary);
	for (const struct config_route *other = load->config->routes; other < r; other++)
		if (strcmp(other->domain, r->domain) == 0)
			MISTAKE(load, r->at, "route \"%s\" stands at line %d already", r->domain,
			    other->at.line);
}

static void
check_numbers(struct loader *load)
{
	struct config *c = load->config;
	struct config_where at = { c->path, 0 };

	if (c->retry_warn_ms > 0 && c->retry_warn_ms >= c->retry_give_up_ms)
		MISTAKE(load, at, "warn of retry is not before give_up");
	if (c->retry_every_ms >= c->retry_give_up_ms)
		MISTAKE(load, at, "every of retry is not before give_up");
	if (c->limits.recipients < 100)
		WARNING(
		    load, at, "recipients of limits: RFC 5321, 4.5.3.1.8, asks for 100 and more");
}

void
config_check(struct loader *load)
{
	struct config *c = load->config;

	check_uses(load);
	check_listens(load);
	check_hostname(load);
	for (size_t i = 0; i < c->domain_count; i++)
		canonical(load, &c->domains[i].name, "domain", c->domains[i].at);
	for (size_t i = 0; i < c->domain_count; i++)
		check_domain(load, &c->domains[i]);
	if (c->domain_count > 0) /* who puts mail into mailboxes */
		module_named(load, "local", c->domains[0].at);
	for (size_t i = 0; i < c->route_count; i++)
		if (strcmp(c->routes[i].domain, "*") != 0)
			canonical(load, &c->routes[i].domain, "route", c->routes[i].at);
	for (size_t i = 0; i < c->route_count; i++)
		check_route(load, &c->routes[i]);
	check_numbers(load);
	for (size_t i = 0; i < c->policy_count; i++)
		script_check(load->arena, c, &c->policies[i], load->mistakes);
}
