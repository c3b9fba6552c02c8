/* SPDX-License-Identifier: MIT */
/*
 * spool -- messages that this server has answered for: durable from the `250` to the last recipient.
 *
 * One spool per worker, in data/spool/, over the logs that it owns. Called on the loop; disks are
 * touched on the commit thread and pool threads. See spool/log.h for the format on disk.
 */
#ifndef CORE_SPOOL_SPOOL_H
#define CORE_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/spool/envelope.h"

struct loop;
struct spool;
struct body;
struct message;
struct work_pool;

enum {
	BODY_IN_MEMORY = 64 * 1024,       /* a larger body has its own file from there on */
	SPOOL_SEGMENT = 16 * 1024 * 1024, /* bytes of a log segment */
	SPOOL_BACKLOG = 256 * 1024 /* bytes of a large body not yet written: then body_is_full */
};

struct spool_options {
	const char *dir; /* data/spool */
	uint64_t
	    reserve_bytes; /* refuse new mail (452) when the disk has less; 0: the default, 5 % and 64 MiB */
	uint64_t segment_bytes; /* 0: SPOOL_SEGMENT */
	const char *boot_id;    /* NULL: /proc/sys/kernel/random/boot_id */
};

/*
 * Open the spool for this worker: a log of its own, and what other, unlocked logs hold (adopted
 * piece by piece from the loop). Each message that still has recipients to serve is told through
 * `found`, from the loop. NULL with err.
 */
struct spool *spool_open(struct loop *, const struct spool_options *,
    void (*found)(struct message *, void *arg), void *arg, struct err *);

/*
 * Take the spool for one server: the descriptor of its lock, to be held open by the master as long
 * as it runs; -1 with a sentence where another server has it.
 */
int spool_claim(const char *dir, struct err *);

/*
 * Stop: commits under way are finished and answered inside this call, the log is released. Bodies,
 * and messages whatever their references, must not be used after it.
 */
void spool_close(struct spool *);

/* A fresh id: sortable by time, unique over workers, restarts and clock jumps; [0-9A-Za-z], SPOOL_ID_MAX. */
void spool_make_id(struct spool *, char *to);

/* Room for `size` more bytes: 0; -1: the disk is (nearly) full. A cached look at statvfs. */
int spool_room(struct spool *, uint64_t size);

/* ---- receiving a body */
struct body *body_create(struct spool *);
/* 0; -1: it cannot be kept (full, or a failed disk): err says which by its code (ENOSPC, EDQUOT or other). */
int body_add(struct body *, const char *, size_t len, struct err *);
bool body_is_full(const struct body *);
void body_on_drained(struct body *, void (*fn)(void *arg), void *arg);
uint64_t body_size(const struct body *);
/* The bytes, where it is (still) in memory; else p is NULL. */
struct str body_in_memory(const struct body *);
void body_discard(struct body *); /* leaves nothing; not after a commit took it */

/* ---- committing */
enum spool_result { SPOOL_OK, SPOOL_FULL /* 452 4.3.1 */, SPOOL_FAILED /* 451 4.3.0 */ };

struct spool_mark;

struct spool_commit {
	const struct envelope *envelope; /* copied */
	struct str head;   /* bytes that go before the body: Received, edited header; copied */
	struct body *body; /* taken, whatever the result; NULL: none */
	uint64_t skip;     /* the body's first bytes that `head` replaces */
	/* Marks that must become durable in the same moment (a DSN and the failures it reports). */
	const struct spool_mark *marks;
	size_t mark_count;
};

/*
 * `done` is called later, once, after the sync that made it durable, or that failed. A message for
 * which it says OK is then also told through `found`; one with FULL or FAILED is never delivered.
 */
void spool_commit(struct spool *, const struct spool_commit *,
    void (*done)(enum spool_result, void *arg), void *arg);

/* ---- delivering: what happened to a recipient, appended to the log */
enum mark_kind {
	MARK_DONE,  /* delivered; for a local mailbox with where and what */
	MARK_DEFER, /* again at next_ns */
	MARK_FAIL,
	MARK_PARK,
	MARK_RELEASE, /* parked to queued */
	MARK_DISCARD,
	MARK_DELETE,
	MARK_REDELIVER, /* delivered, but what was stored is gone: again; by spool_settle */
	MARK_KINDS
};

struct spool_mark {
	enum mark_kind kind;
	struct message *message;
	size_t rcpt; /* index; SIZE_MAX: all that are not final */
	int64_t next_ns;
	uint32_t attempts;
	bool warned;
	struct str text; /* reply or reason; cut at 512 bytes */
	/* MARK_DONE into a local mailbox; `mailbox` "" otherwise */
	struct str mailbox; /* absolute path of the Maildir */
	struct str base_name;
	uint64_t size;
	uint32_t crc;
	bool sync_soon; /* a remote 250: durable within 50 ms */
};

/*
 * Also changes the message's envelope, which must be in memory (but for a mark that ends all
 * recipients). When the last one is final, its space is free after the checkpoint.
 */
void spool_mark(struct spool *, const struct spool_mark *);

/* ---- a queued message; counted references; its text can be read on any thread */
struct message *message_ref(struct message *);
void message_unref(struct message *);
const char *message_id(const struct message *);
struct spool *message_spool(const struct message *);

/*
 * The envelope, with what marks have changed. Kept in memory while the message is active, else
 * read again: then NULL until `ready` was called.
 */
const struct envelope *message_envelope(struct message *);
void
message_load(struct message *, void (*ready)(struct message *, int result, void *arg), void *arg);
/* Let go of what can be read again: for messages that wait a long time. */
void message_rest(struct message *);
/* When the next attempt of any recipient is due, without loading; INT64_MAX: never. */
int64_t message_next_ns(const struct message *);

uint64_t message_size(const struct message *);
/* Bytes at `offset`; returns how many, 0 at the end, -1 failed. Any thread; blocks. */
int64_t message_read(struct message *, uint64_t offset, void *, size_t len, struct err *);
/* The text where it is in memory in two pieces (head and body), else false. Any thread. */
bool message_in_memory(struct message *, struct str piece[2]);

/* ---- checkpoint: mailboxes that DONE marks speak of are made durable, then log space is freed */
void spool_checkpoint(struct spool *, void (*done)(int result, void *arg), void *arg);

/* Before the first delivery below `path`: so that a failed write there cannot be missed. 0, or -1. */
int spool_mail_root(struct spool *, const char *path, struct err *);

/* How the checkpoint will make a mail root durable: "syncfs" or "fsync"; for `postern check`. */
const char *spool_checkpoint_mode(const char *path);

struct spool_stats {
	uint64_t commits, commit_batches, messages, bytes_live, bytes_disk, checkpoints,
	    failed_syncs;
};
void spool_stats(const struct spool *, struct spool_stats *);

/* ---- without a server: `postern queue` and `postern spool check` */
/* Read every log under `dir`; for each message its envelope, with marks applied. 0, or -1. */
int spool_scan(const char *dir, int (*fn)(const struct envelope *, const char *log, void *arg),
    void *arg, struct err *);
/* Print what is damaged, line by line, to `fn`. Returns how many things, or -1. */
int64_t
spool_check(const char *dir, void (*fn)(const char *line, void *arg), void *arg, struct err *);

/*
 * Settle what the last boot left unknown, before any mailbox is opened (DESIGN.md 8, recovery):
 * looks for each base name, replaces what is damaged, and marks what must be delivered again.
 * Run by the master's recovery child before workers start. Idempotent.
 */
int spool_settle(const char *dir, const char *boot_id, struct err *);

#endif
