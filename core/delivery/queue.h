/* SPDX-License-Identifier: MIT */
/*
 * queue -- when each message is tried, and what becomes of it (RFC 5321, 4.5.4).
 *
 * One per worker, over the messages of its spool.
 */
#ifndef CORE_DELIVERY_QUEUE_H
#define CORE_DELIVERY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct loop;
struct spool;
struct queue;
struct message;
struct config;

struct queue_options {
	struct loop *loop;
	const struct config *config;
	double retry_scale; /* 1.0; the demonstration's --retry-scale */
};

struct queue *queue_create(const struct queue_options *);
void queue_set_spool(struct queue *, struct spool *);
void queue_destroy(struct queue *); /* of one that has stopped, or never had a message */

/* A message that the spool found: committed just now, or adopted. For spool_open's `found`. */
void queue_add(struct message *, void *queue);

/* Attempts under way; 0: at rest. */
size_t queue_active(const struct queue *);
size_t queue_count(const struct queue *);
/* Start nothing new; `done` when the attempts under way have ended, and no message is held any more. */
void queue_stop(struct queue *, void (*done)(void *arg), void *arg);

/*
 * The control commands of `postern queue`, as JSON in and out (jansson's json_t):
 *   {"cmd": "list"|"show"|"retry"|"delete"|"hold"|"release", "id": "...", "match": {...}}
 * The answer is a new reference: {"messages": [...]} or {"count": N}, or {"error": "..."}.
 */
struct json_t;
struct json_t *queue_control(struct queue *, struct json_t *request);

#endif
