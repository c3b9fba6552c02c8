/* SPDX-License-Identifier: MIT */
/*
 * header -- the fields at the head of a message, as they stream in (RFC 5322, 2.2; RFC 6532).
 *
 * The block is kept as it came, byte for byte; fields are found in it by offset. A line ends at LF,
 * with or without CR before it, because whoever reads the message behind us takes it so. The
 * header ends at an empty line, or before the first line that is no field: a name that is not
 * valid, a line without a colon, a continuation of nothing. Such a line and all that follows are
 * body for everyone. "Name :" is the field Name (RFC 5322, 4.5).
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
	struct str raw; /* with folding and its CRLF */
	struct str name;
	struct str value; /* behind the colon, folding kept, without the last CRLF */
};

/* A header under construction; embedded by value. */
struct header {
	struct buf text;   /* the fields, up to and with the empty line where there is one */
	bool complete;     /* its end was seen */
	bool too_large;    /* over HEADER_MAX or HEADER_FIELDS_MAX; complete, and of no use */
	size_t body_start; /* once complete: offset in the message of the first byte behind the
			      header */
	size_t touched;    /* bytes looked at so far: stays within a multiple of what came in */
	struct header_index *index;
};

void header_init(struct header *);
void header_free(struct header *);

/*
 * Give the message's next bytes, until `complete`. Returns how many of them were read. A line that
 * began in an earlier call may prove to be no field: body_start then lies before these bytes.
 */
size_t header_add(struct header *, const char *, size_t len);
/* The message has ended. */
void header_end(struct header *);

size_t header_count(struct header *);
bool header_field(struct header *, size_t i, struct header_field *);
/* The `nth` (from 0) field of that name, in order from the top; false: none. */
bool header_find(struct header *, struct str name, size_t nth, struct header_field *);
size_t header_count_of(struct header *, struct str name);

/* A value unfolded (RFC 5322, 2.2.3): no CR or LF, and trimmed. */
struct str header_unfold(struct arena *, struct str value);

/*
 * Whether `name` may be a field's name, and `value` the value of a field of ours: no NUL, and CR LF
 * only before white space, with more than white space on each line (some take such a line for
 * empty).
 */
bool header_name_is_valid(struct str name);
bool header_value_is_valid(struct str value);

/*
 * Append "Name: value CRLF". A value without folds is trimmed, and folded before white space where
 * a line would pass 78 characters. -1, and nothing appended: not valid, or over the maximum.
 */
int header_print(struct buf *, struct str name, struct str value);

#pragma GCC visibility pop
#endif
