/* SPDX-License-Identifier: MIT */
/*
 * counters -- numbers shared by all workers of the host: fixed tables in memory that the master
 * made.
 *
 * One column per worker, written by it alone, without locks; a reader adds the columns. The master
 * zeroes a dead worker's column.
 */
#ifndef CORE_PROCESS_COUNTERS_H
#define CORE_PROCESS_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"

struct counters;

enum { COUNTERS_WORKERS = 64 };

/* Shared memory for `fd` (a memfd of counters_size bytes), as worker number `column`; fd -1:
 * private. */
size_t counters_size(void);
struct counters *counters_open(int fd, unsigned column, struct err *);
void counters_close(struct counters *);
void counters_clear_column(struct counters *, unsigned column);

/* Connections of a client network (ip_limit_key) at this moment, over all workers, this change
 * included. */
unsigned counters_connection(struct counters *, const struct ip *, int by);
unsigned counters_connections(const struct counters *, const struct ip *);

/* Failed logins of a network in the last ten minutes; `now_ms` monotonic of the host. */
unsigned counters_auth_failure(struct counters *, const struct ip *, uint64_t now_ms, unsigned add);

/* New connections of a network in the last minute. */
unsigned
counters_connection_rate(struct counters *, const struct ip *, uint64_t now_ms, unsigned add);

#endif
