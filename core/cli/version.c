/* SPDX-License-Identifier: MIT */
/* version -- which Postern this is. */
#include "core/cli/cli.h"

#include "core/module.h"

#include <stdio.h>

static int
run(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return cli_usage("no arguments are expected");
	if (cli_json)
		printf("{\"version\": \"%s\", \"abi\": \"%d.%d\"}\n", PACKAGE_VERSION,
		    MODULE_ABI_MAJOR, MODULE_ABI_MINOR);
	else
		printf("postern %s (modules: %d.%d)\n", PACKAGE_VERSION, MODULE_ABI_MAJOR,
		    MODULE_ABI_MINOR);
	return EX_OK;
}

static const struct cli_option options[] = { CLI_JSON, CLI_OPTION_END };

const struct command command_version = {
	.name = "version",
	.summary = "print the version, and that of the module interface",
	.operands = "",
	.options = options,
	.examples = "  postern version --json\n",
	.run = run,
};
