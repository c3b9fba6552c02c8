/* SPDX-License-Identifier: MIT */
/* What `postern check` prints of a configuration without mistakes. */
#include "core/base/arena.h"
#include "core/cli/cli.h"
#include "core/spool/spool.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct command command_check;

/* The command's standard output; its exit code must be 0. */
static const char *
output_of(struct arena *arena, const char *dir, bool json)
{
	const char *out = arena_printf(arena, "%s/out", dir);
	char *argv[] = { "check", arena_printf(arena, "%s/postern.lua", dir), NULL };
	int before = dup(STDOUT_FILENO);
	FILE *f;

	fflush(stdout);
	f = fopen(out, "we");
	CHECK(before >= 0 && f != NULL && dup2(fileno(f), STDOUT_FILENO) >= 0);
	cli_json = json;
	CHECK_INT(command_check.run(2, argv), 0);
	cli_json = false;
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	fclose(f);
	return check_read(arena, out);
}

static void
a_mail_root_is_told_with_how_it_is_made_durable(void)
{
	struct arena *arena = arena_create(NULL);
	const char *dir = arena_strdup(arena, check_folder()),
		   *root = arena_printf(arena, "%s/mail", dir), *said;
	FILE *f = fopen(arena_printf(arena, "%s/postern.lua", dir), "we");

	fprintf(f, "server { data = '%s' }\ndomain 'x.test' {}\nlisten { 'smtp' }\n", dir);
	fclose(f);
	said = output_of(arena, dir, false);
	CHECK(strstr(said, arena_printf(arena, "mail root %s: ", root)) != NULL);
	CHECK(strstr(output_of(arena, dir, true), "\"durable_by\": \"unknown\"") != NULL);

	CHECK_INT(mkdir(root, 0700), 0);
	said = output_of(arena, dir, false);
	CHECK(strstr(said, arena_printf(arena, "(%s)", spool_checkpoint_mode(root))) != NULL);
	said = output_of(arena, dir, true);
	CHECK(strstr(said, arena_printf(arena, "\"durable_by\": \"%s\"",
			       spool_checkpoint_mode(root))) != NULL);
	arena_destroy(arena);
}

void
suite_check(void)
{
	static const struct test tests[] = {
		{ "a mail root is told with how it is made durable",
		    a_mail_root_is_told_with_how_it_is_made_durable },
	};

	CHECK_SUITE("check", tests);
}
