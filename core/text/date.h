/* SPDX-License-Identifier: MIT */
/* date -- times as mail writes them (RFC 5322, 3.3 and 4.3), and as logs do (RFC 3339). */
#ifndef CORE_TEXT_DATE_H
#define CORE_TEXT_DATE_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { DATE_TEXT_MAX = 48 };

/*
 * "Sat, 21 Nov 2026 07:30:00 +0000", and "2026-11-21T07:30:00+00:00", in local time with its zone.
 * `to` holds DATE_TEXT_MAX bytes. A time outside of the years 0..9999 becomes the nearest one
 * inside. Returns `to`.
 */
const char *date_print(int64_t seconds, char *to);
const char *date_print_rfc3339(int64_t seconds, char *to);

/*
 * Seconds since 1970, and the zone in minutes east. Obsolete forms and comments too (RFC
 * 5322, 4.3); a name of a day is not held against the date, and a missing zone is UTC. False, and
 * nothing stored: no date, or one that does not exist.
 */
bool date_parse(struct str, int64_t *seconds, int *zone_minutes);
bool date_parse_rfc3339(struct str, int64_t *seconds); /* a fraction of a second is dropped */

#pragma GCC visibility pop
#endif
