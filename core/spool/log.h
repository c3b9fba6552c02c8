/* SPDX-License-Identifier: MIT */
/*
 * log -- the format of the spool on disk, in words from which it can be written a second time.
 *
 * THE FOLDERS. Modes 0700 and 0600.
 *
 *	data/spool/lock                          OFD lock of the server that runs on this spool
 *	data/spool/log-XXXXXXXXXXXXXXXX/         a log; a random name
 *	    lock                                 OFD write lock, held while somebody owns the log
 *	    main-IIIIIIIIIIIIIIII                segments of the stream `main`, by incarnation (hex)
 *	    deferred-IIIIIIIIIIIIIIII            segments of the stream `deferred`
 *	    spare-IIIIIIIIIIIIIIII               a free segment; what is in it means nothing
 *	    body/NAME                            the text of one large message each
 *	data/spool/corrupt/                      copies of what could not be read, for a person
 *
 * A SEGMENT is a file of zeros, written in full before its first use, so that a later sync of its
 * content need not touch the file's metadata. It is used again and again: each use has a new
 * incarnation, a number that only grows within the log, starts at random, and stands in the
 * file's name alone. Using a spare segment is a rename, synced before anything in it counts;
 * freeing one is a rename too, synced before the next one is freed. In each stream segments are
 * freed oldest first, never out of order, and one of `deferred` only after those of `main` from
 * which its messages came: so a record that says what became of a message outlives every record
 * that holds the message.
 *
 * RECORDS stand one after the other from offset 0 on, each at a multiple of 512 bytes:
 *
 *	 0        4  5  6     8                 16       20       24       28       32
 *	+--------+--+--+-----+-----------------+--------+--------+--------+--------+----------+------+
 *	| "Pstn" |v |k |flags| incarnation     | block  | length | crc    | zero   | payload  | 0..0 |
 *	+--------+--+--+-----+-----------------+--------+--------+--------+--------+----------+------+
 *	 v       version of the record's format, 1
 *	 k       kind, below
 *	 flags   bit 0: a reader that does not know this version or kind must leave the whole log alone
 *	 block   this record's offset in the segment, divided by 512
 *	 length  bytes of payload; zeros follow to the next multiple of 512
 *	 crc     CRC-32C of: the incarnation (8 bytes), bytes 0..23 of the header, the payload
 *	 all numbers little-endian
 *
 * So nothing that an earlier use left in the file is ever read as valid, and a scan that meets
 * damage goes on at the next multiple of 512. The payload is a series of fields (field.h):
 *
 *	kind         fields (tag)
 *	START      1 reads (1): the least version that a reader needs; boot (2): the kernel's boot id,
 *	             text; created (3): ns since 1970. First record of each segment.
 *	COMMIT     2 generation (1); envelope (2): see envelope.c; mark (3) any number; then the pieces of
 *	             the text in their order: text (4): the bytes; file (5): { name (1), skip (2): bytes
 *	             not wanted at its start, length (3): bytes wanted, crc (4): CRC-32C of both }
 *	STATE      3 generation (1); envelope (2). As COMMIT without text: all earlier marks of the
 *	             message are in it.
 *	MARKS      4 mark (3) any number
 *	ABORT      5 incarnation (1), block (2): all records of that segment of the same stream from that
 *	             block on are void
 *	CHECKPOINT 6 incarnation (1), block (2): the mailbox files of all DONE marks of this stream at
 *	             smaller (incarnation, block) are durable
 *
 *	mark: { id (1); kind (2): 1 DONE, 2 DEFER, 3 FAIL, 4 PARK, 5 RELEASE, 6 DISCARD, 7 DELETE,
 *	        8 REDELIVER; rcpt (3): index + 1, without it all that are not final; next (4): ns since
 *	        1970; attempts (5); warned (6); text (7); and for a DONE into a mailbox: mailbox (8): path
 *	        of the Maildir; base name (9), size (10) and CRC-32C (11) of the file; boot (12): of the
 *	        boot in which it was written }
 *
 * READING a log: list the segments. Per stream, newest segment first, collect the ABORTs that are
 * not void themselves; then, oldest first, take the records that are not void. A message exists by
 * its COMMIT. Where there are several of one id the highest generation counts (a message that waits
 * long is copied from `main` to `deferred`, and on within it, with its generation plus one); of the
 * same generation (written again after a failed sync) the later. STATEs of that generation and
 * marks count only in the same stream and behind that COMMIT, in their order; marks inside a
 * COMMIT likewise, as if they stood right behind it. A message is over when each recipient is
 * final; only REDELIVER brings back one that was. Then a DONE with a mailbox is trusted if its
 * boot is the present one, or a CHECKPOINT covers it; else it is settled (settle.h).
 *
 * WRITING: each owner begins with new segments. A COMMIT counts once the segment's data has been
 * synced. After a failed write or sync nothing more is written to that segment; ABORT, from the
 * first block that the failed write touched, must be synced in a new segment before any later
 * COMMIT is acknowledged. The segment that failed is deleted, not used again.
 *
 * VERSIONS. This is version 1. New fields get new tags and are skipped by old readers; a record
 * kind or a change that old readers may ignore comes without bit 0 of flags; whatever they must
 * not miss sets it, and raises `reads` in START. A reader that meets either leaves the log folder
 * as it is, for a newer server to serve, and says so; it never deletes or repairs it.
 */
#ifndef CORE_SPOOL_LOG_H
#define CORE_SPOOL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

enum { LOG_BLOCK = 512, LOG_HEADER = 32, LOG_VERSION = 1, LOG_NEEDED = 1 };

enum log_kind { LOG_START = 1, LOG_COMMIT, LOG_STATE, LOG_MARKS, LOG_ABORT, LOG_CHECKPOINT };

/* A place in a stream; the order of places is the order of what happened. */
struct log_place {
	uint64_t incarnation;
	uint32_t block;
};

struct log_record {
	enum log_kind kind;
	struct log_place place;
	struct str payload; /* borrowed from the bytes that were read */
	uint32_t blocks;    /* that the record fills */
};

enum log_found {
	LOG_VALID,
	LOG_UNKNOWN, /* valid, of a newer version or kind, and may be skipped: see `blocks` */
	LOG_NEWER,   /* valid, and forbids us to touch this log */
	LOG_EMPTY,   /* zeros */
	LOG_STALE,   /* left by another incarnation, or never a record's beginning */
	LOG_DAMAGED  /* begins as a record of this incarnation, and is none */
};

/* Negative, 0, positive as `a` is before, at, behind `b`. */
int log_place_compare(struct log_place a, struct log_place b);

/* Blocks that a record with `length` bytes of payload fills. */
uint32_t log_blocks(size_t length);

/* Write the header before a payload of `length` bytes, which starts at `record` + LOG_HEADER. */
void log_seal(char *record, enum log_kind, size_t length, struct log_place);

/* Look at `block` of a segment whose bytes are `segment`. Fills the record for VALID and UNKNOWN. */
enum log_found log_read(struct str segment, struct log_place, struct log_record *);

/* The same, where `record` begins with the block that is to be looked at. */
enum log_found log_read_one(struct str record, struct log_place, struct log_record *);

/* The length of the payload by a header that has not been checked yet; for reading one record. */
uint32_t log_length(const char *header);

#endif
