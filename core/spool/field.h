/* SPDX-License-Identifier: MIT */
/*
 * field -- tagged, length-prefixed fields: how every payload of the log is written.
 *
 *	tag (2 bytes)  length (4 bytes)  value (length bytes)        numbers little-endian
 *
 * A reader skips a tag that it does not know; a writer leaves out what has its usual value, zero
 * or empty. A number is 8 bytes; a value may itself be a series of fields.
 */
#ifndef CORE_SPOOL_FIELD_H
#define CORE_SPOOL_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct buf;

enum { FIELD_HEADER = 6 };

struct field {
	uint16_t tag;
	struct str value;
};

/* Each does nothing for an empty value and for 0. Failure is the buffer's: it is `over`. */
void field_add(struct buf *, uint16_t tag, struct str value);
void field_add_number(struct buf *, uint16_t tag, uint64_t value);

/* A value that is a series of fields: what is added between begin and end. */
size_t field_begin(struct buf *, uint16_t tag);
void field_end(struct buf *, size_t begun);

/* Cut the next field off `rest`: 1; 0 at its end; -1: these bytes are no fields. */
int field_next(struct str *rest, struct field *);

/* The number in a value of 8 bytes; 0 for any other length. */
uint64_t field_number(struct field);

/* Little-endian numbers in raw bytes; for the headers. */
void put_le(void *to, uint64_t value, size_t bytes);
uint64_t get_le(const void *from, size_t bytes);

#endif
