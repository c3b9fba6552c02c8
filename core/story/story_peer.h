/* SPDX-License-Identifier: MIT */
/*
 * story_peer -- the client of a story: a socket, TLS where asked for, lines.
 *
 * Its own code on purpose: what tests the server's connections must not be made of them.
 */
#ifndef CORE_STORY_STORY_PEER_H
#define CORE_STORY_STORY_PEER_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

struct ssl_st;

struct story_peer {
	int fd; /* -1: not connected */
	bool bytewise;
	bool ended;  /* the server has closed */
	bool broken; /* without saying so */
	struct ssl_st *ssl;
	struct buf in, out;
};

void peer_open(struct story_peer *, int fd, bool bytewise);
void peer_close(struct story_peer *);
/* Say that nothing more will come; the next line of the story needs `client` first. */
void peer_shut(struct story_peer *);
void peer_send(struct story_peer *, struct str);
/* Write what waits, read what is there; never blocks. Returns whether anything moved. */
bool peer_turn(struct story_peer *);
/* The next whole line without its CRLF (or LF), removed from the input into `line`; false: none. */
bool peer_line(struct story_peer *, struct buf *line);
/* `name`: what the client asks for (SNI), and the certificate must be for; empty: nothing. */
void peer_start_tls(struct story_peer *, struct str name);
/* The server's certificate is for that name; empty: for any. */
bool peer_has_shown(const struct story_peer *, struct str name);
bool peer_is_shaking_hands(struct story_peer *);

#endif
