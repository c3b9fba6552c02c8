/* SPDX-License-Identifier: MIT */
/*
 * control_socket -- the two ends of data/control, and the client's half of a question.
 */
#ifndef CORE_PROCESS_CONTROL_SOCKET_H
#define CORE_PROCESS_CONTROL_SOCKET_H

#include <sys/types.h>

#include "core/base/err.h"

struct json_t;

/* The listening socket, for this user only; replaces one that was left behind. The data folder is
 * locked by us. */
int control_socket_listen(const char *data, uid_t owner, gid_t group, struct err *);
void control_socket_remove(const char *data);

/* A connection to the server that uses the data folder. -1: none runs (code ENOENT or
 * ECONNREFUSED), or it refused. */
int control_connect(const char *data, struct err *);
/* Send one request and wait for its answer, a new reference; NULL with err. */
struct json_t *control_request(int fd, struct json_t *request, struct err *);
/* Wait for the other end to close: the server has stopped. */
void control_wait(int fd);

#endif
