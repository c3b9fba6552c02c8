/* SPDX-License-Identifier: MIT */
/* cli -- finds the command and runs it. */
#include "core/cli/cli.h"

#include "core/base/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COMMAND(name) extern const struct command command_##name;
#include "core/cli/commands.h"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "core/cli/commands.h"
#undef COMMAND
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const char *cli_config = SYSCONF_DIR "/postern/postern.lua";
bool cli_json;

static const struct command *present; /* for the name before an error */

const struct command *
cli_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void
print_overview(FILE *to)
{
	fprintf(to, "usage: postern COMMAND [OPTION ...] [ARGUMENT ...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "\n`postern COMMAND --help` says more, with examples.\n");
}

static void
complain(const char *format, va_list ap)
{
	fprintf(stderr, "postern%s%s: ", present != NULL ? " " : "",
	    present != NULL ? present->name : "");
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

int
cli_fail(int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	return code;
}

int
cli_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	if (present != NULL)
		fprintf(stderr, "Try `postern %s --help`.\n", present->name);
	return EX_USAGE;
}

static int
unknown(const char *name)
{
	struct nearest n = { .wanted = str_of(name) };

	for (size_t i = 0; i < COMMANDS; i++)
		nearest_try(&n, commands[i]->name);
	if (n.best != NULL)
		return cli_usage("there is no command '%s'; did you mean '%s'?", name, n.best);
	return cli_usage("there is no command '%s'; `postern --help` lists them", name);
}

static bool
asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* `postern COMMAND ...` with argv[0] being COMMAND. */
static int
run(int argc, char **argv)
{
	present = cli_find(argv[0]);
	if (present == NULL)
		return unknown(argv[0]);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			cli_help(present);
			return EX_OK;
		}
	if (cli_options(present, &argc, argv) < 0)
		return EX_USAGE;
	return present->run(argc, argv);
}

int
cli_main(int argc, char **argv)
{
	if (argc < 2) {
		print_overview(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return run(1, (char *[]){ "version", NULL });
	if (!asks_for_help(argv[1]))
		return run(argc - 1, argv + 1);
	if (argc > 2)
		return run(2, (char *[]){ argv[2], "--help", NULL });
	print_overview(stdout);
	return EX_OK;
}
