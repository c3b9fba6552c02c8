/* SPDX-License-Identifier: MIT */
/*
 * script_wait -- functions that let other sessions run until their answer is there: sleep and dns.
 *
 * Each starts its work and yields; the continuation, run inside of the coroutine, makes Lua values
 * of the answer. One deadline covers all waits of a call.
 */
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/dns.h"
#include "core/policy/script_api.h"
#include "core/policy/script_parts.h"
#include "core/process/server.h"
#include "core/session/tx.h"

#include <lauxlib.h>
#include <stdlib.h>

/* Whether the present call can wait at all; raises an error where it cannot. */
static struct script_call *
check_can_wait(lua_State *L, const char *what)
{
	struct script_call *call = call_of(L);

	if (call->tx == NULL)
		luaL_error(L, "%s: nothing can wait while the script is loaded", what);
	if (!lua_isyieldable(L))
		luaL_error(
		    L, "%s: cannot wait inside of a sort, a replacement or a metamethod", what);
	if (stage_observes(tx_stage(call->tx)))
		luaL_error(
		    L, "%s: cannot wait at the stage %s", what, stage_name(tx_stage(call->tx)));
	return call;
}

/* What is left of the call's time. */
static uint64_t
time_left(const struct script_call *call)
{
	const struct script_policy *p = call->state->policy;
	uint64_t spent = clock_ms(p->set->server->loop) - call->began_ms;
	uint64_t most = p->config->limits.script_ms;

	return spent < most ? most - spent : 0;
}

static int
after_sleep(lua_State *L, int status, lua_KContext context)
{
	(void)L, (void)status, (void)context;
	return 0;
}

static int
wait_sleep(lua_State *L)
{
	uint64_t ms = api_check_ms(L, 1), left;
	struct script_call *call = check_can_wait(L, "sleep");

	left = time_left(call);
	call->sleeps = ms <= left; /* else it ends by the call's deadline */
	timer_set(&call->timer, call->sleeps ? ms : left);
	return lua_yieldk(L, 0, 0, after_sleep);
}

/* ---- dns.a(name) and the like: a list, empty where there is nothing, and how the question ended
 */

static void
push_record(lua_State *L, enum dns_type type, const struct dns_record *r)
{
	char ip[IP_TEXT_MAX];

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		lua_pushstring(L, ip_print(&r->ip, ip));
		return;
	case DNS_MX:
		lua_createtable(L, 0, 2);
		lua_pushinteger(L, r->priority);
		lua_setfield(L, -2, "priority");
		lua_pushlstring(L, r->text.p, r->text.len);
		lua_setfield(L, -2, "host");
		return;
	default:
		lua_pushlstring(L, r->text.p, r->text.len);
	}
}

/* By priority, then name: in the same order each time. */
static int
compare_mx(const void *a, const void *b)
{
	const struct dns_record *x = *(const struct dns_record *const *)a,
				*y = *(const struct dns_record *const *)b;

	return x->priority != y->priority ? x->priority - y->priority
					  : str_compare(x->text, y->text);
}

static int
after_dns(lua_State *L, int status, lua_KContext type)
{
	const struct dns_answer *answer = call_of(L)->answer;
	const struct dns_record **sorted;

	(void)status;
	sorted = lua_newuserdatauv(L, (answer->count + 1) * sizeof *sorted, 0);
	for (size_t i = 0; i < answer->count; i++)
		sorted[i] = &answer->records[i];
	if (type == DNS_MX)
		qsort(sorted, answer->count, sizeof *sorted, compare_mx);
	lua_createtable(L, (int)answer->count, 0);
	for (size_t i = 0; i < answer->count; i++) {
		push_record(L, (enum dns_type)type, sorted[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_pushstring(L, dns_status_name(answer->status));
	return 2;
}

static void
on_answer(const struct dns_answer *answer, void *arg)
{
	struct script_call *call = arg;

	call->query = NULL;
	call->answer = answer;
	timer_stop(&call->timer);
	call_resume(call, NULL);
}

static int
ask(lua_State *L, enum dns_type type, struct str name)
{
	struct script_call *call = check_can_wait(L, "dns");

	call->sleeps = false;
	timer_set(&call->timer, time_left(call));
	call->query = dns_ask(call->state->policy->set->server->dns, name, type, on_answer, call);
	return lua_yieldk(L, 0, type, after_dns);
}

static struct str
check_name(lua_State *L)
{
	struct str name;

	name.p = luaL_checklstring(L, 1, &name.len);
	luaL_argcheck(L, name.len > 0 && name.len <= 255, 1, "a domain name is expected");
	return name;
}

static int
dns_a(lua_State *L)
{
	return ask(L, DNS_A, check_name(L));
}

static int
dns_aaaa(lua_State *L)
{
	return ask(L, DNS_AAAA, check_name(L));
}

static int
dns_mx(lua_State *L)
{
	return ask(L, DNS_MX, check_name(L));
}

static int
dns_txt(lua_State *L)
{
	return ask(L, DNS_TXT, check_name(L));
}

/* Of an address, or of a name that is reversed already. */
static int
dns_ptr(lua_State *L)
{
	struct str name = check_name(L);
	char reversed[80];
	struct ip ip;

	if (ip_parse(name, &ip))
		name = str_of(dns_reversed(
		    &ip, ip_is_v4(&ip) ? "in-addr.arpa" : "ip6.arpa", reversed, sizeof reversed));
	return ask(L, DNS_PTR, name);
}

void
wait_on_timer(void *arg)
{
	struct script_call *call = arg;

	if (call->query != NULL)
		dns_cancel(call->query);
	call->query = NULL;
	call_resume(call, call->sleeps ? NULL : "used up its time (limits: script_time)");
}

void
wait_cancel(struct script_call *call)
{
	timer_stop(&call->timer);
	if (call->query != NULL)
		dns_cancel(call->query);
	call->query = NULL;
}

void
wait_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "a", dns_a },
		{ "aaaa", dns_aaaa },
		{ "mx", dns_mx },
		{ "txt", dns_txt },
		{ "ptr", dns_ptr },
		{ NULL, NULL },
	};

	lua_pushcfunction(L, wait_sleep);
	lua_setfield(L, -2, "sleep");
	luaL_newlib(L, functions);
	lua_setfield(L, -2, "dns");
}
