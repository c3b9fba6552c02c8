/* SPDX-License-Identifier: MIT */
/* Lua policies against real transactions; the rows L1 to L9 of THREATS.md by their numbers. */
#include "core/base/arena.h"
#include "core/loop/clock.h"
#include "core/loop/dns.h"
#include "core/loop/loop.h"
#include "core/policy/script.h"
#include "core/policy/script_api.h"
#include "core/policy/script_parts.h"
#include "tests/lib/check.h"
#include "tests/unit/tx_world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct tx_world w;
static struct script_set *set;
static struct config_script script;
static struct config_policy policy;

static const char fixture[] =
    "{ \"mx.test\": { \"A\": [\"192.0.2.7\", \"192.0.2.8\"], \"AAAA\": [\"2001:db8::7\"],"
    "  \"TXT\": [\"v=spf1 -all\"], \"MX\": [[20, \"b.test\"], [10, \"z.test\"], [10, \"a.test\"]] "
    "},"
    " \"9.2.0.192.in-addr.arpa\": { \"PTR\": [\"client.test\"] },"
    " \"slow.test\": { \"fail\": \"timeout\" } }";

/* Nothing else is to be done: what is waited for comes now. */
static void
let_time_pass(void *arg)
{
	int64_t next = clock_next_timer(w.server.loop);

	(void)arg;
	if (next >= 0 && !loop_busy(w.server.loop))
		clock_advance(w.server.loop, (uint64_t)next);
}

/* A server whose policy is that one script. */
static void
open_script(const char *text)
{
	struct err err = { 0 };
	struct config *c = &w.config;

	tx_world_open(&w, false);
	clock_fake(w.server.loop, 1795246200000000000);
	loop_on_idle(w.server.loop, let_time_pass, NULL);
	script = (struct config_script){ "t.lua", "/p/t.lua", str_of(text) };
	policy = (struct config_policy){
		.name = "test", .script_count = 1, .scripts = &script, .fail = FAIL_DEFER
	};
	c->policies = &policy;
	c->policy_count = 1;
	c->limits.script_instructions = 1000000;
	c->limits.script_ms = 30000;
	c->limits.script_memory = 16 << 20;
	w.server.dns = dns_create_fixture(w.server.loop, str_of(fixture), &err);
	set = script_set_create(&w.server, &err);
	CHECK_TEXT(err.text, "");
	for (enum stage s = 0; set != NULL && s < STAGE_COUNT; s++) {
		const struct handler *handlers;
		size_t count = script_handlers(set, "test", s, &handlers);

		for (size_t i = 0; i < count; i++)
			*tx_world_on(&w, s, NULL, "") = handlers[i];
	}
}

static void
close_script(void)
{
	if (w.tx != NULL)
		tx_destroy(w.tx);
	w.tx = NULL;
	script_set_destroy(set);
	dns_destroy(w.server.dns);
	tx_world_close(&w);
}

/* The body of a handler at RCPT: what the client hears. */
static const char *
said(const char *body)
{
	struct arena *arena = arena_create(NULL);
	static char text[600];

	open_script(arena_printf(arena, "on('rcpt', function(tx)\n%s\nend)", body));
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	snprintf(text, sizeof text, "%s", tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")));
	arena_destroy(arena);
	return text;
}

/* The value of a Lua expression, said by the server. */
static void
check_value(const char *expression, const char *want)
{
	char body[2000];
	const char *got;

	snprintf(body, sizeof body, "return reject(550, '5.0.0', tostring((%s)))", expression);
	got = said(body);
	CHECK_STR_AT(
	    str_of(strncmp(got, "550 5.0.0 ", 10) == 0 ? got + 10 : got), str_of(want), expression);
	close_script();
}

struct row {
	const char *body, *want;
};

/* Each body in a world of its own. */
static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CHECK_STR_AT(str_of(said(rows[i].body)), str_of(rows[i].want), rows[i].body);
		close_script();
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])

/* The handler fails, and the log says why. */
static void
check_failures(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *got = said(rows[i].body);

		CHECK_STR_AT(str_of(strncmp(got, "451 4.3.0", 9) == 0 ? "451 4.3.0" : got),
		    STR("451 4.3.0"), rows[i].body);
		if (!tx_world_logged(&w, rows[i].want)) {
			printf("%s\n", w.log);
			CHECK_STR_AT(STR("(not logged)"), str_of(rows[i].want), rows[i].body);
		}
		close_script();
	}
}
#define CHECK_FAILURES(rows) check_failures(rows, sizeof(rows) / sizeof(rows)[0])

