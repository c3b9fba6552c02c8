/* SPDX-License-Identifier: MIT */
/*
 * data -- where a message ends, and which dots are not part of it (RFC 5321, 4.1.1.4 and 4.5.2).
 *
 * End of data is CR LF . CR LF and nothing else, wherever the input is split. The dot that begins
 * any other line is removed; every other byte is passed on as it came.
 */
#ifndef MODULES_SMTP_DATA_H
#define MODULES_SMTP_DATA_H

#include <stddef.h>

#include "core/module.h"

enum data_at {
	DATA_AT_START, /* of a line: behind CR LF, or where the data begins */
	DATA_AT_TEXT,
	DATA_AT_CR,     /* behind a CR that was passed on */
	DATA_AT_DOT,    /* behind a dot at the start of a line, not passed on */
	DATA_AT_DOT_CR, /* and a CR, not passed on yet */
	DATA_AT_END
};

struct data_reader {
	enum data_at at;
};

typedef void data_fn(void *arg, const char *, size_t len);

/*
 * Read on; pieces of the message go to `add`. Returns how many bytes were used: all of them, or
 * those up to the end of data, when `at` is DATA_AT_END.
 */
size_t data_read(struct data_reader *, struct str in, data_fn *add, void *arg);

#endif
