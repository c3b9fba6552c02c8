/* SPDX-License-Identifier: MIT */
/*
 * config_load -- the steps from a file to a checked configuration.
 *
 *   config_evaluate   postern.lua is run; items are collected       (config_lua.c)
 *   config_files      what it names is read: certificates, scripts  (config_files.c, config_tls.c)
 *   config_check      modules, endpoints, options, ports            (config_check.c)
 *
 * Each step reports all mistakes that it finds; a later step leaves out what an earlier one
 * complained about.
 */
#ifndef CORE_CONFIG_CONFIG_LOAD_H
#define CORE_CONFIG_CONFIG_LOAD_H

#include "core/config/config.h"
#include "core/config/config_field.h"

enum { CONFIG_FILE_MAX = 1 << 20 };

/* The configuration while it is made. */
struct loader {
	struct arena *arena;
	struct config *config;
	struct config_where resolver_at;
	const char
	    *folder; /* of postern.lua, absolute: certificates and policies are relative to it */
	struct config_mistakes *mistakes, *warnings;
};

/* Run the text; `name` is what messages call the file. */
void config_evaluate(struct loader *, const char *name, struct str text);
void config_files(struct loader *);
void config_tls(struct loader *); /* of config_files: certificates and keys */
void config_check(struct loader *);

/* Where `path` leads from the configuration's folder; in the arena. */
const char *config_path(const struct loader *, const char *path);

/*
 * The content of a file, at most `max` bytes. `trusted`: neither it nor a folder above it may be
 * written by others than its owner (THREATS.md, F5). 0, or -1 with err.
 */
int config_read_file(
    struct arena *, const char *path, size_t max, bool trusted, struct str *content, struct err *);

/* "; did you mean 'hostname'?" for the nearest of the NULL-terminated names, or "". */
const char *config_did_you_mean(struct arena *, struct str name, const char *const *names);

#define MISTAKE(load, at, ...) config_mistake_add((load)->arena, (load)->mistakes, at, __VA_ARGS__)
#define WARNING(load, at, ...) config_mistake_add((load)->arena, (load)->warnings, at, __VA_ARGS__)

#endif
