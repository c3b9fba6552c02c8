/* SPDX-License-Identifier: MIT */
/*
 * queue_read -- what is in the queue: asked of the server that runs, or read from the logs.
 *
 * Each message is a JSON object: id, size, state ("queued", "active", "held"), received, from, next,
 * parked, rcpts: [{address, state, attempts, next, last}].
 */
#ifndef CORE_CLI_QUEUE_READ_H
#define CORE_CLI_QUEUE_READ_H

struct json_t;

/* An array, a new reference; oldest first. NULL: told to stderr, `*code` to return. */
struct json_t *queue_read(const char *data, int *code);

#endif
