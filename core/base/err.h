/* SPDX-License-Identifier: MIT */
/*
 * err -- why something in the world failed, as one sentence that names the object.
 *
 * Functions that can fail for reasons outside of this program return -1 and fill a
 * `struct err *`, for example "cannot rename spool/7f3a: No space left on device".
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#pragma GCC visibility push(default)

enum { ERR_MAX = 512 };

struct err {
	int code;           /* errno at the failure, or 0 where no system call failed */
	char text[ERR_MAX]; /* one line, always terminated; cut where longer */
};

/* Say what failed; for `return err_set(err, "cannot parse %s", name)`. `err` may be NULL. Returns
 * -1. */
int err_set(struct err *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, and append ": " and the words for the present errno. Keeps errno. Returns -1. */
int err_errno(struct err *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#pragma GCC visibility pop
#endif
