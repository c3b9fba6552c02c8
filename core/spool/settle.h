/* SPDX-License-Identifier: MIT */
/*
 * settle -- what an earlier boot left unknown becomes known, for one log that we own.
 *
 *	file there, right size and CRC      settled
 *	there, but wrong (zero length is     set aside, and delivered again from the log's copy under
 *	what a crash leaves)                the same name
 *	not there, in the expunge record    settled
 *	not there                           delivered again
 *
 * Then REDELIVER marks and CHECKPOINTs are made durable together, in a new segment of each stream.
 */
#ifndef CORE_SPOOL_SETTLE_H
#define CORE_SPOOL_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/spool/scan.h"

/*
 * `incarnation`: of the first new segment; the next STREAMS - 1 are taken too.
 * Returns 1: records were added; 0: nothing was unknown; -1.
 */
int settle_folder(const struct scan *, const struct folder *, uint64_t incarnation,
    const char *boot_id, struct err *);

#endif
