/* SPDX-License-Identifier: MIT */
/* options -- a command's options by its table: parsing and help. */
#include "core/cli/cli.h"

#include "core/base/nearest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option *
find_letter(const struct cli_option *o, char letter)
{
	for (; o != NULL && o->type != CLI_END; o++)
		if (o->letter == letter && letter != '\0')
			return o;
	return NULL;
}

static const struct cli_option *
find_name(const struct cli_option *o, struct str name)
{
	for (; o != NULL && o->type != CLI_END; o++)
		if (str_eq(str_of(o->name), name))
			return o;
	return NULL;
}

static int
unknown_option(const struct command *c, const char *word, struct str name)
{
	struct nearest n = { .wanted = name };

	for (const struct cli_option *o = c->options; o != NULL && o->type != CLI_END; o++)
		nearest_try(&n, o->name);
	if (n.best != NULL)
		cli_usage("unknown option %s; did you mean --%s?", word, n.best);
	else
		cli_usage("unknown option %s", word);
	return -1;
}

static int
store_real(const struct cli_option *o, const char *value)
{
	char *end;
	double number = strtod(value, &end);

	if (end == value || *end != '\0' || !isfinite(number) || number <= 0) {
		cli_usage("--%s wants a number above 0, not '%s'", o->name, value);
		return -1;
	}
	*(double *)o->to = number;
	return 0;
}

static int
store(const struct cli_option *o, const char *value)
{
	switch (o->type) {
	case CLI_TEXT:
		*(const char **)o->to = value;
		return 0;
	case CLI_NUMBER:
		if (str_number(str_of(value), UINT64_MAX, o->to))
			return 0;
		cli_usage("--%s wants a number, not '%s'", o->name, value);
		return -1;
	case CLI_REAL:
		return store_real(o, value);
	case CLI_FLAG:
	case CLI_END:
		break;
	}
	*(bool *)o->to = true;
	return 0;
}

/* One word that begins with '-'. Returns how many further words it used, or -1. */
static int
parse_word(const struct command *c, char *word, char *next)
{
	bool is_long = word[1] == '-';
	struct str rest = str_of(word + (is_long ? 2 : 1)), name;
	bool has_value = is_long ? str_cut(&rest, '=', &name) : rest.len > 1;
	const struct cli_option *o =
	    is_long ? find_name(c->options, name) : find_letter(c->options, rest.p[0]);
	const char *value = is_long ? rest.p : rest.p + 1;

	if (o == NULL)
		return unknown_option(c, word, is_long ? name : (struct str){ NULL, 0 });
	if (o->type == CLI_FLAG && has_value) {
		cli_usage("--%s takes no value", o->name);
		return -1;
	}
	if (o->type == CLI_FLAG || has_value)
		return store(o, value);
	if (next == NULL) {
		cli_usage("--%s wants a value: --%s %s", o->name, o->name, o->argument);
		return -1;
	}
	return store(o, next) < 0 ? -1 : 1;
}

int
cli_options(const struct command *c, int *argc, char **argv)
{
	int kept = 1, used;
	bool more = true;

	for (int i = 1; i < *argc; i++) {
		if (!more || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[kept++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			more = false;
		} else {
			used = parse_word(c, argv[i], i + 1 < *argc ? argv[i + 1] : NULL);
			if (used < 0)
				return -1;
			i += used;
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	return 0;
}

void
cli_help(const struct command *c)
{
	bool has_options = c->options != NULL && c->options->type != CLI_END;
	char left[64];

	printf("usage: postern %s%s%s%s\n\n%s\n", c->name, has_options ? " [OPTION ...]" : "",
	    c->operands[0] != '\0' ? " " : "", c->operands, c->summary);
	if (has_options)
		printf("\n");
	for (const struct cli_option *o = c->options; o != NULL && o->type != CLI_END; o++) {
		char letter[8] = "    ";

		if (o->letter != '\0')
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s %s", letter, o->name,
		    o->argument != NULL ? o->argument : "");
		printf("  %-24s %s\n", left, o->summary);
	}
	if (c->examples != NULL && c->examples[0] != '\0')
		printf("\nexamples:\n%s", c->examples);
	printf("\nMore: man postern-%s\n", c->name);
}
