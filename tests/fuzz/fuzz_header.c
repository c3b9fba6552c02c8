/* SPDX-License-Identifier: MIT */
/* The first byte: the size of the pieces. Pieces change nothing, and the fields are the whole
 * header. */
#include "core/base/arena.h"
#include "core/text/header.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static void
read_message(struct header *h, struct str in, size_t step)
{
	header_init(h);
	for (; in.len > 0 && !h->complete; in = str_from(in, step))
		header_add(h, in.p, in.len < step ? in.len : step);
	header_end(h);
	assert(h->too_large || h->body_start == h->text.len);
}

FUZZ(header)
{
	struct str in = str_from((struct str){ (const char *)input, size }, 1);
	struct header whole, pieces;
	struct header_field f, g;
	size_t sum = 0, n = 0;

	read_message(&whole, in, in.len + 1);
	read_message(&pieces, in, (size > 0 ? input[0] : 0) + 1U);
	assert(whole.complete && str_eq(buf_str(&whole.text), buf_str(&pieces.text)));
	for (; header_field(&whole, n, &f) && header_field(&pieces, n, &g); n++, sum += f.raw.len) {
		assert(header_name_is_valid(f.name) && str_eq(f.value, g.value) &&
		       str_eq(f.name, g.name));
		assert(header_find(&whole, f.name, 0, &g) && header_count_of(&whole, f.name) > 0);
	}
	assert(
	    n == header_count(&whole) && n == header_count(&pieces) && whole.text.len - sum <= 2);
	header_free(&whole);
	header_free(&pieces);
	return 0;
}
