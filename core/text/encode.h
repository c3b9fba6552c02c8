/* SPDX-License-Identifier: MIT */
/* encode -- base64 (RFC 4648), xtext (RFC 3461, 4), UTF-8 (RFC 3629), hex. */
#ifndef CORE_TEXT_ENCODE_H
#define CORE_TEXT_ENCODE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct buf;

/* 0; -1: not base64 (canonical, padded, no white space), or over the buffer's maximum. */
int base64_decode(struct str, struct buf *);
int base64_encode(struct str, struct buf *);

int xtext_decode(struct str, struct buf *); /* also -1 for a decoded control character */
int xtext_encode(struct str, struct buf *);

int hex_encode(struct str, struct buf *);
int hex_decode(struct str, struct buf *);

/* Valid UTF-8 without overlong forms and surrogates; `utf8_is_clean` also without controls and marks of direction. */
bool utf8_is_valid(struct str);
bool utf8_is_clean(struct str);
/* Code points; bytes that are not UTF-8 count one each. */
size_t utf8_length(struct str);

/* The nearest of `count` names to `name` (edit distance at most 3, and under half its length), or NULL. For messages. */
const char *nearest_name(struct str name, const char *const *names, size_t count);

#pragma GCC visibility pop
#endif
