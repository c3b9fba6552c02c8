/* SPDX-License-Identifier: MIT */
/* check -- tell every mistake of the configuration and of the policies, and what it all comes to. */
#include "core/base/arena.h"
#include "core/cli/cli.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/spool/spool.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "postern.lua:3: unknown option ..."; where no line can be named, the file alone. */
static void
print_mistakes(const struct config_mistakes *list, const char *kind)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct config_mistake *m = &list->items[i];

		if (m->line > 0)
			fprintf(stderr, "%s:%d: %s%s\n", m->file, m->line, kind, m->text);
		else
			fprintf(stderr, "%s: %s%s\n", m->file, kind, m->text);
	}
}

/* How mail below `root` survives a loss of power; a folder that is not there says nothing yet. */
static const char *
durability(const char *root)
{
	return access(root, F_OK) == 0 ? spool_checkpoint_mode(root) : "unknown";
}

static void
print_mail_roots(const struct config *c)
{
	static const struct {
		const char *mode, *text;
	} modes[] = {
		{ "syncfs", "made durable by one sync of the file system" },
		{ "fsync", "made durable by a sync of each file and folder" },
		{ "unknown", "it is not there, so how it is made durable is not known" },
	};

	for (size_t i = 0; i < c->use_count; i++) {
		const char *root = config_mail_root(&c->uses[i]), *mode;

		if (root == NULL)
			continue;
		mode = durability(root);
		for (size_t k = 0; k < sizeof modes / sizeof modes[0]; k++)
			if (strcmp(modes[k].mode, mode) == 0)
				printf("  mail root %s: %s (%s)\n", root, modes[k].text, mode);
	}
}

/* What the configuration means, so that a port or a folder that nobody intended is seen. */
static void
print_summary(const struct config *c)
{
	printf("%s: no mistakes\n", c->path);
	printf("  %s, data in %s\n", c->hostname, c->data);
	for (size_t i = 0; i < c->domain_count; i++)
		printf("  domain %s: users in %s, mail in %s\n", c->domains[i].name,
		    c->domains[i].users, c->domains[i].mail);
	print_mail_roots(c);
	for (size_t i = 0; i < c->listen_count; i++) {
		const struct config_listen *l = &c->listens[i];

		printf("  port %u%s%s: %s%s%s%s\n", l->port, l->any ? "" : " of ",
		    l->any ? "" : l->address, l->endpoint, l->tls_first ? ", TLS" : "",
		    l->policy[0] != '\0' ? ", policy " : "", l->policy);
	}
	for (size_t i = 0; i < c->policy_count; i++)
		printf("  policy %s: %zu script%s in %s, %s\n", c->policies[i].name,
		    c->policies[i].script_count, c->policies[i].script_count == 1 ? "" : "s",
		    c->policies[i].dir, c->policies[i].hash);
}

static json_t *
mistakes_to_json(const struct config_mistakes *list)
{
	json_t *json = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(
		    json, json_pack("{s:s, s:i, s:s}", "file", list->items[i].file, "line",
			      list->items[i].line, "text", list->items[i].text));
	return json;
}

static json_t *
mail_roots_to_json(const struct config *c)
{
	json_t *json = json_array();

	for (size_t i = 0; c != NULL && i < c->use_count; i++) {
		const char *root = config_mail_root(&c->uses[i]);

		if (root != NULL)
			json_array_append_new(
			    json, json_pack("{s:s, s:s, s:s}", "module", c->uses[i].name, "path",
				      root, "durable_by", durability(root)));
	}
	return json;
}

/* `c` NULL: there were mistakes. */
static void
print_json(const struct config *c, const struct config_mistakes *mistakes,
    const struct config_mistakes *warnings)
{
	json_t *json = json_pack("{s:b, s:o, s:o, s:o}", "ok", c != NULL, "mistakes",
	    mistakes_to_json(mistakes), "warnings", mistakes_to_json(warnings), "mail_roots",
	    mail_roots_to_json(c));

	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

static int
run(int argc, char **argv)
{
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct arena *arena = arena_create(NULL);
	struct config *c;

	if (argc > 2)
		return cli_usage("one configuration is expected");
	c = config_load(arena, argc == 2 ? argv[1] : cli_config, &mistakes, &warnings);
	if (cli_json) {
		print_json(c, &mistakes, &warnings);
	} else {
		print_mistakes(&mistakes, "");
		print_mistakes(&warnings, "warning: ");
		if (c != NULL)
			print_summary(c);
		else
			fprintf(stderr, "%zu mistake%s\n", mistakes.count,
			    mistakes.count == 1 ? "" : "s");
	}
	arena_destroy(arena);
	return c != NULL ? EX_OK : EX_CONFIG;
}

static const struct cli_option options[] = { CLI_CONFIG, CLI_JSON, CLI_OPTION_END };

const struct command command_check = {
	.name = "check",
	.summary = "tell every mistake of the configuration and of the policies",
	.operands = "[FILE]",
	.options = options,
	.examples = "  postern check\n"
		    "  postern check -c ./postern.lua --json\n",
	.run = run,
};
