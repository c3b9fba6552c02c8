/* SPDX-License-Identifier: MIT */
/*
 * generation -- a checked configuration, frozen: what every process that starts gets to see.
 *
 * A sealed piece of memory with the configuration as JSON, and the opened files of its modules.
 * A worker that is replaced serves the generation, whatever the files on disk say by then.
 *
 * The checker makes it and sends it in packets over a socket: the snapshot first, with the number
 * of modules as its text, then the modules.
 */
#ifndef CORE_PROCESS_GENERATION_H
#define CORE_PROCESS_GENERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct config;

enum { GENERATION_MODULES_MAX = 200, GENERATION_BYTES_MAX = 64 * 1024 * 1024 };

struct generation {
	struct arena *arena;
	struct config *config;
	int snapshot;
	size_t module_count, expected;
	int modules[GENERATION_MODULES_MAX];
};

/* In the checker: send what `config` is, over the connected socket. Blocks. */
int generation_send(int socket, const struct config *config, struct err *);

/* In the master: a packet of the checker; takes its descriptors. 1: complete, 0: more will come, -1
 * not a generation. */
struct generation *generation_create(void);
int generation_add_take(
    struct generation *, struct str packet, const int *fds, size_t count, struct err *);
void generation_destroy(struct generation *);

/* In a process that was started: the configuration from the snapshot and the modules' descriptors.
 */
struct config *generation_open(struct arena *, int snapshot, int first_module, struct err *);

#endif
