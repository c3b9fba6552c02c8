/* SPDX-License-Identifier: MIT */
/*
 * acceptor -- takes connections from a listening socket.
 *
 * Accepts a bounded number per turn, and pauses (without spinning) when descriptors run out.
 */
#ifndef CORE_LOOP_ACCEPTOR_H
#define CORE_LOOP_ACCEPTOR_H

struct loop;
struct acceptor;

/* `fd` listens and stays the caller's; `fn` takes the connected descriptor (close-on-exec,
 * non-blocking). NULL: not a socket. */
struct acceptor *acceptor_open(struct loop *, int fd, void (*fn)(int fd, void *arg), void *arg);
void acceptor_pause(struct acceptor *);
void acceptor_resume(struct acceptor *);
void acceptor_close(struct acceptor *);

#endif
