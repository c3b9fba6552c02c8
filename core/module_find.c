/* SPDX-License-Identifier: MIT */
/* module_find -- where modules are: by variable, in the build tree, or installed. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/nearest.h"
#include "core/module_load.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_MAX = 16, NAMES_MAX = 1024 };

/* The build tree that this program stands in, at most three folders up. */
static bool
find_build_tree(char *to)
{
	ssize_t len = readlink("/proc/self/exe", to, PATH_MAX - 1);
	char probe[PATH_MAX + 32];
	struct stat st;

	if (len <= 0)
		return false;
	to[len] = '\0';
	for (int up = 0; up < 3; up++) {
		char *slash = strrchr(to, '/');

		if (slash == NULL || slash == to)
			return false;
		*slash = '\0';
		snprintf(probe, sizeof probe, "%s/modules/.libs", to);
		/* Not access(): that asks for the real user, who may not look into a private folder. */
		if (stat(probe, &st) == 0)
			return true;
	}
	return false;
}

/* Cut the variable at its colons into `folders`; the last is NULL. */
static void
split_path(char *text, const char **folders)
{
	size_t count = 0;
	char *rest = text, *folder;

	while ((folder = strsep(&rest, ":")) != NULL && count < FOLDERS_MAX)
		if (folder[0] != '\0')
			folders[count++] = folder;
}

const char *const *
module_path(void)
{
	static const char *folders[FOLDERS_MAX + 1];
	static char modules[PATH_MAX + 32], filters[PATH_MAX + 32], text[4 * PATH_MAX];
	const char *variable = getenv("POSTERN_MODULE_PATH");
	char tree[PATH_MAX];

	memset(folders, 0, sizeof folders);
	if (variable != NULL && variable[0] != '\0') {
		snprintf(text, sizeof text, "%s", variable);
		split_path(text, folders);
		return folders;
	}
	folders[0] = MODULE_DIR;
	if (find_build_tree(tree)) {
		snprintf(modules, sizeof modules, "%s/modules/.libs", tree);
		snprintf(filters, sizeof filters, "%s/filters/.libs", tree);
		folders[0] = modules;
		folders[1] = filters;
	}
	return folders;
}

/* Say that there is no such module, and which one may have been meant. */
static void
say_missing(struct arena *arena, const char *name, struct err *err)
{
	struct nearest near = { .wanted = str_of(name) };
	const char *const *names;
	size_t count = module_names(arena, &names);
	struct buf where;

	for (size_t i = 0; i < count; i++)
		nearest_try(&near, names[i]);
	if (near.best != NULL) {
		err_set(err, "no module '%s'; did you mean '%s'?", name, near.best);
		return;
	}
	buf_init(&where, ERR_MAX);
	for (const char *const *folder = module_path(); *folder != NULL; folder++)
		buf_printf(&where, "%s%s", where.len > 0 ? ", " : "", *folder);
	err_set(err, "no module '%s' in %s", name, buf_text(&where));
	buf_free(&where);
}

const char *
module_find(struct arena *arena, const char *name, struct err *err)
{
	if (strchr(name, '/') != NULL)
		return arena_strdup(arena, name);
	for (const char *const *folder = module_path(); *folder != NULL; folder++) {
		const char *file = arena_printf(arena, "%s/%s.so", *folder, name);

		if (access(file, F_OK) == 0)
			return file;
	}
	say_missing(arena, name, err);
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Add the modules of one folder to `names`, whose first `count` are there; returns the new count.
 */
static size_t
read_folder(struct arena *arena, const char *folder, const char **names, size_t count)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (dir == NULL)
		return count;
	while (count < NAMES_MAX && (e = readdir(dir)) != NULL) {
		struct str file = str_of(e->d_name);

		if (file.len > 3 && file.p[0] != '.' && str_ends_nocase(file, STR(".so")))
			names[count++] = str_copy(arena, (struct str){ file.p, file.len - 3 }).p;
	}
	closedir(dir);
	return count;
}

size_t
module_names(struct arena *arena, const char *const **names)
{
	const char **found = arena_alloc(arena, NAMES_MAX * sizeof *found);
	size_t count = 0, unique = 0;

	for (const char *const *folder = module_path(); *folder != NULL; folder++)
		count = read_folder(arena, *folder, found, count);
	if (count > 0)
		qsort(found, count, sizeof *found, compare_names);
	for (size_t i = 0; i < count; i++)
		if (unique == 0 || strcmp(found[unique - 1], found[i]) != 0)
			found[unique++] = found[i];
	*names = found;
	return unique;
}
