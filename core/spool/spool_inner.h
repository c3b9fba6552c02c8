/* SPDX-License-Identifier: MIT */
/*
 * spool_inner -- what the files of core/spool share; for them only.
 *
 *	spool_commit, spool_mark      spool.c     a record's payload, into the filling batch of its stream
 *	    batch_add                 batch.c     collects what one turn of the loop hands over
 *	    commit_write              commit.c    on the commit thread: places, seals, writes, syncs, aborts
 *	    item->written             spool.c ... on the loop, for each record, with its result and place
 *
 * A log has two streams; in each, segments are freed oldest first, when no message pins them.
 * Locks: log->lock for the spares; spool->lock for where the texts of active messages stand.
 */
#ifndef CORE_SPOOL_SPOOL_INNER_H
#define CORE_SPOOL_SPOOL_INNER_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/loop/timer.h"
#include "core/loop/work.h"
#include "core/spool/log.h"
#include "core/spool/record.h"
#include "core/spool/segment.h"
#include "core/spool/spool.h"

struct arena;
struct batch;
struct map;

enum {
	MESSAGE_ID_MAX = 18,
	SPARES_MAX = 6,
	BATCH_MAX = 256 * 1024 * 1024, /* bytes handed over at once; commits stop at half of it */
	MARK_WAIT_MS = 30,             /* marks wait so long for a commit to travel with */
	TICK_MS = 1000,                /* what failed is tried again */
	CHECKPOINT_MS = 5000,          /* mailboxes are made durable so long after a delivery, or */
	CHECKPOINT_SEGMENTS = 6,       /* when a stream has so many segments */
	SYNCFS_FILES = 64,             /* fewer files are synced one by one */
	TEXT_IN_MEMORY = 64 * 1024 * 1024, /* of all messages together */
	DISK_HANG_MS = 120 * 1000,
	COMMIT_HANG_MS = 24 * 3600 * 1000
};

struct log;
struct stream;

/* A segment in use. */
struct segment {
	struct link link;     /* of its stream, oldest first */
	struct link messages; /* whose text stands here */
	struct arena *arena;
	struct stream *stream;
	uint64_t incarnation;
	int fd;
	uint32_t blocks, next; /* its size; the first block not written (the commit thread's) */
	uint32_t pins;         /* messages here that are not over */
	uint64_t live_bytes;   /* of those, about */
	atomic_uint readers;   /* threads that read a text here now */
	bool failed; /* a write or sync failed: no more is written, and it is deleted in the end */
	bool last_resort; /* it was the reserve: marks only */
	bool closed;      /* another one is open (the loop's view) */
	uint64_t
	    newest_source; /* deferred: the youngest main segment from which a message was moved here */
};

/* One record on its way to the disk. */
struct item {
	struct link link;
	enum log_kind kind; /* 0: a barrier; it has no bytes, and learns where the stream stands */
	bool
	    important; /* a mark or the like: may use the reserve, and is tried again until it is written */
	size_t at, length;       /* its record in the batch's bytes; its payload */
	struct segment *segment; /* where it went */
	uint32_t block;
	enum spool_result result;

	void (*written)(struct item *, struct batch *); /* on the loop; may be NULL */
	void *arg;
	struct link finals; /* MARKS: struct final, messages that are over once this is durable */
};

struct final {
	struct link link;
	struct message *message;
};

struct batch {
	struct link link; /* of the streams that are written together */
	struct stream *stream;
	struct arena *arena; /* the items */
	struct buf bytes;
	struct link items;
	struct link fresh;       /* segments taken into use while it was written */
	struct item *open_marks; /* the MARKS item that still takes marks */
	bool urgent;             /* to be written at the end of this turn */
};

struct stream {
	struct log *log;
	enum segment_use use;
	struct link segments; /* oldest first; the loop's */
	struct segment *open; /* the commit thread's */
	struct log_place
	    abort; /* the commit thread's: to be made durable before anything else; incarnation 0: nothing */
	atomic_bool broken; /* an abort waits */
	struct batch *filling, *writing;
};

struct spare {
	uint64_t incarnation;
	uint64_t bytes;
};

struct log {
	struct link link; /* of the spool */
	struct spool *spool;
	struct folder folder;
	struct stream streams[STREAMS];
	bool adopted;  /* of an owner that is gone: serves its messages, takes no new ones */
	bool settled;  /* the scan of what was in it has ended */
	bool keeping;  /* a job that makes and frees segments is under way */
	bool cleaning; /* a job that moves messages is under way */

	atomic_bool unsure; /* a sync of the folder failed: what it holds is not known any more */
	pthread_mutex_t lock;
	uint64_t last_incarnation;
	struct spare spares[SPARES_MAX];
	size_t spare_count;
	uint64_t
	    settle_as; /* incarnations kept for what settling writes, before this life's first */
	uint64_t made_bytes; /* of all segments made; new ones grow with it */
};

/* A message's parts in memory while it is served. */
struct piece {
	struct segment *segment; /* NULL: in the file */
	uint64_t offset, length; /* in the segment or file */
	const char *file;
};

struct active {
	struct arena *arena;
	struct envelope *envelope;
	struct str head, tail; /* the text, where it is in memory */
	struct body *body;     /* that owns `tail` */
	struct piece pieces[RECORD_PIECES_MAX];
	size_t piece_count;
	uint64_t held; /* bytes counted as text in memory */
	bool in_memory;
};

