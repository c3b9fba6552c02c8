/* SPDX-License-Identifier: MIT */
/* main -- the program `postern`: a command of a person, or a process that the master starts. */
#include "core/cli/cli.h"
#include "core/process/role.h"

int
main(int argc, char **argv)
{
	return role_is(argc, argv) ? role_main(argc, argv) : cli_main(argc, argv);
}