static uint64_t
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- what a policy can say and see */

static void
verdicts_are_returned(void)
{
	static const struct row rows[] = {
		{ "return", "next" },
		{ "return nil", "next" },
		{ "return next()", "next" },
		{ "return accept()", "accept" },
		{ "return reject(550, '5.7.1', 'Not ' .. tx.rcpt)", "550 5.7.1 Not bob@here.test" },
		{ "return defer(451, '4.7.1', 'Later')", "451 4.7.1 Later" },
		{ "return reject('No')", "550 5.7.1 No" },
		{ "return discard()", "discard" },
		{ "return park('looks odd')", "park" },
		{ "local no = reject(550, '5.7.1', 'No') local yes = accept() return yes",
		    "accept" },
	};

	CHECK_ROWS(rows);
}

static void
fields_tell_what_is_known(void)
{
	check_value("tx.stage", "rcpt");
	check_value("tx.via", "smtp");
	check_value("tx.ip", "192.0.2.9");
	check_value("tx.helo", "client.test");
	check_value("tx.sender", "ann@sender.test");
	check_value("tx.sender_local .. ' ' .. tx.sender_domain", "ann sender.test");
	check_value("tx.rcpt_local .. ' ' .. tx.rcpt_domain", "bob here.test");
	check_value("tx.tls", "false");
	check_value("tx.authenticated", "false");
	check_value("tx.user", "nil");
	check_value("tx.rcpt_count", "0");
	check_value("#tx.rcpts", "0");
	check_value("tx.may_relay", "false");
	check_value("tx.hostname", "mx.here.test");
	check_value("tx.outcome", "nil");
	check_value("tx:tag('x')", "nil");
	check_value("(function() tx:tag('x', 'y') return tx:tag('x') end)()", "y");
	check_value("clock()", "1795246200000");
}

static void
fields_that_do_not_exist_are_told(void)
{
	static const struct row rows[] = {
		{ "return tx.sneder", "t.lua:2: tx has no field 'sneder'; did you mean 'sender'?" },
		{ "if tx.spf.result == 'pass' then return accept() end",
		    "t.lua:2: tx.spf is a fact, which needs a filter that finds it out; there is "
		    "none" },
		{ "tx:add_haeder('A', 'b')",
		    "tx has no field 'add_haeder'; did you mean 'add_header'?" },
		{ "tx.sender = 'x'", "t.lua:2: fields of tx are read, not set" },
		{ "return rejct(550, '5.7.1', 'x')",
		    "t.lua:2: unknown name 'rejct'; did you mean 'reject'?" },
		{ "return dns.aa('x')", "attempt to call a nil value (field 'aa')" },
		{ "return 'reject'", "returned a string, not a verdict" },
		{ "return {}", "returned a table, not a verdict" },
		{ "return tx", "returned a userdata, not a verdict" },
	};

	CHECK_FAILURES(rows);
}

static void
options_have_the_type_of_their_default(void)
{
	static const char *names[] = { "wait", "loud" }, *values[] = { "30s", "true" };
	static const char text[] = "local wait = option('wait', '60s', 'help')\n"
				   "local rest = option('rest', '1m', 'help')\n"
				   "local loud = option('loud', false, 'help')\n"
				   "local most = option('most', 7, 'help')\n"
				   "local name = option('name', 'x', 'help')\n"
				   "on('rcpt', function(tx) return reject(550, '5.0.0', "
				   "string.format('%s %s %s %s %s', wait, rest, loud, "
				   "most, name)) end)";
	struct config_script given = { "t.lua", "/p/t.lua", str_of(text) };
	struct config_mistakes mistakes = { 0 };
	struct config_policy p = { .name = "test",
		.script_count = 1,
		.scripts = &given,
		.option_count = 2,
		.option_names = names,
		.option_values = values };

	open_script(text);
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
	    "550 5.0.0 60000 60000 false 7 x");
	CHECK_INT(script_check(w.arena, &w.config, &p, &mistakes), 0);
	close_script();
}

