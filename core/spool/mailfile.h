/* SPDX-License-Identifier: MIT */
/*
 * mailfile -- a delivered message's file in a Maildir: found where it has moved, checked, written again.
 *
 * Used where the spool has to know whether what it delivered is really there. Blocks.
 */
#ifndef CORE_SPOOL_MAILFILE_H
#define CORE_SPOOL_MAILFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

enum { MAILFILE_PATH_MAX = 4096 };

/*
 * Look for `base` (with or without flags behind a colon) in new, cur and tmp of the Maildir and
 * in new and cur of each of its .Folders: 1 and the path; 0: not there; -1: could not look.
 */
int mailfile_find(const char *maildir, const char *base, char path[MAILFILE_PATH_MAX]);

/* Whether the expunge record of the Maildir names it: 1, 0, -1. */
int mailfile_is_expunged(const char *maildir, const char *base);

/* Whether the file's bytes are these: 1, 0, -1. */
int mailfile_is_whole(const char *path, uint64_t size, uint32_t crc);

int mailfile_sync(const char *path);
/* Sync new and cur of the Maildir. */
int mailfile_sync_folders(const char *maildir);

/* Put the bytes of `from` in the file's place, durably. -1 also where they are not those expected. */
int mailfile_rewrite(const char *path, int from, uint64_t size, uint32_t crc);
/* Move a damaged file out of the way, into the Maildir's tmp; durable. */
int mailfile_set_aside(const char *maildir, const char *path);

#endif
