/* SPDX-License-Identifier: MIT */
/*
 * auth_wire -- questions and answers between workers and the auth process, as bytes.
 *
 *	message = slot generation kind result 3 * string    string = length bytes
 *
 * Numbers are little-endian: slot, generation 32 bits; kind, result 8; length 16. Nothing may
 * follow. One message is one packet of a channel.
 */
#ifndef CORE_PROCESS_AUTH_WIRE_H
#define CORE_PROCESS_AUTH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/ref.h"
#include "core/base/str.h"

struct buf;

enum { AUTH_TEXT_MAX = 4096, AUTH_WIRE_MAX = 16 + 3 * (2 + AUTH_TEXT_MAX) };

enum auth_kind {
	AUTH_CHECK, /* texts: name, password, service; answer: canonical name */
	AUTH_FIND   /* texts: local part, domain, "" */
};

struct auth_message {
	struct ref id; /* of the asker; the answer repeats it */
	enum auth_kind kind;
	uint8_t result;     /* of an answer: enum auth_result */
	struct str text[3]; /* each at most AUTH_TEXT_MAX bytes */
};

/* 0, or -1 where a text is too long. */
int auth_encode(const struct auth_message *, struct buf *);
/* False: not a message. The texts point into the bytes. */
bool auth_decode(struct str, struct auth_message *);

#endif
