/* SPDX-License-Identifier: MIT */
/* unit -- durations and sizes as people write them: "30s", "1h30m", "10M". */
#ifndef CORE_TEXT_UNIT_H
#define CORE_TEXT_UNIT_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { UNIT_TEXT_MAX = 32 };

/* "250ms", "30s", "5m", "4h", "5d", "1w", and sums such as "1h30m"; a number alone is seconds.
 * Milliseconds. */
bool unit_duration(struct str, uint64_t *ms);

/* "512", "64K", "10M", "2G" (of 1024), also with a B behind. Bytes. */
bool unit_size(struct str, uint64_t *bytes);

/* The shortest way to write it; `to` holds UNIT_TEXT_MAX bytes. Returns `to`. */
const char *unit_print_duration(uint64_t ms, char *to);
const char *unit_print_size(uint64_t bytes, char *to);

#pragma GCC visibility pop
#endif
