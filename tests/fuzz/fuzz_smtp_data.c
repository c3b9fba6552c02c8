/* SPDX-License-Identifier: MIT */
/* The first byte: how the rest is split. However it is, the same message comes out, and it ends
 * behind the first line that is a dot alone. */
#include "core/base/buf.h"
#include "modules/smtp/data.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

static void
add(void *arg, const char *p, size_t len)
{
	assert(len > 0 && buf_add(arg, p, len) == 0);
}

static size_t
read_pieces(struct str in, size_t piece, struct buf *text, bool *ended)
{
	struct data_reader reader = { DATA_AT_START };
	size_t used = 0, len, got;

	do {
		len = in.len - used < piece ? in.len - used : piece;
		got = data_read(&reader, (struct str){ in.p + used, len }, add, text);
		used += got;
	} while (got == len && used < in.len && reader.at != DATA_AT_END);
	*ended = reader.at == DATA_AT_END;
	return used;
}

FUZZ(smtp_data)
{
	struct str in = { (const char *)input + (size > 0), size - (size > 0) };
	struct buf whole, pieces;
	bool ended, ended_too;
	size_t used;

	buf_init(&whole, size + 1);
	buf_init(&pieces, size + 1);
	used = read_pieces(in, size + 1, &whole, &ended);
	assert(read_pieces(in, size > 0 ? input[0] % 16 + 1 : 1, &pieces, &ended_too) == used);
	assert(ended == ended_too && str_eq(buf_str(&whole), buf_str(&pieces)));
	assert(!ended || (used >= 3 && memcmp(in.p + used - 3, ".\r\n", 3) == 0));
	assert(!ended || used == 3 || memcmp(in.p + used - 5, "\r\n.\r\n", 5) == 0);
	assert(ended || (used == in.len && memmem(in.p, in.len, "\r\n.\r\n", 5) == NULL));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
