/* SPDX-License-Identifier: MIT */
/* main -- the program `postern`. */
#include "core/cli/cli.h"

int
main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
