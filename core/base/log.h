/* SPDX-License-Identifier: MIT */
/*
 * log -- one event, one line: made for grep.
 *
 *   2026-11-21T07:30:00.123+00:00 ID queued from=<a@b.test> size=812
 *   time with zone                |  event  key=value ...
 *                                 spool id of the message, "-" where there is none
 *
 * A value with a space, a quote or a byte that is not printable UTF-8 is quoted, and such
 * bytes are written \xNN; a line is at most LOG_LINE_MAX bytes (a value is cut, and three dots say
 * so; never the line's end). Writing never blocks: what cannot be written is counted, and the count
 * is logged later.
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { LOG_LINE_MAX = 4096, LOG_VALUE_MAX = 1024 };

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* A line under construction; on the caller's stack. */
struct log_line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool full; /* further keys are left out; the line then ends in " ..." */
};

/* `id` "" or NULL: no message. `event` is a word, for example "queued" or "refused". */
void log_begin(struct log_line *, const char *id, const char *event);
void log_str(struct log_line *, const char *key, struct str value);
void log_text(struct log_line *, const char *key, const char *value);
void log_int(struct log_line *, const char *key, int64_t value);
/* key=<address>, and key=<> where the address is empty */
void log_address(struct log_line *, const char *key, struct str address);
/* key=SECONDS with milliseconds */
void log_seconds(struct log_line *, const char *key, int64_t ms);
void log_end(struct log_line *);

/* Something for the administrator: `event` is debug, info, warning or error, the text goes into
 * text="...". */
void log_message(enum log_level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)

#pragma GCC visibility pop

struct err;

/* Below here: for the programs' main functions. The log starts at stderr, from LOG_INFO up. */

/* Append to the file at `path` (made 0640), reopened by log_reopen or when its inode changes. NULL:
 * stderr. */
int log_open(const char *path, struct err *);
/* Write to this descriptor, which stays the caller's; for programs that got one passed. */
void log_use_fd(int fd, const char *path);
int log_reopen(struct err *);
int log_fd(void);
void log_set_level(enum log_level);

/* Take each finished line (with its newline) instead of writing it; NULL ends that. For the story
 * runner. */
void log_capture(void (*fn)(struct str line, void *arg), void *arg);

/* Lines dropped since the start, because the other end did not take them. */
uint64_t log_dropped(void);

/* The time that lines carry, in nanoseconds since 1970; replaced where a fake clock rules. */
void log_set_clock(int64_t (*now_ns)(void *arg), void *arg);

#endif
