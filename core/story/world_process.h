/* SPDX-License-Identifier: MIT */
/* world_process -- the server as a process of its own, as an administrator starts it. */
#ifndef CORE_STORY_WORLD_PROCESS_H
#define CORE_STORY_WORLD_PROCESS_H

#include "core/base/buf.h"
#include "core/base/err.h"

struct arena;
struct world_process;

/* `postern run -c FOLDER/postern.lua`, until it says that it is ready. NULL with err, and what it printed. */
struct world_process *world_process_start(struct arena *, const char *folder, struct err *);
void world_process_stop(struct world_process *); /* NULL is allowed */
void world_process_log(struct world_process *, struct buf *);

#endif
