/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/module.h"
#include "core/module_load.h"
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct conf {
	int64_t count;
	bool strict;
	const char *greeting, *file;
	uint64_t wait, limit;
	const struct option_list *zones;
};

static const struct option options[] = {
	OPTION_INT(struct conf, count, -3, "how many"),
	OPTION_BOOL(struct conf, strict, true, "whether"),
	OPTION_STRING(struct conf, greeting, "hello", "what to say"),
	OPTION_PATH(struct conf, file, "users", "where"),
	OPTION_DURATION(struct conf, wait, "90s", "how long"),
	OPTION_SIZE(struct conf, limit, "10K", "how much"),
	OPTION_LIST(struct conf, zones, "a.test b.test", "which"),
	OPTION_END,
};

static const struct option needed[] = { { "host", OPTION_IS_STRING, 0, NULL, "where to" },
	OPTION_END };

static const struct module module = { .abi = MODULE_ABI,
	.summary = "for tests",
	.conf_size = sizeof(struct conf),
	.options = options,
	.worker_size = 16 };

static char told[1024];

static void
note_mistake(const char *option, const char *text, void *arg)
{
	(void)arg;
	snprintf(told + strlen(told), sizeof told - strlen(told), "%s: %s\n",
	    option != NULL ? option : "-", text);
}

static struct conf *
configure(struct arena *a, const struct module *m, const char *json)
{
	json_t *given = json != NULL ? json_loads(json, 0, NULL) : NULL;
	struct conf *conf;

	told[0] = '\0';
	conf = module_configure(a, m, given, "/data", note_mistake, NULL);
	json_decref(given);
	return conf;
}

static void
defaults_are_read_as_written(void)
{
	struct arena *a = arena_create(NULL);
	struct conf *c = configure(a, &module, NULL);

	CHECK_TEXT(told, "");
	CHECK_INT(c->count, -3);
	CHECK(c->strict);
	CHECK_TEXT(c->greeting, "hello");
	CHECK_TEXT(c->file, "/data/users");
	CHECK_INT(c->wait, 90000);
	CHECK_INT(c->limit, 10240);
	CHECK_INT(c->zones->count, 2);
	CHECK_TEXT(c->zones->items[1], "b.test");
	CHECK(module_worker_state(c) != NULL);
	arena_destroy(a);
}

static void
what_is_given_replaces_defaults(void)
{
	struct arena *a = arena_create(NULL);
	struct conf *c = configure(a, &module,
	    "{\"count\": 7, \"strict\": false, \"greeting\": \"\", \"file\": \"/etc/x\", \"wait\": "
	    "\"2h\", \"limit\": 5,"
	    " \"zones\": [\"c.test\"]}");

	CHECK_TEXT(told, "");
	CHECK_INT(c->count, 7);
	CHECK(!c->strict);
	CHECK_TEXT(c->greeting, "");
	CHECK_TEXT(c->file, "/etc/x");
	CHECK_INT(c->wait, 7200000);
	CHECK_INT(c->limit, 5);
	CHECK_INT(c->zones->count, 1);
	arena_destroy(a);
}

static void
every_mistake_is_told(void)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{\"cuont\": 1}", "cuont: unknown option 'cuont'; did you mean 'count'?\n" },
		{ "{\"zzzzzzzz\": 1}", "zzzzzzzz: unknown option 'zzzzzzzz'\n" },
		{ "{\"count\": \"many\"}", "count: option 'count' must be a whole number\n" },
		{ "{\"count\": 1.5}", "count: option 'count' must be a whole number\n" },
		{ "{\"count\": \"99999999999999999999\"}",
		    "count: option 'count' must be a whole number\n" },
		{ "{\"strict\": \"maybe\"}", "strict: option 'strict' must be true or false\n" },
		{ "{\"greeting\": 5}", "greeting: option 'greeting' must be a text\n" },
		{ "{\"wait\": \"soon\"}",
		    "wait: option 'wait' must be a duration such as \"30s\", \"5m\" or \"2h\"\n" },
		{ "{\"limit\": -1}",
		    "limit: option 'limit' must be a size such as \"64K\", \"10M\" or \"1G\"\n" },
		{ "{\"zones\": [1]}", "zones: option 'zones' must be a list of texts\n" },
		{ "[1]", "-: options must have names\n" },
		{ "{\"count\": null, \"wait\": true}",
		    "count: option 'count' must be a whole number\n"
		    "wait: option 'wait' must be a duration such as \"30s\", \"5m\" or \"2h\"\n" },
	};
	struct arena *a = arena_create(NULL);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CHECK(configure(a, &module, rows[i].json) == NULL);
		CHECK_STR_AT(str_of(told), str_of(rows[i].want), rows[i].json);
	}
	arena_destroy(a);
}

static void
what_must_be_given_is_asked_for(void)
{
	struct module m = module;
	struct arena *a = arena_create(NULL);

	m.options = needed;
	CHECK(configure(a, &m, "{}") == NULL);
	CHECK_TEXT(told, "host: option 'host' is missing: where to\n");
	CHECK(configure(a, &m, "{\"host\": \"h\"}") != NULL);
	CHECK(configure(a, &m, "[]") == NULL);
	m.options = NULL;
	CHECK(configure(a, &m, "[]") != NULL);
	arena_destroy(a);
}

void
suite_module_options(void)
{
	static const struct test tests[] = {
		{ "defaults are read as one writes them", defaults_are_read_as_written },
		{ "what is given replaces defaults", what_is_given_replaces_defaults },
		{ "every mistake is told, with the nearest name", every_mistake_is_told },
		{ "an option without default must be given", what_must_be_given_is_asked_for },
	};

	CHECK_SUITE("module_options", tests);
}
