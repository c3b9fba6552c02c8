/* SPDX-License-Identifier: MIT */
/* status -- how the server is: its processes, sessions and queue. */
#include "core/cli/server.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

static long long
number_of(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* A number, or "-" where this kind of process has none. */
static const char *
optional(json_t *object, const char *key, char room[24])
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return "-";
	snprintf(room, 24, "%lld", (long long)json_integer_value(value));
	return room;
}

static void
print(json_t *status)
{
	char name[32], sessions[24], queue[24];
	json_t *list = json_object_get(status, "processes"), *p;
	size_t i;

	printf("%s, process %lld, for %lld s, data in %s\n\n", text_of(status, "state"),
	    number_of(status, "pid"), number_of(status, "uptime_s"), text_of(status, "data"));
	printf("%-10s %8s  %-9s %8s %8s %8s\n", "process", "pid", "state", "restarts", "sessions",
	    "queue");
	json_array_foreach(list, i, p)
	{
		snprintf(name, sizeof name, "%s/%lld", text_of(p, "role"), number_of(p, "number"));
		printf("%-10s %8lld  %-9s %8lld %8s %8s\n", name, number_of(p, "pid"),
		    text_of(p, "state"), number_of(p, "restarts"),
		    optional(p, "sessions", sessions), optional(p, "queue", queue));
	}
}

static int
run(int argc, char **argv)
{
	json_t *request, *status;
	char *text;
	int code = EX_OK;

	(void)argv;
	if (argc > 1)
		return cli_usage("no arguments are expected");
	request = json_pack("{s:s}", "cmd", "status");
	status = cli_ask_server(request, &code);
	json_decref(request);
	if (status == NULL)
		return code;
	if (cli_json) {
		text = json_dumps(status, JSON_INDENT(1));
		puts(text);
		free(text);
	} else {
		print(status);
	}
	json_decref(status);
	return EX_OK;
}

static const struct cli_option options[] = { CLI_CONFIG, CLI_DATA, CLI_JSON, CLI_OPTION_END };

const struct command command_status = {
	.name = "status",
	.summary = "how the server is: its processes, sessions and queue",
	.operands = "",
	.options = options,
	.examples = "  postern status\n"
		    "  postern status --data /tmp/demo --json\n",
	.run = run,
};
