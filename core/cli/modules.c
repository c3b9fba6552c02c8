/* SPDX-License-Identifier: MIT */
/* modules -- what modules there are, and what one of them can be told. */
#include "core/base/arena.h"
#include "core/cli/cli.h"
#include "core/module.h"
#include "core/module_load.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *
type_name(enum option_type type)
{
	static const char *const names[] = {
		[OPTION_IS_INT] = "number",
		[OPTION_IS_BOOL] = "true/false",
		[OPTION_IS_STRING] = "text",
		[OPTION_IS_PATH] = "path",
		[OPTION_IS_DURATION] = "duration",
		[OPTION_IS_SIZE] = "size",
		[OPTION_IS_LIST] = "list",
	};

	return names[type];
}

static const char *
ability_name(const struct module *m)
{
	return m->protocol != NULL    ? "protocol"
	       : m->deliverer != NULL ? "deliverer"
	       : m->storage != NULL   ? "storage"
	       : m->lookup != NULL    ? "lookup"
				      : "";
}

/* The module as one JSON object: a new reference. */
static json_t *
describe(const char *name, const char *file, const struct module *m)
{
	json_t *options = json_array(), *stages = json_array();

	for (const struct option *o = m->options; o != NULL && o->name != NULL; o++)
		json_array_append_new(
		    options, json_pack("{s:s, s:s, s:s?, s:s}", "name", o->name, "type",
				 type_name(o->type), "default", o->initial, "summary", o->summary));
	for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
		if (m->on[stage] != NULL)
			json_array_append_new(stages, json_string(stage_name(stage)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "name", name, "file", file, "summary",
	    m->summary, "ability", ability_name(m), "stages", stages, "options", options);
}

static void
print_details(json_t *module)
{
	json_t *options = json_object_get(module, "options"),
	       *stages = json_object_get(module, "stages"), *item;
	const char *ability = json_string_value(json_object_get(module, "ability"));
	size_t i;

	printf("%s -- %s\n%s\n", json_string_value(json_object_get(module, "name")),
	    json_string_value(json_object_get(module, "summary")),
	    json_string_value(json_object_get(module, "file")));
	if (ability[0] != '\0')
		printf("ability: %s\n", ability);
	if (json_array_size(stages) > 0)
		printf("stages:");
	json_array_foreach(stages, i, item) printf(" %s", json_string_value(item));
	if (json_array_size(stages) > 0)
		putchar('\n');
	if (json_array_size(options) > 0)
		printf("\n%-20s %-11s %-16s %s\n", "option", "type", "default", "");
	json_array_foreach(options, i, item)
	{
		const char *initial = json_string_value(json_object_get(item, "default"));

		printf("%-20s %-11s %-16s %s\n", json_string_value(json_object_get(item, "name")),
		    json_string_value(json_object_get(item, "type")),
		    initial == NULL      ? "(must be set)"
		    : initial[0] == '\0' ? "\"\""
					 : initial,
		    json_string_value(json_object_get(item, "summary")));
	}
}

/* Load one module: a new reference, or NULL, told. */
static json_t *
look_at(struct arena *arena, const char *wanted)
{
	const char *file, *name;
	const struct module *m;
	struct err err;

	file = module_find(arena, wanted, &err);
	m = file != NULL ? module_load(file, -1, &name, &err) : NULL;
	if (m == NULL) {
		cli_fail(EX_UNAVAILABLE, "%s", err.text);
		return NULL;
	}
	return describe(name, file, m);
}

/* All of them, one line each; a module that does not load is told and does not hide the others. */
static int
list(struct arena *arena, json_t *all)
{
	const char *const *names;
	size_t count = module_names(arena, &names);
	int code = EX_OK;

	for (size_t i = 0; i < count; i++) {
		json_t *module = look_at(arena, names[i]);

		if (module == NULL) {
			code = EX_UNAVAILABLE;
			continue;
		}
		if (!cli_json)
			printf("%-12s %s\n", names[i],
			    json_string_value(json_object_get(module, "summary")));
		json_array_append_new(all, module);
	}
	return code;
}

static void
print_json(json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(1));

	puts(text);
	free(text);
}

static int
run(int argc, char **argv)
{
	struct arena *arena = arena_create(NULL);
	json_t *all = json_array(), *one;
	int code = EX_OK;

	if (argc == 1)
		code = list(arena, all);
	for (int i = 1; i < argc; i++) {
		one = look_at(arena, argv[i]);
		if (one == NULL)
			code = EX_UNAVAILABLE;
		else if (!cli_json)
			print_details(one);
		json_array_append_new(all, one);
	}
	if (cli_json)
		print_json(all);
	json_decref(all);
	arena_destroy(arena);
	return code;
}

static const struct cli_option options[] = { CLI_JSON, CLI_OPTION_END };

const struct command command_modules = {
	.name = "modules",
	.summary = "what modules there are, and what one of them can be told",
	.operands = "[NAME | FILE ...]",
	.options = options,
	.examples = "  postern modules\n"
		    "  postern modules maxrcpt\n"
		    "  postern modules ./hello.so\n",
	.run = run,
};
