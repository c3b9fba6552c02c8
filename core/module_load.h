/* SPDX-License-Identifier: MIT */
/*
 * module_load -- finds, checks and loads modules (libltdl); reads their options.
 */
#ifndef CORE_MODULE_LOAD_H
#define CORE_MODULE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct config_use;
struct module;
struct json_t;

/* The folders that modules are looked for in: POSTERN_MODULE_PATH (with ':'), the build tree that this program stands in, or the installed one. */
const char *const *module_path(void);

/* The file of the module `name` ("maildir"), in the arena, or NULL with err. A name with '/' is a file already. */
const char *module_find(struct arena *, const char *name, struct err *);

/* Names of all modules in the path, sorted; for `postern modules`. */
size_t module_names(struct arena *, const char *const **names);

/*
 * Load the module in `file` (its folders and itself must not be writable by others), or the opened
 * `fd` where that is not -1. What does not fit (ABI, a missing symbol) is said in err. Loaded once;
 * never unloaded. `*name` is the name that MODULE gave it.
 */
const struct module *module_load(const char *file, int fd, const char **name, struct err *);

/*
 * A configuration struct from JSON, by the module's table. Every mistake is told to `wrong`
 * (option NULL: about the module as a whole). `data`: the folder for relative paths. NULL where there was one.
 */
void *module_configure(struct arena *, const struct module *, struct json_t *options, const char *data,
    void (*wrong)(const char *option, const char *text, void *arg), void *arg);

/* Load, configure and (with `start`) start what `use` names: fills in use->module and use->conf. */
int module_use(struct arena *, struct config_use *, const char *data, bool start, struct err *);

#endif
