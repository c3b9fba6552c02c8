/* SPDX-License-Identifier: MIT */
/* data -- where a message ends, and which dots are not part of it (RFC 5321, 4.1.1.4 and 4.5.2). */
#include "modules/smtp/data.h"

#include <string.h>

/* Where a line stands behind text that ends so. */
static enum data_at
at_end_of(struct str text, enum data_at before)
{
	char last = text.p[text.len - 1];
	bool cr = text.len > 1 ? text.p[text.len - 2] == '\r' : before == DATA_AT_CR;

	if (last == '\r')
		return DATA_AT_CR;
	return last == '\n' && cr ? DATA_AT_START : DATA_AT_TEXT;
}

/* The text up to the next line that begins with a dot, or all of it. */
static struct str
text_before_dot(struct str in, enum data_at at)
{
	const char *dot;

	if (at == DATA_AT_CR && in.len > 1 && in.p[0] == '\n' && in.p[1] == '.')
		return (struct str){ in.p, 1 };
	dot = memmem(in.p, in.len, "\r\n.", 3);
	return (struct str){ in.p, dot != NULL ? (size_t)(dot - in.p) + 2 : in.len };
}

/* One byte at the start of a line, where a dot means something. Returns how many were used. */
static size_t
read_start(struct data_reader *r, char c, data_fn *add, void *arg)
{
	if (r->at == DATA_AT_START) {
		r->at = c == '.' ? DATA_AT_DOT : DATA_AT_TEXT;
		return c == '.';
	}
	if (r->at == DATA_AT_DOT) {
		r->at = c == '\r' ? DATA_AT_DOT_CR : DATA_AT_TEXT;
		return c == '\r';
	}
	if (c == '\n') {
		r->at = DATA_AT_END;
		return 1;
	}
	add(arg, "\r", 1);
	r->at = DATA_AT_CR;
	return 0;
}

size_t
data_read(struct data_reader *r, struct str in, data_fn *add, void *arg)
{
	size_t used = 0;

	while (used < in.len && r->at != DATA_AT_END) {
		struct str rest = str_from(in, used), text;

		if (r->at != DATA_AT_TEXT && r->at != DATA_AT_CR) {
			used += read_start(r, rest.p[0], add, arg);
			continue;
		}
		text = text_before_dot(rest, r->at);
		add(arg, text.p, text.len);
		r->at = at_end_of(text, r->at);
		used += text.len;
	}
	return used;
}
