/* SPDX-License-Identifier: MIT */
/*
 * scan -- what a log folder says: its messages, where they stand, and what became of them.
 *
 * Reads by the rules of log.h; changes nothing; never fails on what stands in the files.
 */
#ifndef CORE_SPOOL_SCAN_H
#define CORE_SPOOL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/spool/envelope.h"
#include "core/spool/log.h"
#include "core/spool/record.h"
#include "core/spool/segment.h"

struct arena;
struct map;

/* A mark behind the message's last envelope. */
struct scan_mark {
	struct scan_mark *next;
	struct log_place place;
	struct record_mark record;
};

struct scan_entry {
	struct scan_entry *next;
	char id[SPOOL_ID_MAX];
	enum segment_use stream;
	uint32_t generation;
	struct log_place commit;
	struct log_place state; /* of the later envelope; incarnation 0: that of the COMMIT */
	struct scan_mark *marks, **marks_end;
	/* DONE marks with a mailbox, whether or not a later envelope includes them. */
	struct scan_mark *stored, **stored_end;
};

struct scan_segment {
	struct segment_file file;
	uint32_t end;       /* block behind the last record */
	uint32_t void_from; /* records from here on are void; UINT32_MAX: none */
};

/* Bytes between records of one segment that are no records. */
struct scan_damage {
	struct scan_damage *next;
	struct segment_file file;
	uint32_t from, to; /* blocks */
	int code;          /* errno where they could not be read */
};

struct scan {
	struct arena *arena;
	struct scan_segment *segments; /* oldest first, spares too */
	size_t segment_count;
	struct scan_entry *entries, **entries_end;
	size_t entry_count;
	struct map *by_id;
	struct log_place settled[STREAMS]; /* mailbox files of DONEs before it are durable */
	struct scan_damage *damage;
	bool newer; /* written by a newer version: to be left alone */
};

/*
 * Read the segments of the folder older than `until` (0: all). 0, or -1 where it cannot be read.
 * End it with scan_close in any case.
 */
int scan_folder(struct scan *, const struct folder *, uint64_t until, struct err *);
void scan_close(struct scan *);
/* Read one segment whose bytes are in memory into an empty scan; for the fuzzer. */
void scan_memory(struct scan *, const struct segment_file *, struct str bytes);

/* The entry's envelope with its marks, in `arena`. -1: damaged since, or never good. */
int scan_envelope(const struct folder *, const struct scan_entry *, struct arena *,
    struct envelope *, struct err *);

/* Whether a DONE's mailbox file has to be looked at before it is believed. */
bool scan_is_unknown(
    const struct scan *, const struct scan_entry *, const struct scan_mark *, const char *boot_id);

/* Whether the segment begins with a record that forbids us to touch its log. */
bool segment_is_newer(int fd, uint64_t incarnation);
/* The same for the segments of a folder. */
bool folder_is_newer(const struct folder *);

/* Copy what is damaged into the folder corrupt/ of the spool, for a person to look at. */
void scan_keep_damage(const struct scan *, const struct folder *, int dir_fd);

/* One record at its place, read and checked; its bytes in the arena. */
int read_record(int fd, struct log_place, struct arena *, struct log_record *, struct err *);

#endif
