/* SPDX-License-Identifier: MIT */
/* tx_world -- a server of one domain for tests of transactions: real loop, spool and users. */
#include "tests/unit/tx_world.h"
#include "core/loop/loop.h"
#include "core/process/auth.h"
#include "core/spool/spool.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>

static bool users_are_down;

static int
find_user(void *conf, struct arena *arena, struct str local, struct str domain,
    struct lookup_user *user, struct err *err)
{
	(void)conf;
	if (users_are_down || str_eq(local, STR("down")))
		return err_set(err, "users are down");
	if (!str_eq_nocase(local, STR("bob")))
		return 0;
	user->name = str_of(arena_printf(arena, "bob@%.*s", STR_FMT(domain)));
	user->home = STR("");
	return 1;
}

static int
check_password(
    void *conf, struct str local, struct str domain, struct str password, struct err *err)
{
	(void)conf, (void)local, (void)domain, (void)password, (void)err;
	return 0;
}

static const struct lookup lookup = {
	.size = sizeof lookup, .find_user = find_user, .check_password = check_password
};
static const struct module users = { .abi = MODULE_ABI, .summary = "users", .lookup = &lookup };

static void
on_found(struct message *m, void *arg)
{
	struct tx_world *w = arg;

	if (w->found != NULL)
		message_unref(w->found);
	w->found = message_ref(m);
	w->found_count++;
}

static void
keep_line(struct str line, void *arg)
{
	struct tx_world *w = arg;
	size_t len = strlen(w->log);
	ptrdiff_t space = str_find(line, ' ');

	line = str_from(line, (size_t)space + 1);
	if (len + line.len < sizeof w->log)
		memcpy(w->log + len, line.p, line.len);
}

static void
configure(struct tx_world *w)
{
	struct config *c = &w->config;

	w->use = (struct config_use){ .name = "users", .fd = -1, .module = &users };
	w->domains[0] = (struct config_domain){
		.name = "here.test", .users = "users", .mail = "", .catch_all = ""
	};
	w->domains[1] = (struct config_domain){ .name = "relay.test",
		.users = "",
		.mail = "",
		.catch_all = "",
		.relay = true,
		.relay_host = "h" };
	c->hostname = "mx.here.test";
	c->domains = w->domains;
	c->domain_count = 2;
	c->uses = &w->use;
	c->use_count = 1;
	c->limits.recipients = 100;
	c->limits.message_size = 1024 * 1024;
	c->limits.header_size = 64 * 1024;
	c->limits.line_length = 2048;
	c->limits.received_fields = 50;
	c->limits.handler_ms = 60000;
}

void
tx_world_open(struct tx_world *w, bool with_spool)
{
	struct spool_options options = { 0 };
	struct err err;

	memset(w, 0, sizeof *w);
	w->arena = arena_create(NULL);
	w->spool_dir = options.dir = arena_strdup(w->arena, check_folder());
	configure(w);
	w->server.loop = loop_create();
	w->server.arena = w->arena;
	w->server.config = &w->config;
	w->server.refs = ref_table_create();
	w->server.auth = auth_local(w->server.loop, &w->config);
	if (with_spool) {
		w->server.spool = spool_open(w->server.loop, &options, on_found, w, &err);
		if (w->server.spool == NULL)
			puts(err.text);
		CHECK(w->server.spool != NULL);
	}
	w->policy.name = "test";
	w->policy.hash = "0123456789abcdef";
	for (enum stage s = 0; s < STAGE_COUNT; s++)
		w->policy.handlers[s] = w->handlers[s];
	w->policy.tx_size = 64;
	w->options = (struct tx_options){
		.server = &w->server, .policy = &w->policy, .via = "smtp", .owner = w
	};
	ip_parse(STR("192.0.2.9"), &w->options.client);
	ip_parse(STR("192.0.2.1"), &w->options.local);
	log_capture(keep_line, w);
}

