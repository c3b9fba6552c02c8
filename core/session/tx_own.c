/* SPDX-License-Identifier: MIT */
/*
 * tx_own -- what the core itself has to say: whose sender it is, which recipients are ours, whether
 * a submitted message has one author.
 *
 * Permission to relay is decided here and nowhere else: a recipient that is not ours is refused
 * unless the client has authenticated, comes from network "trusted", or a policy said permit_relay.
 * postmaster is accepted before the policy is asked (RFC 5321, 4.5.1).
 */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/process/lookup.h"
#include "core/process/server.h"
#include "core/session/tx_parts.h"

#include <string.h>

static const struct config *
config_of(const struct tx *tx)
{
	return tx->options.server->config;
}

/* ---- mail: who has authenticated writes in their own name (THREATS.md, A12) */

/* Whether the address is the user's own, with or without a detail ("alice+lists@..."). */
static bool
belongs_to(const struct address *address, struct str user)
{
	struct str local = address->local, name, detail, domain = user;

	if (!str_cut(&domain, '@', &name) || !str_eq_nocase(address->domain, domain))
		return false;
	if (str_eq_nocase(local, name))
		return true;
	return address_split_detail(local, '+', &local, &detail) && str_eq_nocase(local, name);
}

static enum step
own_sender(struct tx *tx, void *conf)
{
	const struct address *sender = &tx->mail->sender;

	(void)conf;
	if (!tx->options.checks_sender || tx->user.len == 0 || sender->text.len == 0)
		return STEP_NEXT;
	if (belongs_to(sender, tx->user))
		return STEP_NEXT;
	return tx_reject(tx, 553, "5.7.1", "Sender address is not yours");
}

/* ---- rcpt */

/* The domain of ours that the address is in, or NULL; both are in canonical form (THREATS.md, R2).
 */
static const struct config_domain *
domain_of(const struct tx *tx, const struct address *a)
{
	return a->is_literal ? NULL : config_domain(config_of(tx), a->domain);
}

/* An address literal that names this server ("[192.0.2.1]"). */
static bool
is_own_literal(const struct tx *tx, const struct address *a)
{
	return a->is_literal && (ip_equal(&a->ip, &tx->options.local) || ip_is_loopback(&a->ip));
}

static bool
is_postmaster(const struct tx *tx, const struct address *a)
{
	if (!str_eq_nocase(a->local, STR("postmaster")))
		return false;
	return a->domain.len == 0 || domain_of(tx, a) != NULL || is_own_literal(tx, a) ||
	       str_eq_nocase(a->domain, str_of(config_of(tx)->hostname));
}

/* <postmaster>, postmaster@hostname and postmaster@[ip] are the postmaster of the first domain that
 * is ours. */
static void
name_postmaster(struct tx *tx, struct address *a)
{
	const struct config *config = config_of(tx);

	if (domain_of(tx, a) != NULL)
		return;
	for (size_t i = 0; i < config->domain_count; i++) {
		const char *text;

		if (config->domains[i].relay)
			continue;
		text = arena_printf(tx->mail_arena, "postmaster@%s", config->domains[i].name);
		address_parse(tx->mail_arena, str_of(text), 0, a);
		return;
	}
}

/* Speak again what an earlier stage decided, in the name of who decided it. */
static enum step
repeat(struct tx *tx, const struct decision *d)
{
	tx->ask.given = *d;
	tx->ask.gave = true;
	tx_note(tx, "of the stage %s by %s", stage_name(d->stage), d->by);
	return STEP_DONE;
}

static enum step
own_rcpt_first(struct tx *tx, void *conf)
{
	const struct decision *refusal = tx_kept(tx, true);

	(void)conf;
	if (tx->mail->rcpt_count >= config_of(tx)->limits.recipients)
		return tx_defer(tx, 452, "4.5.3", "Too many recipients");
	if (is_postmaster(tx, &tx->present->address)) {
		name_postmaster(tx, &tx->present->address);
		return tx_accept(tx);
	}
	return refusal != NULL ? repeat(tx, refusal) : STEP_NEXT;
}

/* The question whether a user exists, under way: as named, then without detail. */
struct user_search {
	struct tx *tx;
	struct ref wait;
	struct auth_request *request;
	const struct config_domain *domain;
	struct str local;
	bool tried_user; /* the part before the detail */
};

static void search_user(struct user_search *);

