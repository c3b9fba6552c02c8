/* SPDX-License-Identifier: MIT */
#include "core/cli/cli.h"
#include "tests/lib/check.h"

#include <string.h>

static bool check;
static const char *dir;
static uint64_t base;
static double scale;

static const struct cli_option options[] = {
	{ CLI_FLAG, 'k', "check", &check, NULL, "only check" },
	{ CLI_TEXT, 'd', "dir", &dir, "DIR", "the folder" },
	{ CLI_NUMBER, 0, "base", &base, "PORT", "first port" },
	{ CLI_REAL, 0, "scale", &scale, "X", "of times" },
	CLI_OPTION_END,
};

static const struct command command = {
	.name = "try", .summary = "", .operands = "", .options = options
};

/* Parse the words; the number of operands left, or -1. */
static int
parse(const char *line, char **argv)
{
	static char copy[256];
	int argc = 1;

	check = false;
	dir = NULL;
	base = 0;
	scale = 0;
	strcpy(copy, line);
	argv[0] = "try";
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return cli_options(&command, &argc, argv) < 0 ? -1 : argc - 1;
}

static void
options_stand_anywhere(void)
{
	char *argv[16];

	CHECK_INT(parse("one --dir /tmp/x two -k --base=25", argv), 2);
	CHECK_TEXT(argv[1], "one");
	CHECK_TEXT(argv[2], "two");
	CHECK(argv[3] == NULL && check);
	CHECK_TEXT(dir, "/tmp/x");
	CHECK_INT(base, 25);
	CHECK_INT(parse("-d/tmp/y --scale 0.001 -- --check", argv), 1);
	CHECK_TEXT(argv[1], "--check");
	CHECK_TEXT(dir, "/tmp/y");
	CHECK(scale > 0.0009 && scale < 0.0011 && !check);
}

static void
what_is_wrong_is_refused(void)
{
	static const char *const rows[] = { "--dri x", "--dir", "-d", "--base x", "--base -1",
		"--base 99999999999999999999", "--check=yes", "-x", "--scale 0", "--scale nan",
		"--scale 1x", "-kd" };
	char *argv[16];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_INT_AT(parse(rows[i], argv), -1, rows[i]);
}

static void
unknown_commands_are_refused(void)
{
	CHECK_INT(cli_main(2, (char *[]){ "postern", "versoin", NULL }), EX_USAGE);
	CHECK_INT(cli_main(1, (char *[]){ "postern", NULL }), EX_USAGE);
	CHECK(cli_find("version") != NULL);
	CHECK(cli_find("") == NULL);
}

void
suite_cli(void)
{
	static const struct test tests[] = {
		{ "options stand anywhere", options_stand_anywhere },
		{ "what is wrong is refused", what_is_wrong_is_refused },
		{ "unknown commands are refused", unknown_commands_are_refused },
	};

	CHECK_SUITE("cli", tests);
}
