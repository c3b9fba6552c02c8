/* SPDX-License-Identifier: MIT */
/*
 * header_edit -- a message's header with the edits of a policy made, in their order.
 */
#ifndef CORE_SESSION_HEADER_EDIT_H
#define CORE_SESSION_HEADER_EDIT_H

#include <stdbool.h>

struct arena;
struct buf;
struct edit;
struct header;

/* Whether any of the edits concerns the header. */
bool header_edit_any(const struct edit *);

/*
 * Append the edited fields and the empty line behind them. Fields that are not touched stay byte
 * for byte. add: above the others, the newest first. set: in the place of the first of that name,
 * else below the others; the rest of that name goes. 0; -1: over the buffer's maximum.
 */
int header_edit_print(struct arena *, struct header *, const struct edit *, struct buf *);

#endif
