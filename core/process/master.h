/* SPDX-License-Identifier: MIT */
/*
 * master -- the process that an administrator starts: it starts, watches and ends the others.
 *
 *	CHECKING -> RECOVERING -> STARTING -> SERVING -> STOPPING -> OVER
 *
 * It binds sockets, and hands them over. It parses nothing from the network, evaluates no
 * configuration and loads no module.
 */
#ifndef CORE_PROCESS_MASTER_H
#define CORE_PROCESS_MASTER_H

#include <stdbool.h>

struct config;

struct master_options {
	const char *config; /* file; made absolute */
	bool check_only;
	bool as_owner; /* where root starts it: serve as the owner of the data folder */
	double retry_scale;
	void (*ready)(const struct config *, void *arg); /* or NULL */
	void *arg;
};

/* Run the server, until it is told to stop. Returns a code of sysexits.h; 0 after a stop. */
int master_run(const struct master_options *);

#endif
