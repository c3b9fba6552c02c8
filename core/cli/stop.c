/* SPDX-License-Identifier: MIT */
/* stop -- end the server, gently. */
#include "core/cli/server.h"

static int
run(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return cli_usage("no arguments are expected");
	return cli_stop_server();
}

static const struct cli_option options[] = { CLI_CONFIG, CLI_DATA, CLI_OPTION_END };

const struct command command_stop = {
	.name = "stop",
	.summary = "end the server: sessions finish what they are at, then it stops",
	.operands = "",
	.options = options,
	.examples = "  postern stop\n"
		    "  postern stop --data /tmp/demo\n",
	.run = run,
};
