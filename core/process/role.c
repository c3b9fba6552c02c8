/* SPDX-License-Identifier: MIT */
/* role -- what the master starts this program again as: checker, recovery, auth, smtp or access. */
#include "core/process/role.h"

#include "core/base/arena.h"
#include "core/base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
	const char *name;
	int (*run)(const struct role_args *);
} roles[] = {
	{ "checker", role_checker },
	{ "recovery", role_recovery },
	{ "auth", role_auth },
	{ "smtp", role_worker },
	{ "access", role_worker },
};

enum { ARGUMENTS = 10 };

char *const *
role_argv(struct arena *arena, const struct role_args *a)
{
	char **argv = arena_alloc(arena, ARGUMENTS * sizeof *argv);
	int n = 0;

	argv[n++] = "postern";
	argv[n++] = "--role";
	argv[n++] = arena_strdup(arena, a->role);
	argv[n++] = arena_printf(arena, "column=%u", a->column);
	argv[n++] = arena_printf(arena, "uid=%u", (unsigned)a->who.uid);
	argv[n++] = arena_printf(arena, "gid=%u", (unsigned)a->who.gid);
	argv[n++] = arena_printf(arena, "mask=%u", (unsigned)a->who.mask);
	argv[n++] = arena_printf(arena, "scale=%.9g", a->retry_scale);
	if (a->config != NULL)
		argv[n++] = arena_printf(arena, "config=%s", a->config);
	return argv;
}

bool
role_is(int argc, char **argv)
{
	return argc >= 3 && strcmp(argv[1], "--role") == 0;
}

/* One "key=value" into its place; the master wrote it, so that there is nothing to explain. */
static bool
read_argument(struct role_args *a, const char *argument)
{
	struct str value = str_of(argument), key;
	uint64_t number = 0;
	bool is_number;

	if (!str_cut(&value, '=', &key))
		return false;
	is_number = str_number(value, UINT32_MAX, &number);
	if (str_eq(key, STR("config")))
		a->config = value.p;
	else if (str_eq(key, STR("scale")))
		a->retry_scale = strtod(value.p, NULL);
	else if (!is_number)
		return false;
	else if (str_eq(key, STR("column")))
		a->column = (unsigned)number;
	else if (str_eq(key, STR("uid")))
		a->who.uid = (uid_t)number;
	else if (str_eq(key, STR("gid")))
		a->who.gid = (gid_t)number;
	else if (str_eq(key, STR("mask")))
		a->who.mask = (mode_t)number;
	else
		return false;
	return true;
}

int
role_main(int argc, char **argv)
{
	struct role_args args = { .role = argv[2] };

	for (int i = 3; i < argc; i++)
		if (!read_argument(&args, argv[i]))
			return EX_USAGE;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strcmp(roles[i].name, args.role) == 0)
			return roles[i].run(&args);
	fprintf(stderr, "postern: --role is for the server itself\n");
	return EX_USAGE;
}
