/* SPDX-License-Identifier: MIT */
/* spool -- prove that the spool on disk is whole. */
#include "core/cli/server.h"

#include <stdio.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/spool/spool.h"

static void
print_line(const char *line, void *arg)
{
	(void)arg;
	puts(line);
}

static int
check(const char *data)
{
	char dir[4096];
	struct err err;
	int64_t damaged;

	snprintf(dir, sizeof dir, "%s/spool", data);
	damaged = spool_check(dir, print_line, NULL, &err);
	if (damaged < 0)
		return cli_fail(EX_NOINPUT, "%s", err.text);
	if (damaged > 0)
		return cli_fail(EX_DATAERR, "%lld damaged", (long long)damaged);
	printf("%s is whole\n", dir);
	return EX_OK;
}

static int
run(int argc, char **argv)
{
	struct arena *arena;
	const char *data;
	int code;

	if (argc != 2 || strcmp(argv[1], "check") != 0)
		return cli_usage("say `postern spool check`");
	arena = arena_create(NULL);
	data = cli_data_folder(arena);
	code = data == NULL ? EX_CONFIG : check(data);
	arena_destroy(arena);
	return code;
}

static const struct cli_option options[] = { CLI_CONFIG, CLI_DATA, CLI_OPTION_END };

const struct command command_spool = {
	.name = "spool",
	.summary = "prove that the spool on disk is whole",
	.operands = "check",
	.options = options,
	.examples = "  postern spool check --data /var/lib/postern\n",
	.run = run,
};
