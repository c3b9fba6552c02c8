/* SPDX-License-Identifier: MIT */
/* utf8 -- code points in bytes that claim to be UTF-8 (RFC 3629). */
#ifndef CORE_BASE_UTF8_H
#define CORE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/*
 * The length of the code point at the start of `s`, and the code point itself; 0 where there is
 * none: no bytes, a sequence cut short, an overlong form, a surrogate, or above U+10FFFF.
 */
size_t utf8_next(struct str s, uint32_t *code);

/* Fit to be shown on a line: no control (C0, DEL, C1), no line separator, no mark that turns the
 * direction of text and so shows it in another order than it is stored. */
bool utf8_is_shown(uint32_t code);

#endif
