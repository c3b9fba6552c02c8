/* SPDX-License-Identifier: MIT */
/*
 * control_ask -- one question to several workers, and their answers put together.
 *
 * A worker may be broken by a plug-in: what it answers is bounded, checked, and waited for only so
 * long.
 */
#ifndef CORE_PROCESS_CONTROL_ASK_H
#define CORE_PROCESS_CONTROL_ASK_H

#include <jansson.h>
#include <stddef.h>

#include "core/base/str.h"

struct arena;
struct control_asks;
struct control_client;
struct master;
struct proc;

struct control_asks *control_asks_create(struct arena *, struct master *);
void control_asks_destroy(struct control_asks *);

/* Ask, and control_reply to the client later or at once. */
void control_ask_status(struct control_asks *, struct control_client *);
void control_ask_queue(struct control_asks *, struct control_client *, json_t *request);
void control_asks_forget(struct control_asks *, struct control_client *);

void control_asks_answer(
    struct control_asks *, struct proc *, struct str message, const int *fds, size_t count);
void control_asks_ended(struct control_asks *, struct proc *);

/* In control.c. */
void control_reply(struct control_client *, json_t *answer);

#endif
