/* SPDX-License-Identifier: MIT */
/* commands -- one line per command, as `postern --help` lists them: core/cli/x.c defines command_x. */
COMMAND(run)
COMMAND(check)
COMMAND(demo)
COMMAND(stop)
COMMAND(status)
COMMAND(user)
COMMAND(queue)
COMMAND(spool)
COMMAND(test)
COMMAND(modules)
COMMAND(version)
