/* SPDX-License-Identifier: MIT */
/*
 * header -- the fields at the head of a message, as they stream in (RFC 5322, 2.2; RFC 6532).
 *
 * The block is kept as it came, byte for byte; fields are found in it by offset.
 */
#ifndef CORE_TEXT_HEADER_H
#define CORE_TEXT_HEADER_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/str.h"

struct arena;

enum { HEADER_MAX = 256 * 1024, HEADER_FIELDS_MAX = 2000, HEADER_NAME_MAX = 998 };

struct header_field {
	struct str raw;   /* with folding and its CRLF */
	struct str name;
	struct str value; /* behind the colon, folding kept, without the last CRLF */
};

/* A header under construction; embedded by value. */
struct header {
	struct buf text;   /* the fields, up to and with the empty line where there is one */
	bool complete;     /* the empty line, or a line that is no field, was seen */
	bool too_large;
	size_t body_start; /* offset in the message of the first byte behind the header and its empty line */
	struct header_index *index;
};

void header_init(struct header *);
void header_free(struct header *);

/* Give the message's next bytes, until `complete`. Returns how many of them belonged to the header. */
size_t header_add(struct header *, const char *, size_t len);
/* The message has ended. */
void header_end(struct header *);

size_t header_count(struct header *);
bool header_field(struct header *, size_t i, struct header_field *);
/* The `nth` (from 0) field of that name, in order from the top; false: none. */
bool header_find(struct header *, struct str name, size_t nth, struct header_field *);
size_t header_count_of(struct header *, struct str name);

/* A value unfolded: CRLF before white space removed (RFC 5322, 2.2.3), trimmed. */
struct str header_unfold(struct arena *, struct str value);

/* Whether `name` may be a field's name, and `value` a field's value (no NUL, CR or LF but folds). */
bool header_name_is_valid(struct str name);
bool header_value_is_valid(struct str value);

/* Append "Name: value CRLF", folded at white space after 78 characters where it can be. */
int header_print(struct buf *, struct str name, struct str value);

#pragma GCC visibility pop
#endif