/* L6 */
static void
what_the_handler_leaves_behind_is_stale(void)
{
	open_script(
	    "local kept = {}\nlocal held\n"
	    "on('mail', function(tx) held = tx pcall(function() kept[1] = tx end) end)\n"
	    "on('rcpt', function(tx) return reject(550, '5.0.0', tostring(held) .. #kept) end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.0.0 nil0");
	close_script();

	/* A C closure is the one thing that keeps something between calls. */
	open_script("local again = string.gmatch('x', 'x')\n"
		    "local function late(tx) return function() return tx.sender end end\n"
		    "on('rcpt', function(tx) local f = late(tx) sleep(10) return reject(550, "
		    "'5.0.0', f()) end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	tx_ask(w.tx, STAGE_CLOSE, NULL);
	close_script();
}

/* ---- waiting */

static void
a_call_that_sleeps_goes_on_later(void)
{
	open_script("on('rcpt', function(tx)\n"
		    "  local before = clock()\n"
		    "  local ok, text = pcall(function() sleep('2s') sleep(500) return 'slept ' .. "
		    "clock() - before end)\n"
		    "  return reject(550, '5.7.1', text .. ' ' .. tx.sender)\n"
		    "end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
	    "550 5.7.1 slept 2500 ann@sender.test");
	close_script();
}

static void
names_are_looked_up(void)
{
	check_value("table.concat(dns.a('mx.test'), ' ')", "192.0.2.7 192.0.2.8");
	check_value("dns.aaaa('mx.test')[1]", "2001:db8::7");
	check_value("dns.txt('mx.test')[1]", "v=spf1 -all");
	check_value("(function() local t = {} for _, m in ipairs(dns.mx('mx.test')) do t[#t + 1] = "
		    "m.priority .. m.host end "
		    "return table.concat(t, ' ') end)()",
	    "10a.test 10z.test 20b.test");
	check_value("dns.ptr(tx.ip)[1]", "client.test");
	check_value("#dns.a('no.such.test')", "0");
	check_value("select(2, dns.a('no.such.test')) ~= select(2, dns.a('mx.test'))", "true");
}

/* L9 */
static void
nobody_waits_for_ever(void)
{
	open_script("on('rcpt', function(tx) sleep('10h') end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK(strncmp(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "451 4.3.0", 9) == 0);
	CHECK(tx_world_logged(&w, "used up its time"));
	close_script();
}

static void
a_client_that_leaves_ends_the_wait(void)
{
	struct address bob = {
		.local = STR("bob"), .domain = STR("here.test"), .text = STR("bob@here.test")
	};
	struct rcpt_params params = { STR(""), STR("") };

	open_script("on('rcpt', function(tx) sleep('20s') error('ran on') end)\n"
		    "on('mail', function(tx) dns.a('slow.test') error('ran on') end)");
	for (int i = 0; i < 100; i++) {
		tx_world_connect(&w); /* ends the one before, which waits */
		w.policy.count[STAGE_MAIL] = 0;
		tx_world_mail(&w, "ann@sender.test");
		tx_candidate(w.tx, &bob, &params);
		CHECK(tx_ask(w.tx, STAGE_RCPT, NULL) == STEP_WAIT);
	}
	close_script();
	CHECK(!tx_world_logged(&w, "ran on"));
}

static void
waiting_is_refused_where_it_cannot_be(void)
{
	static const struct row rows[] = {
		{ "table.sort({3, 2, 1}, function(a, b) sleep(1) return a < b end)",
		    "sleep: cannot wait inside of a sort, a replacement or a metamethod" },
		{ "return tostring(setmetatable({}, { __tostring = function() sleep(1) return '' "
		  "end }))",
		    "cannot wait inside" },
		{ "return ('x'):gsub('x', function() dns.a('mx.test') end)",
		    "dns: cannot wait inside" },
	};

	CHECK_FAILURES(rows);
}

/* ---- L1, L3: time */

static void
a_loop_ends(void)
{
	static const struct row rows[] = {
		{ "while true do end", "t.lua:2: " },
		{ "repeat until false", "t.lua:2: " },
		{ "local function f() return f() end f()", "t.lua:2: " },
		{ "while true do pcall(function() while true do end end) end",
		    "goes on after its budget was used up" },
		{ "local function f() pcall(f) while true do pcall(f) end end f()", "" },
		{ "local t = setmetatable({}, { __index = function(t, k) while true do end end }) "
		  "return t.x",
		    "t.lua:2: " },
		{ "return ('x'):gsub('.', function() while true do end end)", "t.lua:2: " },
		{ "return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))",
		    "too many instructions" },
		{ "return ('a'):rep(5000):find(('a*'):rep(50) .. 'b')", "too many instructions" },
		{ "return ('a'):rep(50000):match('.-.-.-b')", "too many instructions" },
		{ "while true do local x = ('('):rep(100000):find('%b()') end", "" },
		{ "local t = {} for i = 1, 100000 do t[i] = i end while true do table.insert(t, 1, "
		  "0) end",
		    "" },
		{ "local t = {} for i = 1, 100000 do t[i] = -i end while true do table.sort(t) end",
		    "" },
		{ "local a, b = ('x'):rep(1000000) .. 'a', ('x'):rep(1000000) .. 'b' while a ~= b "
		  "do end",
		    "" },
		{ "while true do local s = ('x'):rep(1000000) end", "" },
		{ "local s = 'x' while true do s = s .. s end", "" },
		{ "for i = 1, 1e9 do pcall(string.rep, 'x', 4000000) end", "" },
		{ "for i = 1, 1e9 do tonumber(('1'):rep(100000)) end", "" },
		{ "for i = 1, 1e9 do for k in pairs({ 1, 2, 3 }) do end end", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t before = cpu_ms(), spent;

		check_failures(&rows[i], 1);
		spent = cpu_ms() - before;
		if (spent >
		    400) /* the loop's bound is 50 ms; sanitizers are several times slower */
			CHECK_STR_AT(str_of("took too long"), STR(""), rows[i].body);
	}
}

static void
a_state_that_swallowed_the_error_is_made_again(void)
{
	open_script("on('mail', function(tx) while true do pcall(function() while true do end end) "
		    "end end)\n"
		    "on('rcpt', function(tx) return reject(550, '5.7.1', 'Well') end)");
	for (int i = 0; i < 3; i++) {
		tx_world_connect(&w);
		CHECK(strncmp(tx_world_said(&w, tx_world_mail(&w, "ann@sender.test")), "451 4.3.0",
			  9) == 0);
	}
	w.policy.count[STAGE_MAIL] = 0;
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), "550 5.7.1 Well");
	close_script();
}

/* ---- L2: memory */

static void
memory_is_bounded(void)
{
	static const struct row rows[] = {
		{ "return ('x'):rep(1e9)", "not enough memory" },
		{ "return ('a'):rep(2^31)", "not enough memory" },
		{ "return ('x'):rep(1e9, 'y')", "not enough memory" },
		{ "local t = {} while true do t[#t + 1] = {} end", "" },
		{ "local s = ('x'):rep(1000) local t = {} for i = 1, 20000 do t[i] = s end return "
		  "table.concat(t)",
		    "" },
		{ "local s = '%99d' for i = 1, 20 do s = s .. s end return string.format(s, 1)",
		    "" },
		{ "local t = {} for i = 1, 1e6 do t[i] = function() return i end end", "" },
		{ "local s = {} while true do s = { s } end", "" },
		{ "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end "
		  "end) end",
		    "" },
		{ "return ('x'):rep(1000000):gsub('x', ('y'):rep(1000))", "" },
	};
	size_t before;

	check_failures(&rows[3], 1);
	before = mallinfo2().uordblks;
	CHECK_FAILURES(rows);
	CHECK(mallinfo2().uordblks < before + (4 << 20));
}

/* ---- L4: the sandbox */

static void
nothing_reaches_out(void)
{
	static const char *const absent[] = { "io", "os", "load", "loadstring", "loadfile",
		"dofile", "require", "package", "debug", "collectgarbage", "print", "coroutine",
		"rawset", "rawget", "rawequal", "getmetatable", "_G", "arg" };
	static const char *const missing[] = { "string.dump", "math.random", "math.randomseed",
		"string.pack" };
	static const struct row rows[] = {
		{ "string.rep = nil", "'rep' cannot be changed" },
		{ "setmetatable(string, {})", "the table is read-only" },
		{ "x = 1", "'x' cannot be changed" },
		{ "table.insert(string, 1)", "read-only" },
		{ "return setmetatable({}, { __gc = function() end })", "__gc is not available" },
		{ "return setmetatable({}, { __close = function() end })",
		    "__close is not available" },
		{ "return setmetatable({}, { __mode = 'k' })", "__mode is not available" },
		{ "return string.format('%p', {})", "addresses change" },
		{ "('x').y.z = 1", "" },
		{ "on('rcpt', function() end)", "on stands outside of all functions" },
		{ "option('a', 'b', 'c')", "option stands outside of all functions" },
		{ "return tx.add_header({}, 'a', 'b')", "tx expected, got table" },
	};

	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
		char body[100], want[100];
		struct row row = { body, want };

		snprintf(body, sizeof body, "return %s", absent[i]);
		snprintf(want, sizeof want, "unknown name '%s'", absent[i]);
		check_failures(&row, 1);
	}
	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
		check_value(missing[i], "nil");
	CHECK_FAILURES(rows);
	check_value("tostring({}) .. tostring(tostring) .. tostring(tx)", "tablefunctionuserdata");
	check_value("string.format('%s %d %5.1f %q', {}, 3, 2.5, 'x')", "table 3   2.5 \"x\"");
}

