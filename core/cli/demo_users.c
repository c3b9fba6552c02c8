/* SPDX-License-Identifier: MIT */
/*
 * demo_users -- the demonstration's users: alice, bob, user1 ... userN, with one password.
 *
 * Hashing a password is made to take time. So the first user that is missing is added as `postern
 * user add` would, and the others get a copy of what it wrote: nothing is secret here.
 */
#include "core/cli/demo.h"

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/module_load.h"

/* The names in the file, as keys; and what stands behind the name in the line of `wanted`. */
static struct map *
read_names(struct str text, struct str wanted, struct str *secret)
{
	struct map *names = map_create();
	struct str line, name;
	bool more = true;

	while (more) {
		more = str_cut(&text, '\n', &line);
		if (!str_cut(&line, ':', &name))
			continue;
		map_set(names, name, names);
		if (str_eq(name, wanted))
			*secret = line;
	}
	return names;
}

static const char *
name_of(struct arena *arena, unsigned i)
{
	const char *local = i == 0   ? "alice"
			    : i == 1 ? "bob"
				     : arena_printf(arena, "user%u", i - 1);

	return arena_printf(arena, "%s@example.test", local);
}

static int
add_with_module(struct arena *arena, const struct demo *d, const char *name, struct err *err)
{
	struct config_use use = { .name = "passwd", .fd = -1, .options = "{\"file\": \"users\"}" };
	struct str domain = str_of(name), local;
	int result;

	str_cut(&domain, '@', &local);
	if (module_use(arena, &use, d->folder, true, err) < 0)
		return -1;
	result =
	    use.module->lookup->set_password(use.conf, local, domain, STR("postern"), true, err);
	use.module->stop(use.conf);
	return result < 0 ? -1 : 0;
}

/* `first` is in the file now; the others that are not get a copy. */
static int
copy_to_others(
    struct arena *arena, const struct demo *d, const char *path, const char *first, struct err *err)
{
	struct str secret = { "", 0 };
	struct map *names;
	struct buf text;
	int result;

	buf_init(&text, DEMO_FILE_MAX);
	result = demo_read(path, &text, err);
	names = read_names(buf_str(&text), str_of(first), &secret);
	secret = str_copy(arena, secret);
	for (unsigned i = 0; result == 0 && i < d->users + 2; i++) {
		const char *name = name_of(arena, i);

		if (map_get(names, str_of(name)) == NULL)
			buf_printf(&text, "%s:%.*s\n", name, STR_FMT(secret));
	}
	map_destroy(names);
	if (result == 0)
		result = demo_replace(arena, path, buf_str(&text), err);
	buf_free(&text);
	return result;
}

int
demo_write_users(struct arena *arena, const struct demo *d, struct err *err)
{
	const char *path = arena_printf(arena, "%s/users", d->folder), *first = NULL;
	struct str none = { NULL, 0 };
	struct map *names;
	struct buf text;

	buf_init(&text, DEMO_FILE_MAX);
	if (demo_has(path) && demo_read(path, &text, err) < 0)
		return -1;
	names = read_names(buf_str(&text), none, &none);
	for (unsigned i = 0; first == NULL && i < d->users + 2; i++)
		if (map_get(names, str_of(name_of(arena, i))) == NULL)
			first = name_of(arena, i);
	map_destroy(names);
	buf_free(&text);
	if (first == NULL)
		return 0;
	return add_with_module(arena, d, first, err) < 0
		   ? -1
		   : copy_to_others(arena, d, path, first, err);
}
