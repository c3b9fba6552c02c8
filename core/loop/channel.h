/* SPDX-License-Identifier: MIT */
/*
 * channel -- whole messages, with descriptors, between processes of this server.
 *
 * Over a connected AF_UNIX SOCK_SEQPACKET socket pair. A message that the other end cannot take
 * yet is queued, up to a maximum; the other end is one of ours, but it may be a worker that a
 * plug-in has broken, so what comes in is checked by whoever reads it.
 */
#ifndef CORE_LOOP_CHANNEL_H
#define CORE_LOOP_CHANNEL_H

#include <stddef.h>

#include "core/base/str.h"

struct loop;
struct channel;

enum { CHANNEL_MESSAGE_MAX = 64 * 1024, CHANNEL_FDS_MAX = 32, CHANNEL_QUEUE_MAX = 4 * 1024 * 1024 };

/* `message.len` 0 with count 0 means: the other end is gone. Descriptors become the callee's. */
typedef void
channel_fn(struct channel *, struct str message, const int *fds, size_t count, void *owner);

struct channel *channel_adopt_take(struct loop *, int fd, channel_fn *, void *owner);
/* 0, or -1 where the queue is full or the other end is gone. Descriptors stay the caller's (they
 * are duplicated). */
int channel_send(struct channel *, struct str message, const int *fds, size_t count);
/* Tell what has arrived already, now: for an owner who knows that the other end has ended. The owner
 * may close the channel from within. */
void channel_drain(struct channel *);
void channel_close(struct channel *); /* no further call of the owner */

#endif
