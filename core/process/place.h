/* SPDX-License-Identifier: MIT */
/*
 * place -- the data folder: made with its owners, and held by one server at a time.
 */
#ifndef CORE_PROCESS_PLACE_H
#define CORE_PROCESS_PLACE_H

#include "core/base/err.h"
#include "core/process/privilege.h"

/* Make the data folder where it is missing. */
int place_make(const char *data, struct err *);

/*
 * Where this is root and workers are several users: give the data folder to root and the group of
 * mail, whose members may add to it but not remove what is another's.
 */
int place_share(const char *data, const struct identity *smtp, struct err *);

/* The folder of the spool, which belongs to the workers that take mail in. */
int place_make_spool(const char *data, const struct identity *smtp, struct err *);

/* The lock that says that a server uses the folder; held while the descriptor is open. -1: another
 * has it. */
int place_lock(const char *data, struct err *);

#endif
