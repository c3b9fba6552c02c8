/* SPDX-License-Identifier: MIT */
/*
 * tx_queued -- a transaction made again from its envelope, for the stages that come after queued.
 */
#include "core/base/arena.h"
#include "core/session/tx_parts.h"

#include <assert.h>
#include <string.h>

/* An address of an envelope, which we wrote ourselves; one that is damaged keeps its text. */
static struct address
read_address(struct arena *arena, struct str text)
{
	struct address a = { .local = STR(""), .domain = STR(""), .text = str_copy(arena, text) };

	address_parse(arena, a.text, ADDRESS_UTF8, &a);
	return a;
}

struct tx *
tx_create_queued(
    struct server *server, struct policy *policy, const struct envelope *e, void *owner)
{
	const struct tx_options options = {
		.server = server, .policy = policy, .client = e->client, .owner = owner
	};
	const struct mail_params params = { .size = e->size,
		.body_8bit = e->body_8bit,
		.utf8 = e->utf8,
		.envid = e->envid,
		.ret = e->ret,
		.auth = STR("") };
	struct tx *tx = tx_create(&options);
	struct address sender = read_address(tx->arena, e->sender);

	tx->options.via = str_copy(tx->arena, e->via).p;
	tx->helo = str_copy(tx->arena, e->helo);
	tx->user = str_copy(tx->arena, e->user);
	tx_begin(tx, &sender, &params);
	memcpy(tx->mail->id, e->id, sizeof tx->mail->id);
	tx->mail->told = true;
	for (size_t i = 0; i < e->rcpt_count; i++) {
		struct recipient *r = tx_add_recipient(tx);

		r->address = read_address(tx->mail_arena, e->rcpts[i].address);
		r->route.deliverer = str_copy(tx->mail_arena, e->rcpts[i].deliverer);
		r->route.host = str_copy(tx->mail_arena, e->rcpts[i].route_host);
		r->route.port = e->rcpts[i].route_port;
		r->named = e->rcpts[i].original.len > 0
			       ? read_address(tx->mail_arena, e->rcpts[i].original)
			       : r->address;
	}
	return tx;
}

void
tx_set_present_rcpt(struct tx *tx, size_t i)
{
	assert(tx->mail != NULL && i < tx->mail->rcpt_count);
	tx->present = &tx->mail->rcpts[i];
}

void
tx_set_outcome(struct tx *tx, const char *outcome, struct str reply)
{
	tx->outcome = outcome;
	tx->outcome_reply = str_copy(tx->mail_arena, reply);
}

struct str
tx_route_deliverer(const struct tx *tx)
{
	return tx->present != NULL && tx->present->route.deliverer.p != NULL
		   ? tx->present->route.deliverer
		   : STR("");
}

struct str
tx_route_host(const struct tx *tx)
{
	return tx->present != NULL && tx->present->route.host.p != NULL ? tx->present->route.host
									: STR("");
}

uint16_t
tx_route_port(const struct tx *tx)
{
	return tx->present != NULL ? tx->present->route.port : 0;
}
