/* SPDX-License-Identifier: MIT */
/*
 * story -- a dialogue with a server, written down in the notation of the RFCs, that can be run.
 *
 * One directive or line of dialogue per line; the first comment says what the story proves.
 *
 *   config TEXT             a line for postern.lua
 *   listen ENDPOINT TEXT    more fields for that endpoint's listen { }
 *   module NAME TEXT        use "NAME" { TEXT }
 *   policy FILE             a script beside the story; or, with a parenthesis in it, Lua itself
 *   option NAME VALUE       of the policy
 *   user NAME PASSWORD      besides alice@here.test and bob@here.test, whose password is "secret"
 *   mail NAME TEXT          a message in a mailbox, with \r \n \xNN
 *   dns NAME TYPE VALUE     an answer; TYPE may be "fail" with "timeout" or "servfail"
 *   clock TIME              when it begins (RFC 3339); "clock +90s" later on lets time pass
 *   segments whole          only whole: what is proven depends on bytes that come together
 *   client IP [ENDPOINT]    a new connection from there; client2 for the second one
 *   tls                     the client shakes hands (tls2); `tls NAME` asks for that name, and must
 *                           get its certificate (other.pem is for other.test)
 *   repeat N / end          the lines between, N times, with %i as the number from 1
 *   C: TEXT                 the client sends a line (C2: the second connection)
 *   C= TEXT                 exactly these bytes, with \r \n \t \xNN \\
 *   C-                      the client closes
 *   S: PATTERN              the server's next line; a final "250 x" skips "250-" lines before it
 *   S* PATTERN              skip lines until this one
 *   S! PATTERN              no line since the last C: was like this
 *   S-                      the server closes
 *   expect [no] log PATTERN | spool N | mailbox NAME N | mail NAME PATTERN
 *
 * In a pattern `*` is anything, `$name` is a word that must be the same afterwards, `\` takes the
 * next character as it is.
 */
#ifndef CORE_STORY_STORY_H
#define CORE_STORY_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

struct arena;

enum { STORY_MAX = 1024 * 1024, STORY_STEPS_MAX = 100000, STORY_CONNECTIONS = 2 };

enum step_kind {
	STORY_CLIENT, /* text: "IP ENDPOINT" */
	STORY_SEND,
	STORY_SEND_RAW,
	STORY_CLIENT_CLOSES,
	STORY_EXPECT_LINE,
	STORY_EXPECT_SKIPPING,
	STORY_EXPECT_NO_LINE,
	STORY_SERVER_CLOSES,
	STORY_TLS,
	STORY_CLOCK,
	STORY_EXPECT_WORLD
};

struct story_step {
	enum step_kind kind;
	unsigned connection; /* 0 or 1 */
	int line;
	struct str text;
};

/* name and value, as in `user alice secret` */
struct story_pair {
	struct str name, value;
	struct story_pair *next;
};

struct story {
	const char *path, *folder;
	struct str sentence;
	struct buf config, uses, script, options;
	struct story_pair *listens, *scripts, *users, *mails, *dns;
	int64_t clock_ns;
	bool whole_only; /* `segments whole` */
	bool needs_fake_clock;
	size_t step_count, step_room;
	struct story_step *steps;
};

/* Read the story at `path` into the arena; NULL with "file:line: what is wrong". */
struct story *story_read(struct arena *, const char *path, struct err *);

/* Captured words of one run. */
struct story_words {
	struct story_pair *first;
	struct arena *arena;
};

/* Whether the whole line is as the pattern says; then what it captured is kept. */
bool story_match(struct story_words *, struct str pattern, struct str line);
/* The text with the captured words put in for `$name`. */
struct str story_fill(struct story_words *, struct str text);
/* \r \n \t \xNN \\ */
struct str story_unescape(struct arena *, struct str text);

enum story_mode { STORY_IN_PROCESS, STORY_TCP_WHOLE, STORY_TCP_BYTES };

enum story_result { STORY_PASSED, STORY_FAILED, STORY_SKIPPED };

/* Run it; what failed (dialogue, wanted, got, log) or why it was skipped goes to `report`. */
enum story_result story_run(const struct story *, enum story_mode, struct buf *report);

#endif
