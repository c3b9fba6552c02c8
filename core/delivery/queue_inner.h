/* SPDX-License-Identifier: MIT */
/*
 * queue_inner -- what the queue consists of; for queue*.c only.
 *
 * A message that rests costs an entry (32 bytes), a place in the heap (4), and what the spool keeps.
 * Entries stand in slots that are used again; whatever waits refers to them by number.
 */
#ifndef CORE_DELIVERY_QUEUE_INNER_H
#define CORE_DELIVERY_QUEUE_INNER_H

#include "core/base/buf.h"
#include "core/delivery/delivery.h"
#include "core/delivery/poison.h"
#include "core/delivery/queue.h"
#include "core/loop/timer.h"

enum {
	QUEUE_TURNS_MAX = 100,     /* messages in delivery at the same time */
	QUEUE_IN_MEMORY_MAX = 200, /* in a longer queue, who waits is not kept in memory */
	QUEUE_BUSY_MS = 100,       /* until the next try where the pool was full */
	QUEUE_SUSPECT_MS = 1000,   /* until the next try of a suspect while another is under way */
	QUEUE_UNREADABLE_S = 300,  /* until the next try where the spool could not read it */
	QUEUE_LOOK_MS = 60 * 1000, /* at least so often the wall clock is looked at: it may jump */
	QUEUE_FRESH_NS = 2000000000, /* a message older than this may have been another worker's */
	QUEUE_NOWHERE = -1
};

/* What is to be done to a message when it is in memory and its turn is over. */
enum queue_wish { WISH_NONE, WISH_RETRY, WISH_HOLD, WISH_RELEASE, WISH_DELETE, WISH_POISON };

struct entry {
	struct message *message; /* NULL: the slot is free */
	int64_t due_ns;
	int32_t heap_at; /* or QUEUE_NOWHERE: active, or held */
	uint8_t wish;
	bool active : 1;
	bool held : 1;
	bool again : 1; /* an earlier attempt is possible */
	bool now : 1;   /* all its recipients, due or not */
	bool age_confirmed : 1;
	bool suspect : 1; /* a worker died while it was delivered: no other suspect beside it */
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
	struct poison *poison;
	struct route_users *users;
	bool has_suspect;   /* one is being delivered */
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

/* ---- queue_heap.c */
struct entry *queue_entry(struct queue *, uint32_t slot);
size_t queue_slots(const struct queue *);
uint32_t queue_take(struct queue *); /* a slot for a new message */
/* Forget the message: it is done with. */
void queue_drop(struct queue *, uint32_t slot);
/* Put a message that is neither active nor in the heap into the heap; take it out, wherever it stands. */
void queue_push(struct queue *, uint32_t slot, int64_t due_ns);
void queue_pull(struct queue *, uint32_t slot);
/* The slot of the message that is due first, or -1. */
int64_t queue_first(const struct queue *);

/* ---- queue.c */
/* Start what is due. */
void queue_pump(struct queue *);
void queue_want(struct queue *, uint32_t slot, enum queue_wish);

#endif
