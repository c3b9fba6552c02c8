/* SPDX-License-Identifier: MIT */
/* encode -- base64 (RFC 4648), xtext (RFC 3461, 4), hex, and questions about UTF-8 (RFC 3629). */
#ifndef CORE_TEXT_ENCODE_H
#define CORE_TEXT_ENCODE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct buf;

/*
 * Each appends to the buffer and returns 0, or -1: not in that form, or over the buffer's maximum;
 * then the buffer's content is as it was.
 */

/* Canonical only: padded, no white space, no bits set beyond the end, so that no two texts mean the
 * same bytes. */
int base64_decode(struct str, struct buf *);
int base64_encode(struct str, struct buf *);

/* What it decodes to is clean UTF-8 (below), since it goes into replies, logs and notifications. */
int xtext_decode(struct str, struct buf *);
int xtext_encode(struct str, struct buf *);

/* Lower case; decoding takes both. */
int hex_encode(struct str, struct buf *);
int hex_decode(struct str, struct buf *);

/* Valid UTF-8 without overlong forms and surrogates. */
bool utf8_is_valid(struct str);
/* The same, and without controls, line separators and marks that turn the direction of text. */
bool utf8_is_clean(struct str);
/* Code points; bytes that are not UTF-8 count one each. */
size_t utf8_length(struct str);

#pragma GCC visibility pop
#endif
