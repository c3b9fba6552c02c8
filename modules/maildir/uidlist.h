/* SPDX-License-Identifier: MIT */
/*
 * uidlist -- which message has which UID: the file `postern-uidlist` in each Maildir (format 1, final).
 *
 *	71e3a0c2 postern-uidlist 1 V1763712000 N4
 *	0d3f11aa 1 :1763712000.I0aQ3xR0.postern,S=812,W=830
 *	8f00b204 2 W2481 D1276533073 P00000002496a7b1c :1276533073.M242P34.kurkku
 *
 * The first line has the UIDVALIDITY and a UIDNEXT; then one line for each message, in order of
 * UID, only ever appended, and synced before any client hears of the UID. A line is the CRC-32C of
 * what follows it, in hex, a space, the UID, fields of one letter and a value, and behind ':' the
 * message's base name: its file name without the flags.
 *
 *	W   bytes with CRLF line ends, where the name does not say so (W=)
 *	D   internal date in seconds since 1970, where the name does not begin with it
 *	P   what POP3's UIDL says, where another server had said it
 *
 * A field of another letter is kept and means nothing. Lines of messages that are gone stay until
 * there are many; then the file is written anew beside it and renamed. A line that is damaged (or
 * has no end: the machine died) is passed over; because its UID may have been announced, as many
 * UIDs are skipped as may have stood in the damaged bytes.
 */
#ifndef MODULES_MAILDIR_UIDLIST_H
#define MODULES_MAILDIR_UIDLIST_H

#include "core/module.h"

struct uid_entry {
	uint32_t uid;
	struct str name;   /* base name */
	struct str fields; /* as they stand in the line, each with a space behind it */
	uint64_t size;     /* W, or 0 */
	int64_t date;      /* D, or 0 */
	struct str pop3;   /* P, or "" */

	/* where the last look found the message; not in the file */
	struct str info; /* what follows the base name: ":2,S" */
	enum { UID_GONE, UID_IN_NEW, UID_IN_CUR } where;
};

struct uidlist {
	struct arena *arena;
	uint32_t validity; /* 0: the head is missing or damaged */
	uint32_t next;
	struct buf entries; /* struct uid_entry, in order of UID; use uidlist_at */
	size_t damaged;     /* bytes that were passed over */
};

enum { UIDLIST_LINE_MIN = 12, UIDLIST_NAME_MAX = 255 };

void uidlist_init(struct uidlist *, struct arena *);
void uidlist_free(struct uidlist *); /* but what stands in the arena */

size_t uidlist_count(const struct uidlist *);
struct uid_entry *uidlist_at(const struct uidlist *, size_t i);
struct uid_entry *uidlist_find(const struct uidlist *, uint32_t uid);

/* Read the whole lines of `text`; returns how many bytes that is. Called again with what was
 * appended later. */
size_t uidlist_read(struct uidlist *, struct str text);

/* `size` and `date` 0, `pop3` "": not to be written, because the name tells. The UID is the next one. */
struct uid_entry *
uidlist_add(struct uidlist *, struct str name, uint64_t size, int64_t date, struct str pop3);

void uidlist_print_head(const struct uidlist *, struct buf *);
void uidlist_print(const struct uid_entry *, struct buf *);

/* Take over a `dovecot-uidlist` of version 3 or 1: UIDVALIDITY, UIDs, sizes and POP3 UIDs. False:
 * it is none. */
bool uidlist_read_dovecot(struct uidlist *, struct str text);

/* Whether a file of that name can stand in the list: visible, no controls, short enough. */
bool uidlist_name_is_valid(struct str name);

#endif
