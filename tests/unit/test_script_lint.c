/* SPDX-License-Identifier: MIT */
/* Verdicts that a stage does not have are found when the policy is loaded. */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/policy/script.h"
#include "tests/lib/check.h"

#include <string.h>

/* The mistakes of one script, "LINE: text" a line. */
static const char *
mistakes_of(struct arena *arena, const char *text)
{
	struct config_script script = { "t.lua", "/p/t.lua", str_of(text) };
	struct config_policy policy = { .name = "test", .script_count = 1, .scripts = &script };
	struct config *config = arena_alloc(arena, sizeof *config);
	struct config_mistakes found = { 0 };
	const char *all = "";

	config->limits.script_memory = 16 << 20;
	script_check(arena, config, &policy, &found);
	for (size_t i = 0; i < found.count; i++)
		all = arena_printf(
		    arena, "%s%d: %s\n", all, found.items[i].line, found.items[i].text);
	return all;
}

struct row {
	const char *text, *want;
};

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena *arena = arena_create(NULL);

		CHECK_STR_AT(
		    str_of(mistakes_of(arena, rows[i].text)), str_of(rows[i].want), rows[i].text);
		arena_destroy(arena);
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])

#define QUEUED "\"reject\" cannot be given at \"queued\": handlers only observe there\n"

static void
a_verdict_that_the_stage_lacks_is_told(void)
{
	static const struct row rows[] = {
		{ "on('queued', function(tx) return reject(550, '5.7.1', 'x') end)", "1: " QUEUED },
		{ "on('queued', function(tx)\n  if tx.size > 9 then\n    return reject 'x'\n  "
		  "end\nend)",
		    "3: " QUEUED },
		{ "on('queued', function(tx)\n  return reject [[x]]\nend)", "2: " QUEUED },
		{ "local function f(tx)\n  for i = 1, 2 do return reject() end\nend\non('queued', "
		  "f)",
		    "2: " QUEUED },
		{ "local s = [==[\n]]\n]==] -- on(\n--[[ a\nb ]]\non('queued', function() return "
		  "reject() end)",
		    "6: " QUEUED },
		{ "on('auth', function(tx)\n return park('x')\nend)",
		    "2: \"park\" cannot be given at \"auth\": there are accept, reject, defer, "
		    "drop\n" },
		{ "on('notify', function(tx)\n return defer()\nend)",
		    "2: \"defer\" cannot be given at \"notify\": there are accept, discard, "
		    "park\n" },
		{ "on('close', function(tx)\n if tx.ip then return accept() end\n return "
		  "drop()\nend)",
		    "2: \"accept\" cannot be given at \"close\": handlers only observe there\n"
		    "3: \"drop\" cannot be given at \"close\": handlers only observe there\n" },
	};

	CHECK_ROWS(rows);
}

/* What merely looks like it. */
static void
other_words_are_no_verdicts(void)
{
	static const struct row rows[] = {
		{ "on('rcpt', function(tx) return reject(550, '5.7.1', 'x') end)", "" },
		{ "on('queued', function(tx) -- return reject()\nend)", "" },
		{ "on('queued', function(tx) log('return reject()')\nlog([[return reject()]]) end)",
		    "" },
		{ "on('queued', function(tx) log('a\\' return reject()')\nend)", "" },
		{ "on('queued', function(tx)\n local f = function() return reject() end\nend)",
		    "" },
		{ "on('queued', function(tx) local v = reject() return v end)", "" },
		{ "local function reject() end\non('queued', function(tx) return reject() end)",
		    "" },
		{ "local reject = log\non('queued', function(tx) return reject('x') end)", "" },
		{ "local t = {}\non('queued', function(tx) return t.reject() end)", "" },
		{ "on('rcpt', function(tx) return reject() end)\non('queued', function(tx) end)",
		    "" },
		{ "on('queued', function() end) on('rcpt', function() return reject() end)", "" },
	};

	CHECK_ROWS(rows);
}

void
suite_script_lint(void)
{
	static const struct test tests[] = {
		{ "a verdict that the stage lacks is told",
		    a_verdict_that_the_stage_lacks_is_told },
		{ "other words are no verdicts", other_words_are_no_verdicts },
	};

	CHECK_SUITE("script lint", tests);
}
