/* SPDX-License-Identifier: MIT */
/* run -- the server, in the foreground. */
#include "core/cli/cli.h"

#include "core/process/master.h"

#include <stdio.h>

static bool check;

static int
run(int argc, char **argv)
{
	struct master_options options = { .config = cli_config, .check_only = check };
	int code;

	(void)argv;
	if (argc > 1)
		return cli_usage("no arguments are expected");
	code = master_run(&options);
	if (check && code == EX_OK)
		printf("%s is fine\n", cli_config);
	return code;
}

static const struct cli_option options[] = {
	CLI_CONFIG,
	{ CLI_FLAG, 0, "check", &check, NULL, "stop after checking the configuration" },
	CLI_OPTION_END,
};

const struct command command_run = {
	.name = "run",
	.summary = "serve, in the foreground, until told to stop",
	.operands = "",
	.options = options,
	.examples = "  postern run\n"
		    "  postern run -c /etc/postern/postern.lua --check\n",
	.run = run,
};
