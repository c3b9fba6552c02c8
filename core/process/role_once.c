/* SPDX-License-Identifier: MIT */
/* role_once -- the roles checker and recovery: do one thing before the server serves, and end. */
#include "core/process/role.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/process/generation.h"
#include "core/spool/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>

static void
print(const struct config_mistakes *mistakes, const char *kind)
{
	for (size_t i = 0; i < mistakes->count; i++)
		if (mistakes->items[i].line > 0)
			fprintf(stderr, "%s:%d: %s%s\n", mistakes->items[i].file,
			    mistakes->items[i].line, kind, mistakes->items[i].text);
		else
			fprintf(stderr, "%s: %s%s\n", mistakes->items[i].file, kind,
			    mistakes->items[i].text);
}

/* Evaluate the configuration, say everything that is wrong with it, and hand it over frozen. */
int
role_checker(const struct role_args *args)
{
	struct arena *arena = arena_create(NULL);
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct config *config;
	struct err err;
	int code = EX_OK;

	privilege_begin();
	fcntl(ROLE_FD_CHANNEL, F_SETFD, FD_CLOEXEC);
	if (privilege_drop(&args->who, PRIVILEGE_READ, &err) < 0) {
		fprintf(stderr, "postern: %s\n", err.text);
		return EX_OSERR;
	}
	config = config_load(arena, args->config, &mistakes, &warnings);
	print(&warnings, "warning: ");
	print(&mistakes, "");
	if (config == NULL) {
		code = EX_CONFIG;
	} else if (generation_send(ROLE_FD_CHANNEL, config, &err) < 0) {
		fprintf(stderr, "postern: %s\n", err.text);
		code = EX_CONFIG;
	}
	arena_destroy(arena);
	return code;
}

/* Settle what the last boot left unknown, before anybody opens a mailbox. */
int
role_recovery(const struct role_args *args)
{
	struct arena *arena = arena_create(NULL);
	struct config *config;
	struct err err;
	int code = EX_OK;

	privilege_begin();
	config = generation_open(arena, ROLE_FD_SNAPSHOT, -1, &err);
	if (config == NULL || privilege_drop(&args->who, PRIVILEGE_NONE, &err) < 0 ||
	    spool_settle(arena_printf(arena, "%s/spool", config->data), NULL, &err) < 0) {
		log_error("recovery: %s", err.text);
		code = EX_UNAVAILABLE;
	}
	arena_destroy(arena);
	return code;
}
