/* SPDX-License-Identifier: MIT */
/*
 * module_options -- a module's configuration struct from what the administrator wrote.
 *
 * Each type has one row: how to read it from JSON. Defaults are written as people write them and
 * go the same way.
 */
#include "core/base/arena.h"
#include "core/base/nearest.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/text/unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Stands before each configuration struct, so that a module's state is found from `conf`. */
struct head {
	const struct module *module;
	void *worker_state;
	alignas(max_align_t) char conf[];
};

static struct head *
head_of(void *conf)
{
	return (struct head *)(void *)((char *)conf - offsetof(struct head, conf));
}

void *
module_worker_state(void *conf)
{
	return head_of(conf)->worker_state;
}

struct reading {
	struct arena *arena;
	const char *data; /* folder for relative paths, or NULL */
};

/* ---- one reader for each type: NULL, or what is expected instead */

static const char *
read_int(const struct reading *r, json_t *value, void *to)
{
	const char *text = json_string_value(value);
	int64_t number;
	char *end;

	(void)r;
	if (json_is_integer(value)) {
		number = json_integer_value(value);
	} else if (text != NULL && text[0] != '\0') {
		errno = 0;
		number = strtoll(text, &end, 10);
		if (*end != '\0' || errno != 0)
			return "a whole number";
	} else {
		return "a whole number";
	}
	memcpy(to, &number, sizeof number);
	return NULL;
}

static const char *
read_bool(const struct reading *r, json_t *value, void *to)
{
	const char *text = json_string_value(value);
	bool yes = json_is_true(value) || (text != NULL && strcmp(text, "true") == 0);

	(void)r;
	if (!json_is_boolean(value) && !yes && (text == NULL || strcmp(text, "false") != 0))
		return "true or false";
	memcpy(to, &yes, sizeof yes);
	return NULL;
}

static const char *
read_string(const struct reading *r, json_t *value, void *to)
{
	const char *text = json_string_value(value);

	/* A NUL inside would end the text early, unseen. */
	if (text == NULL || strlen(text) != json_string_length(value))
		return "a text";
	text = arena_strdup(r->arena, text);
	memcpy(to, &text, sizeof text);
	return NULL;
}

static const char *
read_path(const struct reading *r, json_t *value, void *to)
{
	const char *wrong = read_string(r, value, to), *path;

	if (wrong != NULL)
		return "a path";
	memcpy(&path, to, sizeof path);
	if (r->data != NULL && path[0] != '/' && path[0] != '\0')
		path = arena_printf(r->arena, "%s/%s", r->data, path);
	memcpy(to, &path, sizeof path);
	return NULL;
}

static const char *
read_duration(const struct reading *r, json_t *value, void *to)
{
	uint64_t ms = 0;

	(void)r;
	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) < INT32_MAX)
		ms = (uint64_t)json_integer_value(value) *
		     1000; /* seconds, as in a text without a unit */
	else if (!json_is_string(value) || !unit_duration(str_of(json_string_value(value)), &ms))
		return "a duration such as \"30s\", \"5m\" or \"2h\"";
	memcpy(to, &ms, sizeof ms);
	return NULL;
}

static const char *
read_size(const struct reading *r, json_t *value, void *to)
{
	uint64_t bytes = 0;

	(void)r;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		bytes = (uint64_t)json_integer_value(value);
	else if (!json_is_string(value) || !unit_size(str_of(json_string_value(value)), &bytes))
		return "a size such as \"64K\", \"10M\" or \"1G\"";
	memcpy(to, &bytes, sizeof bytes);
	return NULL;
}

/* A text is the list of its words, so that defaults can be written. */
static const char *
read_words(const struct reading *r, struct str text, struct option_list *list)
{
	const char **items = arena_alloc(r->arena, (text.len / 2 + 1) * sizeof *items);
	struct str word;

	for (text = str_trim(text); text.len > 0; text = str_trim(text)) {
		str_cut(&text, ' ', &word);
		items[list->count++] = str_copy(r->arena, word).p;
	}
	list->items = items;
	return NULL;
}

static const char *
read_list(const struct reading *r, json_t *value, void *to)
{
	struct option_list *list = arena_alloc(r->arena, sizeof *list);
	const char **items;
	const char *wrong = NULL;

	memcpy(to, &list, sizeof list);
	if (json_is_string(value))
		return read_words(r, str_of(json_string_value(value)), list);
	/* An empty Lua table may arrive as an object. */
	if (!json_is_array(value))
		return json_is_object(value) && json_object_size(value) == 0 ? NULL
									     : "a list of texts";
	items = arena_alloc(r->arena, (json_array_size(value) + 1) * sizeof *items);
	list->count = json_array_size(value);
	list->items = items;
	for (size_t i = 0; i < list->count && wrong == NULL; i++)
		wrong = read_string(r, json_array_get(value, i), &items[i]);
	return wrong != NULL ? "a list of texts" : NULL;
}

