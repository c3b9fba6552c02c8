/* SPDX-License-Identifier: MIT */
/*
 * demo -- a complete server in a folder: no root, no network, nothing to prepare.
 *
 * What it writes (demo_files.c) is an ordinary configuration, which `postern run` would serve just
 * as well.
 */
#include "core/cli/demo.h"

#include "core/base/arena.h"
#include "core/cli/cli.h"
#include "core/config/config.h"
#include "core/process/master.h"
#include "core/process/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HIGHEST = 4190, PORT_MAX = 65535, USERS_MAX = 100000 };

static const char *dir = "postern-demo";
static uint64_t base = 10000, users;
static double retry_scale = 1.0;

static void
print_table(const struct config *c, void *arg)
{
	(void)arg;
	printf("\nPostern serves example.test on this computer, from %s\n\n", c->data);
	for (size_t i = 0; i < c->listen_count; i++) {
		const struct config_listen *l = &c->listens[i];

		printf("  %-12s %s port %-6u%s\n", l->endpoint, l->address, (unsigned)l->port,
		    l->tls_first ? "TLS" : "");
	}
	printf("\n  users        alice@example.test and bob@example.test, password: postern\n");
	printf("  log          %s\n\nready\n", c->log);
	fflush(stdout);
}

/* Where root starts it, it becomes the owner of the folder; its own folder it serves without its powers. */
static int
become_owner(const char *folder, struct err *err)
{
	struct identity who;

	if (privilege_find("", "", folder, &who, err) < 0)
		return -1;
	return geteuid() == 0 && who.uid != 0 ? privilege_drop(&who, PRIVILEGE_NONE, err) : 0;
}

/* The folder, absolute, made where it is missing; NULL after telling why. */
static const char *
make_folder(struct arena *arena)
{
	char path[4096];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		cli_fail(EX_CANTCREAT, "cannot make %s: %s", dir, strerror(errno));
		return NULL;
	}
	if (realpath(dir, path) == NULL) {
		cli_fail(EX_CANTCREAT, "cannot find %s: %s", dir, strerror(errno));
		return NULL;
	}
	return arena_strdup(arena, path);
}

static int
serve(struct arena *arena, const char *folder)
{
	struct demo demo = { .folder = folder, .base = (unsigned)base, .users = (unsigned)users };
	struct master_options options = {
		.as_owner = true, .retry_scale = retry_scale, .ready = print_table
	};
	struct err err;

	umask(077);
	if (become_owner(folder, &err) < 0 || demo_write(arena, &demo, &err) < 0)
		return cli_fail(EX_CANTCREAT, "%s", err.text);
	options.config = arena_printf(arena, "%s/postern.lua", folder);
	return master_run(&options);
}

static int
run(int argc, char **argv)
{
	struct arena *arena;
	const char *folder;
	int code;

	(void)argv;
	if (argc > 1)
		return cli_usage("no arguments are expected");
	if (base < 1 || base + HIGHEST > PORT_MAX)
		return cli_usage("--base wants a port from 1 to %d", PORT_MAX - HIGHEST);
	if (users > USERS_MAX)
		return cli_usage("--users wants at most %d", USERS_MAX);
	arena = arena_create(NULL);
	folder = make_folder(arena);
	code = folder != NULL ? serve(arena, folder) : EX_CANTCREAT;
	arena_destroy(arena);
	return code;
}

static const struct cli_option options[] = {
	{ CLI_TEXT, 'd', "dir", &dir, "DIR",
	    "the folder, made where it is missing (postern-demo)" },
	{ CLI_NUMBER, 'b', "base", &base, "PORT",
	    "is added to all ports: SMTP is PORT + 25 (10000)" },
	{ CLI_NUMBER, 'u', "users", &users, "N", "besides alice and bob: user1 to userN (0)" },
	{ CLI_REAL, 0, "retry-scale", &retry_scale, "X",
	    "multiplies all times between delivery attempts (1)" },
	CLI_OPTION_END,
};

const struct command command_demo = {
	.name = "demo",
	.summary = "a complete server in a folder, to try: no root, no network",
	.operands = "",
	.options = options,
	.examples = "  postern demo\n"
		    "  postern demo --dir /tmp/demo --base 20000 --users 100 --retry-scale 0.001\n"
		    "\nthen, elsewhere:\n"
		    "  swaks --server 127.0.0.1:10025 --to alice@example.test\n"
		    "  curl -u alice:postern pop3://127.0.0.1:10110/1\n",
	.run = run,
};
