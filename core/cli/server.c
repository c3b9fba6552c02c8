/* SPDX-License-Identifier: MIT */
/* server -- how commands find the server that runs, and ask it. */
#include "core/cli/server.h"

#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/process/control_socket.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

const char *cli_data;

static void
print(const struct config_mistakes *mistakes)
{
	for (size_t i = 0; i < mistakes->count; i++) {
		const struct config_mistake *m = &mistakes->items[i];

		if (m->line > 0)
			fprintf(stderr, "%s:%d: %s\n", m->file, m->line, m->text);
		else
			fprintf(stderr, "%s: %s\n", m->file, m->text);
	}
}

struct config *
cli_load_config(struct arena *arena)
{
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct config *config = config_load(arena, cli_config, &mistakes, &warnings);

	print(&mistakes);
	return config;
}

const char *
cli_data_folder(struct arena *arena)
{
	const struct config *config;

	if (cli_data != NULL)
		return cli_data;
	config = cli_load_config(arena);
	return config != NULL ? config->data : NULL;
}

/* Connected: the descriptor. -1: told to stderr. */
static int
connect_server(int *code)
{
	struct arena *arena = arena_create(NULL);
	const char *data = cli_data_folder(arena);
	struct err err = { 0 };
	int fd = -1;

	*code = EX_CONFIG;
	if (data != NULL) {
		fd = control_connect(data, &err);
		*code = err.code == EACCES || err.code == EPERM ? EX_NOPERM : EX_UNAVAILABLE;
	}
	if (data != NULL && fd < 0)
		cli_fail(*code, "%s", err.text);
	arena_destroy(arena);
	return fd;
}

static json_t *
refused(json_t *answer, int *code)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (error == NULL)
		return answer;
	*code = cli_fail(EX_DATAERR, "%s", error);
	json_decref(answer);
	return NULL;
}

json_t *
cli_ask_server(json_t *request, int *code)
{
	int fd = connect_server(code);
	struct err err;
	json_t *answer;

	if (fd < 0)
		return NULL;
	answer = control_request(fd, request, &err);
	if (answer == NULL)
		*code = cli_fail(EX_UNAVAILABLE, "%s", err.text);
	else
		answer = refused(answer, code);
	close(fd);
	return answer;
}

int
cli_stop_server(void)
{
	int code, fd = connect_server(&code);
	json_t *request = json_pack("{s:s}", "cmd", "stop"), *answer = NULL;
	struct err err;

	if (fd >= 0) {
		answer = control_request(fd, request, &err);
		code = answer != NULL ? EX_OK : cli_fail(EX_UNAVAILABLE, "%s", err.text);
		if (answer != NULL)
			control_wait(fd);
		close(fd);
	}
	json_decref(answer);
	json_decref(request);
	return code;
}
