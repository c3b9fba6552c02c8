/* SPDX-License-Identifier: MIT */
/* date -- times as mail writes them (RFC 5322, 3.3 and 4.3), and as logs do (RFC 3339). */
#ifndef CORE_TEXT_DATE_H
#define CORE_TEXT_DATE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { DATE_TEXT_MAX = 48 };

/* "Sat, 21 Nov 2026 07:30:00 +0000", in local time with its zone. `to` holds DATE_TEXT_MAX bytes. Returns `to`. */
const char *date_print(int64_t seconds, char *to);
const char *date_print_rfc3339(int64_t seconds, char *to);

/* Seconds since 1970, and the zone in minutes; obsolete forms too. False: no date, or one outside of 0..9999. */
bool date_parse(struct str, int64_t *seconds, int *zone_minutes);
bool date_parse_rfc3339(struct str, int64_t *seconds);

/* "90s", "30m", "4h", "5d", "1h30m", "500ms", "0": milliseconds. A number without a unit is refused but for 0. */
bool date_parse_duration(struct str, uint64_t *ms);
const char *date_print_duration(uint64_t ms, char *to);

#pragma GCC visibility pop
#endif
