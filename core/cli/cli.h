/* SPDX-License-Identifier: MIT */
/*
 * cli -- the commands of `postern`: one file and one constant struct for each.
 *
 * A command is defined in core/cli/NAME.c as `const struct command command_NAME` and listed in
 * commands.h. Its options are a table, from which they are parsed and `--help` is printed; what
 * was given stands in the command's static variables when `run` is called.
 */
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include "core/base/err.h"

enum cli_type {
	CLI_END,
	CLI_FLAG,   /* bool */
	CLI_TEXT,   /* const char * */
	CLI_NUMBER, /* uint64_t */
	CLI_REAL    /* double, positive */
};

struct cli_option {
	enum cli_type type;
	char letter;          /* 'c', or 0 for none */
	const char *name;     /* "config" */
	void *to;             /* a variable of the type, which holds the default */
	const char *argument; /* "FILE"; NULL for a flag */
	const char *summary;
};

#define CLI_OPTION_END \
	{ \
		CLI_END, 0, NULL, NULL, NULL, NULL \
	}

struct command {
	const char *name;
	const char *summary;              /* one line, lower case, without a full stop */
	const char *operands;             /* "list|show|retry [ID ...]", or "" */
	const struct cli_option *options; /* ends with CLI_OPTION_END; or NULL */
	const char *examples;             /* lines as one would type them, each with its newline */
	/* argv[0] is the command's name, the operands follow. Returns a code of sysexits.h. */
	int (*run)(int argc, char **argv);
};

/* The whole program. */
int cli_main(int argc, char **argv);

const struct command *cli_find(const char *name);

/* Parse the options in argv, which may stand among the operands; they are removed. -1: told to stderr. */
int cli_options(const struct command *, int *argc, char **argv);
void cli_help(const struct command *);

/* "postern run: cannot ..." on stderr; for `return cli_fail(EX_CONFIG, ...)`. Returns the code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for wrong operands, and how to get help. Returns EX_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `--config FILE`, which most commands have, and where it usually is. */
extern const char *cli_config;
extern bool cli_json;
/* clang-format off */
#define CLI_CONFIG { CLI_TEXT, 'c', "config", &cli_config, "FILE", "the configuration (" SYSCONF_DIR "/postern/postern.lua)" }
#define CLI_JSON   { CLI_FLAG, 0, "json", &cli_json, NULL, "for programs: one JSON value on standard output" }
/* clang-format on */

#endif
