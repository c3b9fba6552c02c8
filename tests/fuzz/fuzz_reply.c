/* SPDX-License-Identifier: MIT */
/* The first byte: the size of the pieces. Pieces change nothing; the text is clean and bounded. */
#include "core/text/encode.h"
#include "core/text/reply.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

/* As a connection gives it: what is not done with comes again, with more behind it. */
static enum reply_result
read_pieces(struct reply *r, struct str in, size_t step)
{
	enum reply_result result = REPLY_MORE;
	size_t start = 0, used;

	reply_init(r);
	for (size_t end = 0; end < in.len && result == REPLY_MORE; start += used) {
		end = in.len - end < step ? in.len : end + step;
		result = reply_read(r, (struct str){ in.p + start, end - start }, &used);
		assert(start + used <= end);
	}
	return result;
}

FUZZ(reply)
{
	struct str in = str_from((struct str){ (const char *)input, size }, 1);
	struct reply whole, pieces;
	enum reply_result one = read_pieces(&whole, in, in.len);
	enum reply_result two = read_pieces(&pieces, in, (size > 0 ? input[0] : 0) + 1U);

	assert(one == two && whole.code == pieces.code && whole.lines == pieces.lines);
	assert(str_eq(buf_str(&whole.text), buf_str(&pieces.text)) &&
	       utf8_is_valid(buf_str(&whole.text)));
	assert(whole.status[0] == '\0' || reply_status_fits(whole.code, str_of(whole.status)));
	reply_free(&whole);
	reply_free(&pieces);
	return 0;
}