static void
nothing_outlives_a_call(void)
{
	open_script(
	    "local count, list, class = 0, { n = 0 }, {}\n"
	    "class.__index = class\n"
	    "function class:name() return 'class' .. self.x end\n"
	    "function shared() count = count + 10 end\n"
	    "words = { 'a', 'b' }\n"
	    "on('rcpt', function(tx)\n"
	    "  count = count + 1 shared()\n"
	    "  local ok1 = pcall(function() list.n = list.n + 1 end)\n"
	    "  local ok2 = pcall(function() words[3] = 'c' end)\n"
	    "  local ok3 = pcall(table.insert, words, 'c')\n"
	    "  local ok4 = pcall(function() shared = nil end)\n"
	    "  local o = setmetatable({ x = 1 }, class)\n"
	    "  local seen = {} for k, v in pairs(words) do seen[#seen + 1] = k .. v end\n"
	    "  return reject(550, '5.0.0', table.concat({ count, list.n, tostring(ok1 or "
	    "ok2 or ok3 or ok4), #words,\n"
	    "    table.concat(words), table.concat(seen), o:name(), (next(words)) }, ' '))\n"
	    "end)");
	for (int i = 0; i < 3; i++) {
		tx_world_connect(&w);
		tx_world_mail(&w, "ann@sender.test");
		CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")),
		    "550 5.0.0 11 0 false 2 ab 1a2b class1 1");
	}
	close_script();
}