void
tx_world_close(struct tx_world *w)
{
	if (w->tx != NULL)
		tx_destroy(w->tx);
	if (w->found != NULL)
		message_unref(w->found);
	while (loop_turn(w->server.loop, false, 0))
		;
	if (w->server.spool != NULL)
		spool_close(w->server.spool);
	auth_close(w->server.auth);
	loop_destroy(w->server.loop);
	CHECK_INT(ref_count(w->server.refs), 0);
	ref_table_destroy(w->server.refs);
	log_capture(NULL, NULL);
	arena_destroy(w->arena);
}

struct handler *
tx_world_on(struct tx_world *w, enum stage stage, handler_fn *fn, const char *name)
{
	struct handler *h = &w->handlers[stage][w->policy.count[stage]++];

	*h = (struct handler){ .fn = fn, .conf = w, .name = name };
	return h;
}

struct tx *
tx_world_connect(struct tx_world *w)
{
	if (w->tx != NULL)
		tx_destroy(w->tx);
	w->tx = tx_create(&w->options);
	tx_world_ask(w, STAGE_CONNECT);
	tx_learn_helo(w->tx, STR("client.test"), true);
	tx_world_ask(w, STAGE_HELO);
	return w->tx;
}

static void
on_over(struct tx *tx)
{
	struct tx_world *w = tx_owner(tx);

	w->over = true;
}

void
tx_world_turn(struct tx_world *w, const bool *done)
{
	for (int i = 0; i < 1000 && !*done; i++)
		loop_turn(w->server.loop, true, 10);
	CHECK(*done);
}

const struct tx_answer *
tx_world_ask(struct tx_world *w, enum stage stage)
{
	w->over = false;
	if (tx_ask(w->tx, stage, on_over) == STEP_WAIT)
		tx_world_turn(w, &w->over);
	return tx_answer(w->tx);
}

static struct address
parse(struct tx_world *w, const char *text)
{
	struct address a = { .local = STR(""), .domain = STR(""), .text = STR("") };

	if (text[0] != '\0')
		CHECK_INT(address_parse(w->arena, str_of(text), ADDRESS_UTF8 | ADDRESS_BARE, &a),
		    ADDRESS_OK);
	return a;
}

const struct tx_answer *
tx_world_mail(struct tx_world *w, const char *sender)
{
	const struct mail_params params = { .envid = STR(""), .ret = STR(""), .auth = STR("") };
	struct address a = parse(w, sender);

	tx_begin(w->tx, &a, &params);
	return tx_world_ask(w, STAGE_MAIL);
}

const struct tx_answer *
tx_world_rcpt(struct tx_world *w, const char *rcpt)
{
	const struct rcpt_params params = { STR(""), STR("") };
	struct address a = parse(w, rcpt);

	tx_candidate(w->tx, &a, &params);
	return tx_world_ask(w, STAGE_RCPT);
}

const char *
tx_world_said(struct tx_world *w, const struct tx_answer *a)
{
	if (!verdict_refuses(a->verdict))
		return verdict_name(a->verdict);
	return arena_printf(w->arena, "%d %s %s", a->code, a->status, a->text);
}

enum intake_result
tx_world_message(struct tx_world *w, struct str text)
{
	enum intake_result result;

	tx_body_add(w->tx, text.p, text.len);
	result = tx_body_end(w->tx);
	if (result != INTAKE_OK)
		return result;
	if (verdict_refuses(tx_world_ask(w, STAGE_MESSAGE)->verdict))
		return INTAKE_OK;
	w->over = false;
	tx_commit(w->tx, on_over);
	CHECK(!w->over);
	tx_world_turn(w, &w->over);
	return tx_committed(w->tx);
}

struct str
tx_world_text(struct tx_world *w)
{
	static char text[256 * 1024];
	struct err err;
	size_t at = 0;
	int64_t len;

	if (w->found == NULL)
		return STR("");
	while ((len = message_read(w->found, at, text + at, sizeof text - at, &err)) > 0)
		at += (size_t)len;
	CHECK_INT(len, 0);
	return (struct str){ text, at };
}

bool
tx_world_logged(struct tx_world *w, const char *part)
{
	bool found = strstr(w->log, part) != NULL;

	if (!found)
		printf("not in the log: %s\nlog:\n%s\n", part, w->log);
	return found;
}
