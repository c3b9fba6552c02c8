/* SPDX-License-Identifier: MIT */
/* demo -- what the demonstration writes into its folder. */
#ifndef CORE_CLI_DEMO_H
#define CORE_CLI_DEMO_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct arena;

struct demo {
	const char *folder; /* absolute */
	unsigned base;      /* added to all ports */
	unsigned users;     /* besides alice and bob */
};

/*
 * Write what is missing: configuration, certificate, names, users, policy. What is there stays as
 * it is, except for the ports in a configuration of another base.
 */
int demo_write(struct arena *, const struct demo *, struct err *);

/* ---- for the files of the demonstration */

enum { DEMO_FILE_MAX = 64 * 1024 * 1024 };

int demo_write_users(struct arena *, const struct demo *, struct err *);

bool demo_has(const char *path);
int demo_read(const char *path, struct buf *, struct err *);
/* Put the text in the place of the file, for this user only. */
int demo_replace(struct arena *, const char *path, struct str text, struct err *);

#endif
