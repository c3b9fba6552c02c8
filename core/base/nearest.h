/* SPDX-License-Identifier: MIT */
/*
 * nearest -- which name was meant: for "unknown option 'hostnmae'; did you mean 'hostname'?".
 *
 *	struct nearest n = { .wanted = name };
 *	for (each known name) nearest_try(&n, known);
 *	if (n.best != NULL) ...
 */
#ifndef CORE_BASE_NEAREST_H
#define CORE_BASE_NEAREST_H

#include "core/base/str.h"

struct nearest {
	struct str wanted;
	const char *best;  /* NULL: nothing was near enough to be a slip of the hand */
	unsigned distance; /* of `best` */
};

/* Consider `name`, which must outlive the search. */
void nearest_try(struct nearest *, const char *name);

#endif
