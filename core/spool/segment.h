/* SPDX-License-Identifier: MIT */
/*
 * segment -- the files of a log folder: made, taken into use, freed, each step durable (see log.h).
 *
 * Blocks: for threads. Names that are used here never come from the network.
 */
#ifndef CORE_SPOOL_SEGMENT_H
#define CORE_SPOOL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct arena;

enum { FOLDER_NAME_MAX = 24, BOOT_ID_MAX = 40, SEGMENT_LEAST = 64 * 1024 };

enum segment_use { SEGMENT_MAIN, SEGMENT_DEFERRED, STREAMS, SEGMENT_SPARE = STREAMS, SEGMENT_USES };

struct folder {
	int fd;      /* the folder */
	int body_fd; /* its folder body/ */
	int lock_fd; /* -1: not locked by us */
	char name[FOLDER_NAME_MAX];
};

struct segment_file {
	enum segment_use use;
	uint64_t incarnation;
	uint64_t bytes;
};

enum { FOLDER_CREATE = 1, FOLDER_LOCK = 2 };

/* Open (and make) the folder of folders. The descriptor, or -1. */
int spool_dir_open(const char *path, bool create, struct err *);
/* Open a log folder under it: 1; 0: another holds its lock; -1. */
int folder_open(int dir_fd, const char *name, unsigned how, struct folder *, struct err *);
void folder_close(struct folder *);
/* Delete the folder with everything in it, and close it. Only where we hold the lock. */
void folder_remove_take(int dir_fd, struct folder *);
/* Call `fn` for the name of each log folder; a return other than 0 ends it and is returned. */
int spool_dir_each(int dir_fd, int (*fn)(const char *name, void *arg), void *arg, struct err *);

/* The segments of the folder, oldest first, in the arena. */
int folder_list(
    const struct folder *, struct arena *, struct segment_file **, size_t *count, struct err *);

const char *segment_name(enum segment_use, uint64_t incarnation, char to[40]);
int segment_open(
    const struct folder *, enum segment_use, uint64_t incarnation, int flags, struct err *);

/* A new spare segment, full of zeros and synced. */
int segment_create(const struct folder *, uint64_t incarnation, uint64_t bytes, struct err *);
/* Take the spare segment `from` into use as `incarnation`; durable. A descriptor, or -1. */
int segment_take(
    const struct folder *, uint64_t from, enum segment_use, uint64_t incarnation, struct err *);
/* Make it a spare one again, or delete it; durable. */
int segment_free(
    const struct folder *, enum segment_use, uint64_t incarnation, bool keep, struct err *);

/* pwrite all of it: 0, or -1 with errno (EIO for a short write). */
int write_all(int fd, const void *, size_t len, uint64_t offset);
/* pread up to `len` bytes; how many, less only at the file's end; -1 with errno. */
int64_t read_all(int fd, void *, size_t len, uint64_t offset);
/* The highest incarnation among the folder's files; 0: it has none. */
uint64_t folder_last_incarnation(const struct folder *);
/* The kernel's boot id, or `given` where that is not NULL. */
int read_boot_id(char to[BOOT_ID_MAX], const char *given, struct err *);
/* Take an OFD write lock on the file `name`: its descriptor; -1 failed; -2 another holds it. */
int lock_file(int dir_fd, const char *name, struct err *);

#endif
