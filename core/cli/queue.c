/* SPDX-License-Identifier: MIT */
/* queue -- look at the messages that wait for delivery, and change what becomes of them. */
#include "core/cli/queue_read.h"
#include "core/cli/server.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/arena.h"
#include "core/text/date.h"
#include "core/text/unit.h"

static const char *from_pattern, *to_pattern;
static bool all;

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long
number_of(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* ---- which messages */

static bool
fits(const char *pattern, const char *address)
{
	return pattern == NULL || fnmatch(pattern, address, FNM_CASEFOLD) == 0;
}

static bool
has_rcpt(json_t *message)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(message, "rcpts"), i,
	    r) if (fits(to_pattern, text_of(r, "address"))) return true;
	return to_pattern == NULL;
}

static bool
is_named(const char *id, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], id) == 0)
			return true;
	return argc <= 2;
}

/* Those that --from, --to and the ids say; a new reference. */
static json_t *
choose(int argc, char **argv, int *code)
{
	struct arena *arena = arena_create(NULL);
	const char *data = cli_data_folder(arena);
	json_t *messages = NULL, *chosen = NULL, *m;
	size_t i;

	*code = EX_CONFIG;
	if (data != NULL)
		messages = queue_read(data, code);
	if (messages != NULL) {
		chosen = json_array();
		json_array_foreach(messages, i, m) if (is_named(text_of(m, "id"), argc, argv) &&
						       fits(from_pattern, text_of(m, "from")) &&
						       has_rcpt(m)) json_array_append(chosen, m);
	}
	json_decref(messages);
	arena_destroy(arena);
	return chosen;
}

/* ---- list, show */

static void
print_rcpt(json_t *r, bool in_full)
{
	char date[DATE_TEXT_MAX], wait[UNIT_TEXT_MAX];
	long long next = number_of(r, "next"), now = (long long)time(NULL);

	printf("    <%s>  %s", text_of(r, "address"), text_of(r, "state"));
	if (number_of(r, "attempts") > 0)
		printf(", %lld attempts", number_of(r, "attempts"));
	if (strcmp(text_of(r, "state"), "queued") == 0 && next > now)
		printf(", next in %s", unit_print_duration((uint64_t)(next - now) * 1000, wait));
	if (in_full && next > 0)
		printf(" (%s)", date_print_rfc3339(next, date));
	if (text_of(r, "last")[0] != '\0')
		printf(": %s", text_of(r, "last"));
	putchar('\n');
}

static void
print_message(json_t *m, bool in_full)
{
	char date[DATE_TEXT_MAX];
	json_t *r;
	size_t i;

	printf("%-20s %s %10lld  %-6s  <%s>\n", text_of(m, "id"),
	    date_print_rfc3339(number_of(m, "received"), date), number_of(m, "size"),
	    text_of(m, "state"), text_of(m, "from"));
	if (text_of(m, "parked")[0] != '\0')
		printf("    parked: %s\n", text_of(m, "parked"));
	json_array_foreach(json_object_get(m, "rcpts"), i, r)
	{
		const char *state = text_of(r, "state");

		if (in_full || strcmp(state, "queued") == 0 || strcmp(state, "parked") == 0)
			print_rcpt(r, in_full);
	}
}

static void
print_json(json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(1));

	puts(text);
	free(text);
}

static int
look(int argc, char **argv, bool in_full)
{
	int code;
	json_t *messages = choose(argc, argv, &code), *m;
	size_t i, count;

	if (messages == NULL)
		return code;
	count = json_array_size(messages);
	if (cli_json) {
		print_json(messages);
	} else {
		json_array_foreach(messages, i, m) print_message(m, in_full);
		if (!in_full)
			printf("%zu message%s\n", count, count == 1 ? "" : "s");
	}
	json_decref(messages);
	if (in_full && count == 0)
		return cli_fail(EX_NOINPUT, "there is no such message in the queue");
	return EX_OK;
}

static int
list(int argc, char **argv)
{
	return look(argc, argv, false);
}

static int
show(int argc, char **argv)
{
	return argc > 2 ? look(argc, argv, true) : cli_usage("show what? Name a message");
}

/* ---- retry, delete, hold, release */

static json_t *
ids_of(json_t *messages)
{
	json_t *ids = json_array(), *m;
	size_t i;

	json_array_foreach(messages, i, m) json_array_append(ids, json_object_get(m, "id"));
	json_decref(messages);
	return ids;
}

/* Many ids are asked for in several requests: a line on the control socket is bounded. */
static int
ask_for(const char *cmd, json_t *ids, long long *count)
{
	enum { AT_ONCE = 1000 };
	int code = EX_OK;

	for (size_t at = 0; at < json_array_size(ids) && code == EX_OK; at += AT_ONCE) {
		json_t *some = json_array(), *request, *answer;

		for (size_t i = at; i < at + AT_ONCE && i < json_array_size(ids); i++)
			json_array_append(some, json_array_get(ids, i));
		request = json_pack(
		    "{s:s, s:{s:s, s:o}}", "cmd", "queue", "request", "cmd", cmd, "ids", some);
		answer = cli_ask_server(request, &code);
		if (answer != NULL) {
			code = EX_OK;
			*count += number_of(answer, "count");
		}
		json_decref(answer);
		json_decref(request);
	}
	return code;
}

static int
change(int argc, char **argv)
{
	long long count = 0;
	json_t *ids;
	int code;

	if (argc == 2 && !all && from_pattern == NULL && to_pattern == NULL)
		return cli_usage("%s what? Name messages, or say --from, --to or --all", argv[1]);
	ids = choose(argc, argv, &code);
	if (ids == NULL)
		return code;
	ids = ids_of(ids);
	if (json_array_size(ids) == 0 && argc > 2) {
		json_decref(ids);
		return cli_fail(EX_NOINPUT, "there is no such message in the queue");
	}
	code = ask_for(argv[1], ids, &count);
	json_decref(ids);
	if (code != EX_OK)
		return code;
	if (cli_json)
		printf("{\"count\": %lld}\n", count);
	else
		printf("%lld message%s\n", count, count == 1 ? "" : "s");
	return EX_OK;
}

/* ---- the command */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "list", list },
	{ "show", show },
	{ "retry", change },
	{ "delete", change },
	{ "hold", change },
	{ "release", change },
};

static int
run(int argc, char **argv)
{
	if (argc < 2)
		return list(argc, argv);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc, argv);
	return cli_usage("there is no `queue %s`", argv[1]);
}

/* clang-format off */
static const struct cli_option options[] = {
	{ CLI_TEXT, 'f', "from", &from_pattern, "PATTERN", "only messages from such an address: \"*@example.org\"" },
	{ CLI_TEXT, 't', "to", &to_pattern, "PATTERN", "only messages to such an address" },
	{ CLI_FLAG, 'a', "all", &all, NULL, "change all messages" },
	CLI_CONFIG, CLI_DATA, CLI_JSON, CLI_OPTION_END
};
/* clang-format on */

const struct command command_queue = {
	.name = "queue",
	.summary = "messages that wait for delivery: look at them, change what becomes of them",
	.operands = "[list|show|retry|delete|hold|release] [ID ...]",
	.options = options,
	.examples = "  postern queue\n"
		    "  postern queue show 0aQ3xK1\n"
		    "  postern queue retry --to '*@example.org'\n"
		    "  postern queue delete --from spammer@example.net\n",
	.run = run,
};
