/* SPDX-License-Identifier: MIT */
/* config -- what the administrator wrote, checked and typed. */
#include "core/module.h"
#include "core/base/arena.h"
#include "core/base/nearest.h"
#include "core/config/config_load.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *
config_append(struct arena *arena, void **items, size_t *count, size_t size)
{
	/* The array has room for the next power of two. */
	if ((*count & (*count - 1)) == 0) {
		char *grown = arena_alloc(arena, (*count > 0 ? 2 * *count : 1) * size);

		if (*count > 0)
			memcpy(grown, *items, *count * size);
		*items = grown;
	}
	return (char *)*items + (*count)++ * size;
}

void
config_mistake_add(struct arena *arena, struct config_mistakes *list, struct config_where at,
    const char *format, ...)
{
	struct config_mistake *m =
	    config_append(arena, (void **)&list->items, &list->count, sizeof *m);
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*m = (struct config_mistake){ at.file, at.line, arena_strdup(arena, text) };
}

void
config_mistake_lua(
    struct arena *arena, struct config_mistakes *list, const char *file, const char *message)
{
	struct config_where at = { arena_strdup(arena, file), 0 };

	/* The file in front of the line may be cut short, and may have colons itself. */
	for (const char *p = strchr(message, ':'); p != NULL; p = strchr(p + 1, ':')) {
		char *end;
		long line = strtol(p + 1, &end, 10);

		if (line > 0 && end[0] == ':' && end[1] == ' ') {
			at.line = (int)line;
			message = end + 2;
			break;
		}
	}
	config_mistake_add(arena, list, at, "%s", message);
}

const char *
config_did_you_mean(struct arena *arena, struct str name, const char *const *names)
{
	struct nearest near = { .wanted = name };

	for (; *names != NULL; names++)
		nearest_try(&near, *names);
	return near.best != NULL ? arena_printf(arena, "; did you mean '%s'?", near.best) : "";
}

/* In the order of the file, whatever order they were found in. */
static int
compare_mistakes(const void *a, const void *b)
{
	const struct config_mistake *x = a, *y = b;
	int by_file = strcmp(x->file, y->file);

	if (by_file != 0)
		return by_file;
	return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
				  : strcmp(x->text, y->text);
}

static void
sort_mistakes(struct config_mistakes *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof *list->items, compare_mistakes);
}

static const char *
default_hostname(struct arena *arena)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof name - 1);
	return arena_strdup(arena, name[0] != '\0' ? name : "localhost");
}

/* Everything as it is when nothing is written. */
static struct config *
make_default(struct arena *arena, const char *path)
{
	static const uint64_t first_waits[] = { 300000, 900000, 1800000 }; /* 5, 15, 30 minutes */
	struct config *c = arena_alloc(arena, sizeof *c);

	for (const struct block *b = config_blocks; b->name != NULL; b++)
		if (b->fields == server_fields || b->fields == retry_fields ||
		    b->fields == resolver_fields || b->fields == limits_fields)
			field_set_initial(arena, b->fields, c);
	c->path = arena_strdup(arena, path);
	c->retry_first_ms = first_waits;
	c->retry_count = sizeof first_waits / sizeof first_waits[0];
	return c;
}

/* The folder that a file stands in, absolute. */
static const char *
folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str folder = { path, slash != NULL ? (size_t)(slash - path) : 0 };
	char buffer[PATH_MAX];
	const char *here;

	if (path[0] == '/')
		return folder.len > 0 ? str_copy(arena, folder).p : "/";
	here = getcwd(buffer, sizeof buffer);
	if (here == NULL)
		here = ".";
	return folder.len > 0 ? arena_printf(arena, "%s/%.*s", here, STR_FMT(folder))
			      : arena_strdup(arena, here);
}

const char *
config_path(const struct loader *load, const char *path)
{
	return path[0] == '/' ? path : arena_printf(load->arena, "%s/%s", load->folder, path);
}

/* Names that were left out, and paths made absolute. */
static void
complete(struct loader *load)
{
	struct config *c = load->config;

	if (c->hostname[0] == '\0')
		c->hostname = default_hostname(load->arena);
	c->data = config_path(load, c->data);
	if (c->log[0] != '\0' && c->log[0] != '/')
		c->log = arena_printf(load->arena, "%s/%s", c->data, c->log);
}

struct config *
config_load_text(struct arena *arena, const char *path, struct str text,
    struct config_mistakes *mistakes, struct config_mistakes *warnings)
{
	struct config_mistakes no_warnings = { 0 };
	struct loader load = {
		.arena = arena,
		.config = make_default(arena, path),
		.folder = folder_of(arena, path),
		.mistakes = mistakes,
		.warnings = warnings != NULL ? warnings : &no_warnings,
	};

	config_evaluate(&load, path, text);
	complete(&load);
	config_files(&load);
	config_check(&load);
	sort_mistakes(load.mistakes);
	sort_mistakes(load.warnings);
	return mistakes->count == 0 ? load.config : NULL;
}

struct config *
config_load(struct arena *arena, const char *path, struct config_mistakes *mistakes,
    struct config_mistakes *warnings)
{
	struct str text;
	struct err err;

	if (config_read_file(arena, path, CONFIG_FILE_MAX, true, &text, &err) == 0)
		return config_load_text(arena, path, text, mistakes, warnings);
	config_mistake_add(arena, mistakes, (struct config_where){ path, 0 }, "%s", err.text);
	return NULL;
}

const struct config_domain *
config_domain(const struct config *c, struct str name)
{
	for (size_t i = 0; i < c->domain_count; i++)
		if (str_eq(str_of(c->domains[i].name), name))
			return &c->domains[i];
	return NULL;
}

const struct config_tls *
config_tls_default(const struct config *c)
{
	for (size_t i = 0; i < c->tls_count; i++)
		if (c->tls[i].names.count == 0)
			return &c->tls[i];
	return NULL;
}

const struct config_policy *
config_policy(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->policy_count; i++)
		if (strcmp(c->policies[i].name, name) == 0)
			return &c->policies[i];
	return NULL;
}

struct config_use *
config_use(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->use_count; i++)
		if (strcmp(c->uses[i].name, name) == 0)
			return &c->uses[i];
	return NULL;
}

const char *
config_mail_root(const struct config_use *use)
{
	const struct option *o = use->module != NULL ? use->module->options : NULL;

	if (o == NULL || use->module->storage == NULL || use->conf == NULL)
		return NULL;
	for (; o->type != OPTION_IS_END; o++)
		if (o->type == OPTION_IS_PATH && strcmp(o->name, "root") == 0)
			return *(const char *const *)((const char *)use->conf + o->offset);
	return NULL;
}
