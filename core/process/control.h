/* SPDX-License-Identifier: MIT */
/*
 * control -- the socket data/control: what `postern stop`, `status` and `queue` ask a running
 *server.
 *
 * One JSON object a line in each direction. Only root, the server's own user and the owner of the
 * data folder are answered.
 *
 *	{"cmd": "status"}                            {"pid": 1, "processes": [{"role": "smtp",
 *...}]}
 *	{"cmd": "stop"}                              {"ok": true}, and the end of the connection
 *when it has stopped
 *	{"cmd": "queue", "request": {"cmd": ...}}    what queue_control of each worker answers, put
 *together anything else                                {"error": "..."}
 */
#ifndef CORE_PROCESS_CONTROL_H
#define CORE_PROCESS_CONTROL_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct control;
struct json_t;
struct master;
struct proc;

enum {
	CONTROL_LINE_MAX = 64 * 1024,
	CONTROL_CLIENTS_MAX = 16,
	CONTROL_ANSWER_MAX = 64 * 1024 * 1024,
	CONTROL_IDLE_MS = 10000,
	CONTROL_WORKER_MS = 5000 /* for workers to answer; who is late is left out */
};

struct control *control_open(struct master *, struct err *);
void control_close(struct control *);

/* A process said "answer ID ...", or has ended. */
void control_on_answer(
    struct control *, struct proc *, struct str message, const int *fds, size_t count);
void control_on_ended(struct control *, struct proc *);

#endif
