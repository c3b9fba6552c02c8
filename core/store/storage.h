/* SPDX-License-Identifier: MIT */
/*
 * storage -- mailboxes: the ability of modules such as maildir (DESIGN.md: storage and access).
 *
 * Straight-line C that may block, called on pool threads, one call at a time per open mailbox.
 * Everything cleverer (search, threads, quota) is built above it once.
 */
#ifndef CORE_STORE_STORAGE_H
#define CORE_STORE_STORAGE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct mailbox; /* an open mailbox, defined by the storage */

enum storage_flag {
	STORAGE_SEEN = 1,
	STORAGE_ANSWERED = 2,
	STORAGE_FLAGGED = 4,
	STORAGE_DELETED = 8,
	STORAGE_DRAFT = 16,
	STORAGE_FORWARDED = 32,
	STORAGE_FLAGS = 63
};

enum storage_open {
	STORAGE_CREATE = 1,    /* make the mailbox (not the mail root) where it is missing */
	STORAGE_EXCLUSIVE = 2, /* POP3's lock: -1 with code EBUSY where another holds it */
	STORAGE_READ_ONLY = 4
};

struct storage_message {
	uint32_t uid;
	uint64_t size;       /* bytes with CRLF line ends, as it will be read */
	uint32_t flags;      /* storage_flag */
	int64_t date_ns;     /* internal date */
	struct str name;     /* base name: stable while flags change */
	struct str pop3_uid; /* where another server had given one; "" */
};

struct storage_append {
	struct str name; /* what makes the base name unique, of [0-9A-Za-z._-]; "": make one */
	/* An earlier attempt may have stored it, and its owner expunged it: then success, nothing is added. */
	bool look;
	uint32_t flags;
	int64_t date_ns; /* internal date; 0: now. With `name`, the same at each attempt */
	bool durable; /* sync file and folder before returning; else the spool's checkpoint will */
	/* The text: called until it returns 0 (end) or -1 (err filled). */
	int64_t (*read)(void *arg, uint64_t offset, void *, size_t len, struct err *);
	void *arg;
	/* filled in */
	char stored_name[256];  /* base name */
	char stored_path[1024]; /* of the mailbox */
	uint64_t stored_size;   /* bytes of the file */
	uint32_t stored_crc;    /* crc32c of the file's bytes */
};

/* All return 0 or what is said, and -1 with err: code ENOENT no such mailbox or message, EBUSY locked,
 * ENOSPC and EDQUOT full, others. */
struct storage {
	size_t size; /* sizeof(struct storage) */
	/* `user` canonical ("alice@example.test"); `name` with '/' between levels, UTF-8; "INBOX". */
	int (*open)(void *conf, struct str user, struct str name, unsigned how, struct mailbox **,
	    struct err *);
	void (*close)(struct mailbox *);
	/* Names of the user's mailboxes. */
	int (*list)(void *conf, struct str user, int (*fn)(struct str name, void *arg), void *arg,
	    struct err *);
	int (*make)(void *conf, struct str user, struct str name, struct err *);
	int (*remove)(void *conf, struct str user, struct str name, struct err *);
	int (*rename)(void *conf, struct str user, struct str from, struct str to, struct err *);
	int (*append)(struct mailbox *, struct storage_append *, struct err *);
	/* Look again: what came and what went; then the messages in order of UID, in the arena. */
	int (*messages)(struct mailbox *, struct arena *, struct storage_message **, size_t *count,
	    uint32_t *uid_validity, uint32_t *uid_next, struct err *);
	/* Bytes at `offset` of the message with CRLF line ends; 0 at its end. */
	int64_t (*read)(
	    struct mailbox *, uint32_t uid, uint64_t offset, void *, size_t len, struct err *);
	/* Set `add` and clear `remove` flags of the messages; `expunge`: take them away, durably, and all
	 * of them in one go. One that is gone already is no error. */
	int (*change)(struct mailbox *, const uint32_t *uids, size_t count, uint32_t add,
	    uint32_t remove, bool expunge, struct err *);
};

#pragma GCC visibility pop
#endif