/* At most 100 bytes: there may be a million. */
struct message {
	struct link link; /* of the segment's messages */
	struct spool *spool;
	struct segment *segment;       /* of its COMMIT; NULL: over, its space given back */
	struct segment *state_segment; /* of its last STATE; NULL: none */
	struct active *active;         /* NULL: at rest */
	int64_t next_ns;
	uint32_t size, block, state_block, refs;
	uint16_t generation;
	uint16_t unsettled;   /* DONE marks that no checkpoint covers yet */
	uint16_t final : 1;   /* each recipient is */
	uint16_t durable : 1; /* and the mark that says so */
	uint16_t changed : 1; /* marks since the last COMMIT or STATE */
	uint16_t stating : 1; /* its STATE is on its way */
	uint16_t resting : 1; /* to be put to rest when that is written */
	uint16_t moving : 1;  /* a copy of it is on its way */
	uint16_t has_file : 1;
	uint16_t bound : 4; /* commits on their way that hold marks of it: it may not rest */
	char id[MESSAGE_ID_MAX];
};

static_assert(sizeof(struct message) <= 100, "a resting message costs at most 100 bytes");

/* A mailbox file that must become durable. */
struct stored {
	struct stored *next;
	struct message *message;
	struct str mailbox, base_name;
	uint64_t size;
	uint32_t crc;
};

struct ledger {
	struct arena *arena;
	struct stored *first, **end;
	size_t count;
};

struct root {
	struct root *next;
	uint64_t device;
	int fd;
	char *path;
};

struct spool {
	struct arena *arena;
	struct loop *loop;
	struct work_pool *commit; /* one thread */
	struct work_pool *disk;   /* bodies, reading, segments, checkpoints */
	int dir_fd;
	char *dir;
	char boot_id[BOOT_ID_MAX];
	uint64_t segment_bytes, reserve_bytes;
	void (*found)(struct message *, void *arg);
	void *found_arg;

	struct link logs;
	struct log *own;
	struct link writing; /* batches in the commit job under way */
	bool commit_running, flush_deferred, closing;
	struct timer mark_timer, tick, checkpoint_timer;

	pthread_mutex_t lock;
	struct ledger ledger;
	struct checkpoint *checkpoint; /* under way */
	struct root *roots;
	struct link bodies, later;
	struct link over;       /* messages that somebody still refers to */
	char body_prefix[9];    /* of the names of this life's body files */
	struct message *unused; /* structs to be used again, by `spool` */
	struct adoption *adoption;

	uint64_t last_id_us;
	uint64_t body_count;
	uint64_t text_held;
	uint64_t room_seen_ms, room_bytes;
	bool room_known;
	struct spool_stats stats;
};

/* batch.c */
struct batch *stream_batch(struct stream *);
/* Begin an item; the payload is then added to batch->bytes, and ended. */
struct item *batch_begin(struct batch *, enum log_kind);
void batch_end(struct batch *, struct item *);
/* Add one mark, to the last MARKS item where there is one. */
struct item *batch_mark(struct batch *, const char *id, const struct spool_mark *);
/* The payload of an item, while its batch lives. */
struct str item_payload(const struct batch *, const struct item *);
void spool_flush_soon(struct spool *);
void spool_flush(struct spool *);
/* Everything that waits, now, on this thread; for spool_close. */
void spool_flush_here(struct spool *);
void batch_drop(struct stream *);

/* commit.c: on the commit thread */
void batch_write(struct batch *);
int log_make_spare(struct log *, uint64_t bytes, struct err *);

/* keep.c */
struct log *log_attach(struct spool *, const struct folder *, bool adopted);
void log_keep(struct log *);
struct segment *segment_create_in(struct stream *, uint64_t incarnation, int fd, uint64_t bytes);
void segment_pin(struct segment *, struct message *);
void segment_unpin(struct segment *, struct message *);
void log_destroy(struct log *);
bool log_is_empty(const struct log *);
uint64_t log_bytes(struct log *);

/* message.c */
struct message *message_create(
    struct spool *, const struct envelope *, struct segment *, uint32_t block, uint32_t generation);
void message_activate(struct message *, struct arena *, struct envelope *);
void message_set_pieces(struct message *, const struct record_commit *, struct str payload);
void message_over(struct message *);
void message_settled(struct message *);
void message_destroy(struct message *);
struct stream *message_stream(const struct message *);

/* spool.c */
/* Call `fn(arg)` on the loop after this event, or at the spool's end. */
void spool_later(struct spool *, void (*fn)(void *), void *arg);
void spool_run_later(struct spool *);

/* accept.c */
void message_apply(struct message *, const struct spool_mark *);

/* body.c */
void bodies_drop(struct spool *);
bool body_is_in_file(const struct body *);
const struct log *body_log(const struct body *);
/* Finish and sync the file in the folder of that log, then `done` on the loop: 0, or the errno. */
void body_sync(struct body *, struct log *, void (*done)(int code, void *arg), void *arg);
void body_describe(const struct body *, uint64_t skip, struct record_piece *);
/* Keep the file, drop the rest. */
void body_release(struct body *);

/* checkpoint.c */
void checkpoint_init(struct spool *);
void ledger_add(struct spool *, struct message *, const struct spool_mark *);
void checkpoint_soon(struct spool *);
void checkpoint_drop(struct spool *);

/* recovery.c */
int log_learn(struct log *, struct err *);
void adoption_begin(struct spool *);
void adoption_end(struct spool *);

/* clean.c */
void log_clean(struct log *);

#endif
