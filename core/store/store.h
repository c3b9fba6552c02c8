/* SPDX-License-Identifier: MIT */
/*
 * store -- mailboxes for code on the loop: each call runs on the pool for mailboxes and answers later.
 *
 * One call at a time per open mailbox (asserted). The answer comes from the loop, never inside
 * the asking, and is given a handle of whoever asked: when that has ended, look it up and drop
 * the answer. A mailbox that does not answer within the pool's time is written off: the call
 * fails, and so do all that follow.
 */
#ifndef CORE_STORE_STORE_H
#define CORE_STORE_STORE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ref.h"
#include "core/base/str.h"
#include "core/store/storage.h"

struct store; /* a mailbox that is open, or being opened */

/* What came of a call. Everything in it is borrowed, until the function returns. */
struct store_answer {
	struct store *store;
	/* 0, or -1 with err: code EBUSY locked by another, ENOENT none such, ENOSPC, EDQUOT, ETIMEDOUT */
	int result;
	struct err err;
	/* of store_messages: valid until the next store_messages, or store_close */
	struct storage_message *messages;
	size_t count;
	uint32_t uid_validity, uid_next;
	/* of store_read; shorter than asked only at the end of the message */
	struct str bytes;
};

typedef void store_fn(struct ref asker, const struct store_answer *);

enum { STORE_READ_MAX = 64 * 1024 };

/*
 * The calls. `how` is of enum storage_open. Each returns 0, or -1 where the server is busy and
 * nothing will be answered. store_open returns NULL for that, and gives a mailbox that has to be
 * closed even where opening it fails.
 */
struct store *
store_open(struct str user, struct str name, unsigned how, struct ref asker, store_fn *);
int store_messages(struct store *, store_fn *);
int store_read(struct store *, uint32_t uid, uint64_t offset, size_t len, store_fn *);
/* The numbers are copied. */
int store_change(struct store *, const uint32_t *uids, size_t count, uint32_t add, uint32_t remove,
    bool expunge, store_fn *);
/* `append` and what it reads from stay the caller's, alive until the answer. */
int store_append(struct store *, struct storage_append *append, store_fn *);

/* Close it, and say when its locks are free; then it is gone. Only while no call is under way. */
void store_end(struct store *, store_fn *);

/* No answer comes any more; locks are let go as soon as the call under way has ended. NULL is allowed. */
void store_close(struct store *);

/* The storage that holds the mail of "alice@example.test", and its configuration; NULL with err. Any
 * thread. */
const struct storage *store_of(struct str user, void **conf, struct err *);

#pragma GCC visibility pop
#endif
