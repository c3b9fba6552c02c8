/* SPDX-License-Identifier: MIT */
/*
 * world -- the server that a story talks to: in this process with a fake clock, or another one over TCP.
 */
#ifndef CORE_STORY_WORLD_H
#define CORE_STORY_WORLD_H

#include "core/story/story.h"

struct world;

/* A folder with what the story says, and a server on it. NULL with err. */
struct world *world_open(const struct story *, enum story_mode, struct err *);
void world_close(struct world *); /* stops the server, removes the folder; NULL is allowed */

/* A connected, non-blocking socket to the endpoint, from the client's address. */
int world_connect(struct world *, struct str endpoint, struct str client, struct err *);

/*
 * Let something happen that `fd` may see. In process: events first, and where nothing is under way, the
 * next timer. False: nothing will happen any more (or, over TCP, nothing did for some seconds).
 */
bool world_wait(struct world *, int fd);

/* Let everything come to rest that needs no time to pass. */
void world_settle(struct world *);
void world_advance(struct world *, uint64_t ms);

/* Whether expectations may still come true by waiting a little (over TCP only). */
bool world_try_again(struct world *, unsigned attempt);

struct str world_log(struct world *);
const char *world_data(const struct world *); /* the data folder */

#endif
