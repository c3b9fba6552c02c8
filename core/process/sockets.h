/* SPDX-License-Identifier: MIT */
/*
 * sockets -- the listening sockets: bound once by the master, kept open as long as it lives.
 *
 * Each address and port has SOCKETS_SLOTS sockets (SO_REUSEPORT), among which the kernel spreads
 * connections. Each worker serves some of them. When one dies, its sockets stay open here, and who
 * replaces it finds what waits in them.
 */
#ifndef CORE_PROCESS_SOCKETS_H
#define CORE_PROCESS_SOCKETS_H

#include <stddef.h>

#include "core/base/err.h"

struct arena;
struct config;
struct sockets;

enum { SOCKETS_SLOTS = 16 };

/* All that `listen` of the configuration names. NULL with err, which names the address. */
struct sockets *sockets_open(struct arena *, const struct config *, struct err *);
void sockets_close(struct sockets *);

/* Call `fn` with the sockets of listen number `listen` that worker `number` of `workers` serves. */
void sockets_of(const struct sockets *, size_t listen, unsigned number, unsigned workers,
    void (*fn)(size_t listen, const int *fds, size_t count, void *arg), void *arg);

#endif
