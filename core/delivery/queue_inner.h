/* SPDX-License-Identifier: MIT */
/*
 * queue_inner -- what the queue consists of; for queue.c and queue_control.c only.
 *
 * A message that rests costs an entry (32 bytes), a place in the heap (4), and what the spool keeps.
 * Entries stand in slots that are used again; whatever waits refers to them by number.
 */
#ifndef CORE_DELIVERY_QUEUE_INNER_H
#define CORE_DELIVERY_QUEUE_INNER_H

#include "core/base/buf.h"
#include "core/delivery/delivery.h"
#include "core/delivery/queue.h"
#include "core/loop/timer.h"

enum {
	QUEUE_TURNS_MAX = 100,       /* messages in delivery at the same time */
	QUEUE_BUSY_MS = 100,         /* until the next try where the pool was full */
	QUEUE_UNREADABLE_S = 300,    /* until the next try where the spool could not read it */
	QUEUE_LOOK_MS = 60 * 1000,   /* at least so often the wall clock is looked at: it may jump */
	QUEUE_FRESH_NS = 2000000000, /* a message older than this may have been another worker's */
	QUEUE_NOWHERE = -1
};

/* What the administrator wants done when the turn under way has ended. */
enum queue_wish { WISH_NONE, WISH_HOLD, WISH_DELETE, WISH_RETRY };

struct entry {
	struct message *message; /* NULL: the slot is free */
	int64_t due_ns;
	int32_t heap_at;         /* or QUEUE_NOWHERE: active, or held */
	uint8_t wish;
	bool active : 1;
	bool held : 1;
	bool again : 1;          /* an earlier attempt is possible */
	bool now : 1;            /* all its recipients, due or not */
	bool age_confirmed : 1;
};

/* A message in delivery. */
struct turn {
	struct queue *queue;
	uint32_t slot;
	struct delivery *delivery; /* NULL: free */
};

struct queue {
	struct arena *arena;
	struct queue_options options;
	struct spool *spool;
	struct buf entries; /* struct entry, by slot */
	struct buf free;    /* uint32_t: free slots */
	struct buf heap;    /* uint32_t: slots, the one due first on top */
	struct timer timer;
	size_t active, count;
	struct turn turns[QUEUE_TURNS_MAX];
	bool stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

struct entry *queue_entry(struct queue *, uint32_t slot);
size_t queue_slots(const struct queue *);

/* Put a message that is neither active nor in the heap into the heap. */
void queue_push(struct queue *, uint32_t slot, int64_t due_ns);
/* Take it out, wherever it stands. */
void queue_pull(struct queue *, uint32_t slot);
/* Forget it: it is done with. */
void queue_drop(struct queue *, uint32_t slot);
/* Start what is due. */
void queue_pump(struct queue *);
/* Do to a message at rest what the administrator wants. */
void queue_obey(struct queue *, uint32_t slot, enum queue_wish);

#endif
