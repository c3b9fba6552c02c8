/* SPDX-License-Identifier: MIT */
/*
 * module_load -- finds, checks and loads modules (libltdl); reads their options.
 *
 * A module's code runs with the server's rights, so its file must be safe from others: neither it
 * nor a folder above it may be writable by group or world (a sticky folder such as /tmp protects
 * what it holds), and each belongs to root, to the running user or to the owner of the program.
 */
#ifndef CORE_MODULE_LOAD_H
#define CORE_MODULE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct config_use;
struct json_t;
struct loop;
struct module;

/*
 * The folders that modules are looked for in, ended by NULL: POSTERN_MODULE_PATH (with ':'), the
 * build tree that this program stands in, or the installed one.
 */
const char *const *module_path(void);

/* The file of the module `name` ("maildir"), in the arena, or NULL with err. A name with '/' is a
 * file already. */
const char *module_find(struct arena *, const char *name, struct err *);

/* Names of all modules in the path, sorted, in the arena; for `postern modules`. Returns how many.
 */
size_t module_names(struct arena *, const char *const **names);

/*
 * Open the file for a generation: 0 and `*fd`, close-on-exec; -1: missing, or not safe from others,
 * which err says with the name of the file or folder.
 */
int module_open(const char *file, int *fd, struct err *);

/*
 * Load the module in `file`, or the opened `fd` where that is not -1 (stays the caller's; what it
 * refers to was checked when it was opened). What does not fit (ABI, a missing symbol) is said in
 * err. Loaded once; never unloaded. `*name` is the name that MODULE gave it, whatever its file is
 * called.
 */
const struct module *module_load(const char *file, int fd, const char **name, struct err *);

/*
 * A configuration struct from JSON, by the module's table. Every mistake is told to `wrong`
 * (option NULL: about the module as a whole). `data`: the folder for relative paths; NULL: they
 * stay. Options NULL: none were given. Returns NULL where there was a mistake.
 */
void *module_configure(struct arena *, const struct module *, struct json_t *options,
    const char *data, void (*wrong)(const char *option, const char *text, void *arg), void *arg);

/* Load, configure and (with `start`) start what `use` names: fills in use->module and use->conf. */
int module_use(struct arena *, struct config_use *, const char *data, bool start, struct err *);

/* Where module_post goes: the loop of this worker. */
void module_set_loop(struct loop *);

#endif
