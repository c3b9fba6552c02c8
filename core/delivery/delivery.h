/* SPDX-License-Identifier: MIT */
/*
 * delivery -- one turn of one message: every recipient that is due is routed and attempted, and
 * what came of it is logged, recorded in the spool, and told to the sender where that is due.
 */
#ifndef CORE_DELIVERY_DELIVERY_H
#define CORE_DELIVERY_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct delivery;
struct message;
struct route_users;

struct delivery_options {
	const struct config *config;
	struct route_users *users;
	double retry_scale;
	bool again;         /* see attempt_is_again */
	bool now;           /* not only the recipients that are due: all */
	bool only_load;     /* none: when it is over, the envelope is in memory */
	bool age_confirmed; /* the turn before found it too old already */
};

struct delivery_end {
	bool unreadable;  /* the spool could not give the envelope: nothing was done */
	bool busy;        /* nothing was attempted because the pool was full: come back soon */
	bool was_too_old; /* for the next turn's age_confirmed */
};

/* `done` is called once, later; then the delivery is gone. */
struct delivery *delivery_start(struct message *, const struct delivery_options *,
    void (*done)(struct message *, const struct delivery_end *, void *arg), void *arg);

/* The server stops: what waits is given up and attempted another time, what runs is asked to end soon. */
void delivery_cancel(struct delivery *);

#endif