static void
order_is_always_the_same(void)
{
	check_value("(function() local t = {} for k in pairs({ b = 1, a = 1, [2] = 1, [1] = 1, "
		    "[-1.5] = 1, [true] = 1, B = 1 }) do "
		    "t[#t + 1] = tostring(k) end return table.concat(t, ' ') end)()",
	    "-1.5 1 2 B a b true");
	check_value("(function() local t = { a = 1, b = 2, c = 3 } local n = 0 for k, v in "
		    "pairs(t) do t[k] = nil t.c = nil n = n + v "
		    "end return n end)()",
	    "3");
	check_value("next({})", "nil");
	check_value("next({ b = 1, a = 2 })", "a");
	check_value("(function() local t, s = { z = 1, y = 2, x = 3 }, '' local k = next(t) while "
		    "k do s = s .. k k = next(t, k) end "
		    "return s end)()",
	    "xyz");
}

/* ---- L5 */

static void
errors_are_contained(void)
{
	static const struct row rows[] = {
		{ "local function f() return 1 + f() end f()", "calls go too deep" },
		{ "local t = setmetatable({}, {}) local mt = { __index = function(t, k) return t[k "
		  ".. 'x'] end } "
		  "t = setmetatable({}, mt) return t.x",
		    "" },
		{ "table.sort({ 3, 1, 2, 5, 4, 9, 8, 7, 6 }, function() return true end) "
		  "error('sorted')",
		    "" },
		{ "local function f() return ('x'):gsub('x', f) end f()", "" },
		{ "error(nil)", "raised an error that is no text" },
		{ "error({})", "raised an error that is no text" },
		{ "error(setmetatable({}, { __tostring = function() error('x') end }))",
		    "raised an error that is no text" },
		{ "error('plain')", "t.lua:2: plain" },
		{ "local x = nil; return x.y",
		    "t.lua:2: attempt to index a nil value (local 'x')" },
		{ "return tostring(setmetatable({}, { __tostring = function() return {} end }))",
		    "'__tostring' must return a string" },
	};

	CHECK_FAILURES(rows);
}