static void
on_user(enum auth_result result, struct str user, void *arg)
{
	struct user_search *s = arg;
	struct str base, detail;

	(void)user;
	s->request = NULL;
	if (result == AUTH_NO_USER && !s->tried_user &&
	    address_split_detail(s->local, '+', &base, &detail)) {
		s->tried_user = true;
		s->local = base;
		search_user(s);
		return;
	}
	/* abuse@ is the postmaster's, where nobody else has the name (RFC 2142). */
	if (result == AUTH_OK || (result == AUTH_NO_USER && str_eq_nocase(s->local, STR("abuse"))))
		tx_resume(s->wait, STEP_NEXT);
	else if (result == AUTH_NO_USER)
		tx_resume(s->wait, tx_reject(s->tx, 550, "5.1.1", "No such mailbox"));
	else
		tx_resume(s->wait, tx_defer(s->tx, 451, "4.3.0", "Cannot look up the mailbox now"));
}

static void
cancel_search(void *arg)
{
	struct user_search *s = arg;

	if (s->request != NULL)
		auth_cancel(s->request);
}

static void
search_user(struct user_search *s)
{
	s->request =
	    auth_find(s->tx->options.server->auth, s->local, str_of(s->domain->name), on_user, s);
}

/* Whether the mailbox exists. A source that is down is no answer: never 550 (THREATS.md, Z11). */
static enum step
find_user(struct tx *tx, const struct config_domain *domain, const struct address *a)
{
	struct user_search *s;

	if (tx->options.server->auth == NULL)
		return tx_defer(tx, 451, "4.3.0", "Cannot look up the mailbox now");
	s = arena_alloc(tx->mail_arena, sizeof *s);
	*s = (struct user_search){
		.tx = tx, .wait = tx_wait(tx), .domain = domain, .local = a->local
	};
	tx_on_cancel(tx, cancel_search, s);
	search_user(s);
	return STEP_WAIT;
}

/* What the client named must be ours or permitted; where a policy redirects it is the policy's
 * word. */
static enum step
own_rcpt_last(struct tx *tx, void *conf)
{
	const struct recipient *r = tx->present;
	const struct config_domain *named, *domain;

	(void)conf;
	named = domain_of(tx, &r->named);
	if (named == NULL && (!tx_may_relay(tx) || is_own_literal(tx, &r->named)))
		return tx_reject(tx, 550, "5.7.1", "Relaying denied");
	domain = domain_of(tx, &r->address);
	if (domain == NULL || domain->relay || domain->catch_all[0] != '\0')
		return STEP_NEXT;
	return find_user(tx, domain, &r->address);
}

/* ---- message: one author, and no other user of ours (RFC 6409, 8; RFC 5322, 3.6.2) */

/* The one address of a From field: in angle brackets at its end, or alone. False: not one, or not
 * plain. */
static bool
author_of(struct tx *tx, struct str from, struct address *a)
{
	ptrdiff_t open = str_find_last(from, '<');
	struct str inside = from;

	if (open >= 0 && from.len > (size_t)open + 1 && from.p[from.len - 1] == '>')
		inside = (struct str){ from.p + open + 1, from.len - (size_t)open - 2 };
	return address_parse(tx->mail_arena, str_trim(inside), ADDRESS_UTF8, a) == ADDRESS_OK;
}

static enum step
own_message(struct tx *tx, void *conf)
{
	size_t count = tx_header_count(tx, STR("From"));
	struct address author;

	(void)conf;
	if (!tx_is_submission(tx))
		return STEP_NEXT;
	if (count > 1)
		return tx_reject(tx, 550, "5.6.0", "Message has several From fields");
	if (count == 0 || !tx->options.checks_sender || tx->user.len == 0)
		return STEP_NEXT;
	if (!author_of(tx, tx_header(tx, STR("From"), 0), &author) ||
	    domain_of(tx, &author) == NULL || belongs_to(&author, tx->user))
		return STEP_NEXT;
	return tx_reject(tx, 550, "5.7.1", "From address is not yours");
}

/* clang-format off */
static const struct handler
	sender     = { .fn = own_sender,     .name = "core" },
	rcpt_first = { .fn = own_rcpt_first, .name = "core" },
	rcpt_last  = { .fn = own_rcpt_last,  .name = "core" },
	message    = { .fn = own_message,    .name = "core" };

/* Before the policy, and after it. */
static const struct {
	const struct handler *first, *last;
} own[STAGE_SLOTS] = {
	[STAGE_MAIL]    = { &sender,     NULL },
	[STAGE_RCPT]    = { &rcpt_first, &rcpt_last },
	[STAGE_MESSAGE] = { &message,    NULL },
};
/* clang-format on */

const struct handler *
tx_own_first(enum stage stage)
{
	return own[stage].first;
}

const struct handler *
tx_own_last(enum stage stage)
{
	return own[stage].last;
}