typedef const char *reader(const struct reading *, json_t *, void *to);

static reader *const readers[] = {
	[OPTION_IS_INT] = read_int,
	[OPTION_IS_BOOL] = read_bool,
	[OPTION_IS_STRING] = read_string,
	[OPTION_IS_PATH] = read_path,
	[OPTION_IS_DURATION] = read_duration,
	[OPTION_IS_SIZE] = read_size,
	[OPTION_IS_LIST] = read_list,
};

/* ---- a whole table */

struct telling {
	void (*wrong)(const char *option, const char *text, void *arg);
	void *arg;
	bool any;
};

static void
tell(struct telling *t, const char *option, const char *text)
{
	t->any = true;
	t->wrong(option, text, t->arg);
}

static const struct option *
find_option(const struct option *options, const char *name)
{
	for (const struct option *o = options; o != NULL && o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* Names that the module does not know are mistakes, with the nearest that it knows. */
static void
refuse_unknown(struct arena *arena, const struct option *options, json_t *given, struct telling *t)
{
	const char *key;
	json_t *value;

	json_object_foreach(given, key, value)
	{
		struct nearest near = { .wanted = str_of(key) };

		if (find_option(options, key) != NULL)
			continue;
		for (const struct option *o = options; o != NULL && o->name != NULL; o++)
			nearest_try(&near, o->name);
		tell(t, key,
		    near.best != NULL
			? arena_printf(
			      arena, "unknown option '%s'; did you mean '%s'?", key, near.best)
			: arena_printf(arena, "unknown option '%s'", key));
	}
}

static void
read_option(
    const struct reading *r, const struct option *o, json_t *given, char *conf, struct telling *t)
{
	json_t *value = json_incref(given);
	const char *expected;

	if (value == NULL && o->initial != NULL)
		value = json_string(o->initial);
	if (value == NULL) {
		tell(t, o->name,
		    arena_printf(r->arena, "option '%s' is missing: %s", o->name, o->summary));
		return;
	}
	expected = readers[o->type](r, value, conf + o->offset);
	if (expected != NULL)
		tell(t, o->name,
		    arena_printf(r->arena, "option '%s' must be %s", o->name, expected));
	json_decref(value);
}

void *
module_configure(struct arena *arena, const struct module *module, json_t *options,
    const char *data, void (*wrong)(const char *option, const char *text, void *arg), void *arg)
{
	struct head *head = arena_alloc(arena, sizeof *head + module->conf_size);
	struct reading reading = { arena, data };
	struct telling telling = { wrong, arg, false };

	head->module = module;
	if (module->worker_size > 0)
		head->worker_state = arena_alloc(arena, module->worker_size);
	/* Lua writes a table without names as a list. */
	if (json_is_array(options) && json_array_size(options) == 0)
		options = NULL;
	if (options != NULL && !json_is_object(options)) {
		tell(&telling, NULL, "options must have names");
		return NULL;
	}
	refuse_unknown(arena, module->options, options, &telling);
	for (const struct option *o = module->options; o != NULL && o->name != NULL; o++)
		read_option(&reading, o, json_object_get(options, o->name), head->conf, &telling);
	return telling.any ? NULL : head->conf;
}

/* ---- a module as the configuration uses it */

struct first_mistake {
	const char *name;
	struct err *err;
	bool told;
};

static void
keep_first(const char *option, const char *text, void *arg)
{
	struct first_mistake *first = arg;

	(void)option;
	if (!first->told)
		err_set(first->err, "use \"%s\": %s", first->name, text);
	first->told = true;
}

int
module_use(
    struct arena *arena, struct config_use *use, const char *data, bool start, struct err *err)
{
	struct first_mistake first = { use->name, err, false };
	const char *name,
	    *text = use->options != NULL && use->options[0] != '\0' ? use->options : "{}";
	json_t *options;

	if (use->file == NULL && (use->file = module_find(arena, use->name, err)) == NULL)
		return -1;
	use->module = module_load(use->file, use->fd, &name, err);
	if (use->module == NULL)
		return -1;
	options = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (options == NULL)
		return err_set(err, "use \"%s\": its options are not JSON", use->name);
	use->conf = module_configure(arena, use->module, options, data, keep_first, &first);
	json_decref(options);
	if (use->conf == NULL)
		return -1;
	return start && use->module->start != NULL ? use->module->start(use->conf, err) : 0;
}