/* ---- L7 */

static void
garbage_is_never_spoken(void)
{
	static const struct row rows[] = {
		{ "return reject(999, '5.7.1', 'x')", "" },
		{ "return reject(250, '2.0.0', 'x')", "" },
		{ "return reject(-5, '5.7.1', 'x')", "" },
		{ "return reject(1e15 // 1 | 0, '5.7.1', 'x')", "" },
		{ "return reject(550, '4.7.1', 'x')", "" },
		{ "return reject(550, 'x', 'x')", "" },
		{ "return reject(550, '5.7.1', 'x\\r\\n250 ok')", "" },
		{ "return reject(550, '5.7.1', 'x\\0y')", "" },
		{ "return reject(550, '5.7.1', {})", "string expected, got table" },
		{ "return reject(550, '5.7.1')", "string expected, got no value" },
		{ "return reject(550, '5.7.1', ('x'):rep(1000000))", "" },
		{ "tx:redirect('a\\r\\nRCPT TO:<b@c>')", "redirect: the value cannot be used" },
		{ "tx:add_rcpt('a@b\\0c')", "add_rcpt: the value cannot be used" },
		{ "tx:delay('soon')", "number expected" },
		{ "tx:delay(-1)", "milliseconds" },
		{ "tx:route { port = 70000 }", "70000 is no port" },
		{ "tx:route { host = {} }", "host must be a text" },
	};

	CHECK_FAILURES(rows);
}

static void
the_fail_mode_decides(void)
{
	static const struct {
		enum fail_mode fail;
		const char *want;
	} rows[] = {
		{ FAIL_DEFER, "451" },
		{ FAIL_CONTINUE, "nex" },
		{ FAIL_REJECT, "5" },
	};

	for (size_t i = 0; i < 3; i++) {
		open_script("on('rcpt', function(tx) error('x') end)");
		w.handlers[STAGE_RCPT][0].fail = rows[i].fail;
		tx_world_connect(&w);
		tx_world_mail(&w, "ann@sender.test");
		CHECK(strncmp(tx_world_said(&w, tx_world_rcpt(&w, "bob@here.test")), rows[i].want,
			  strlen(rows[i].want)) == 0);
		close_script();
	}
}

static void
a_log_line_names_the_script(void)
{
	said("log('hello', tx.sender, 5, {}, 'a\\nb')");
	CHECK(tx_world_logged(
	    &w, "script by=t.lua:1 policy=test text=\"hello ann@sender.test 5 table a\\x0ab\""));
	close_script();
	said("for i = 1, 1000 do log('line') end");
	CHECK(strlen(w.log) < 8000);
	close_script();
}

/* A policy that accepts everything relays nothing. */
static void
accept_relays_nothing(void)
{
	open_script("on('rcpt', function() return accept() end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(
	    tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "550 5.7.1 Relaying denied");
	close_script();
	open_script("on('rcpt', function(tx) tx:permit_relay() end)");
	tx_world_connect(&w);
	tx_world_mail(&w, "ann@sender.test");
	CHECK_TEXT(tx_world_said(&w, tx_world_rcpt(&w, "u@third.test")), "next");
	close_script();
}

/* L9: the memory of one that waits, in Lua and beside it. */
static void
many_wait_in_little_memory(void)
{
	enum { COUNT = 2000 };
	static struct tx *waiting[COUNT];
	struct address bob = {
		.local = STR("bob"), .domain = STR("here.test"), .text = STR("bob@here.test")
	};
	size_t before, each;

	open_script("on('mail', function(tx) sleep('20s') end)");
	before = set->policies[0].state->memory.used;
	for (int i = 0; i < COUNT; i++) {
		struct mail_params mail = { .envid = STR(""), .ret = STR(""), .auth = STR("") };

		waiting[i] = tx_create(&w.options);
		tx_learn_helo(waiting[i], STR("client.test"), true);
		tx_begin(waiting[i], &bob, &mail);
		CHECK(tx_ask(waiting[i], STAGE_MAIL, NULL) == STEP_WAIT);
	}
	each = (set->policies[0].state->memory.used - before) / COUNT + sizeof(struct script_call);
	printf("script: a call that waits takes %zu bytes\n", each);
	CHECK(each <= 4096);
	for (int i = 0; i < COUNT; i++)
		tx_destroy(waiting[i]);
	CHECK_INT(set->policies[0].state->calls, 0);
	close_script();
}

/* L8 */
static void
what_does_not_load_is_refused(void)
{
	static const struct row rows[] = {
		{ "on('rcpt', function(tx) return end end", "/p/t.lua:1: ')' expected near 'end'" },
		{ "\n\nerror('at load')", "/p/t.lua:3: at load" },
		{ "error({})", "/p/t.lua:0: an error that is no text was raised" },
		{ "return tx.sender", "/p/t.lua:1: unknown name 'tx'" },
		{ "local t = {} while true do t[#t + 1] = {} end",
		    "/p/t.lua:0: not enough memory" },
		{ "repeat until false",
		    "/p/t.lua:1: uses too many instructions (limits: script_instructions)" },
		{ "\33Lua", "/p/t.lua:0: attempt to load a binary chunk (mode is 't')" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = { 0 };

		open_script("");
		script.text = str_of(rows[i].body);
		CHECK(script_set_create(&w.server, &err) == NULL);
		CHECK_STR_AT(str_of(err.text), str_of(rows[i].want), rows[i].body);
		close_script();
	}
}

static void
the_manual_names_every_field(void)
{
	struct arena *arena = arena_create(NULL);
	const char *source = getenv("srcdir"), *page;

	page = check_read(arena,
	    arena_printf(arena, "%s/core/policy/postern-policy.7", source != NULL ? source : "."));
	for (const struct api_field *f = api_fields; f->name != NULL; f++)
		CHECK_STR_AT(
		    str_of(strstr(page, arena_printf(arena, ".It Va %s\n", f->name)) != NULL
			       ? f->name
			       : "(missing)"),
		    str_of(f->name), "field of tx");
	for (const struct api_method *m = api_methods; m->name != NULL; m++) {
		bool named = strstr(page, arena_printf(arena, ".It Fn tx:%s ", m->name)) != NULL ||
			     strstr(page, arena_printf(arena, ".It Fn tx:%s\n", m->name)) != NULL;

		CHECK_STR_AT(
		    str_of(named ? m->name : "(missing)"), str_of(m->name), "method of tx");
	}
	arena_destroy(arena);
}

void
suite_script(void)
{
	static const struct test tests[] = {
		{ "verdicts are returned", verdicts_are_returned },
		{ "fields tell what is known", fields_tell_what_is_known },
		{ "fields that do not exist are told", fields_that_do_not_exist_are_told },
		{ "options have the type of their default",
		    options_have_the_type_of_their_default },
		{ "what the handler leaves behind is stale (L6)",
		    what_the_handler_leaves_behind_is_stale },
		{ "a call that sleeps goes on later", a_call_that_sleeps_goes_on_later },
		{ "names are looked up", names_are_looked_up },
		{ "nobody waits for ever (L9)", nobody_waits_for_ever },
		{ "a client that leaves ends the wait (L9)", a_client_that_leaves_ends_the_wait },
		{ "waiting is refused where it cannot be", waiting_is_refused_where_it_cannot_be },
		{ "a loop ends (L1, L3)", a_loop_ends },
		{ "a state that swallowed the error is made again (L1)",
		    a_state_that_swallowed_the_error_is_made_again },
		{ "memory is bounded (L2)", memory_is_bounded },
		{ "nothing reaches out (L4)", nothing_reaches_out },
		{ "nothing outlives a call (L4)", nothing_outlives_a_call },
		{ "order is always the same", order_is_always_the_same },
		{ "errors are contained (L5)", errors_are_contained },
		{ "garbage is never spoken (L7)", garbage_is_never_spoken },
		{ "the fail mode decides", the_fail_mode_decides },
		{ "a log line names the script", a_log_line_names_the_script },
		{ "accept relays nothing", accept_relays_nothing },
		{ "many wait in little memory (L9)", many_wait_in_little_memory },
		{ "what does not load is refused (L8)", what_does_not_load_is_refused },
		{ "the manual names every field", the_manual_names_every_field },
	};

	CHECK_SUITE("script", tests);
}
