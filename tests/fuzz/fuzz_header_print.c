/* SPDX-License-Identifier: MIT */
/* A valid value prints as one field, which unfolds to the same value. */
#include "core/base/arena.h"
#include "core/text/header.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

FUZZ(header_print)
{
	struct str in = { (const char *)input, size };
	struct arena *a = arena_create(NULL);
	struct header_field f;
	struct header h;
	struct buf b;

	buf_init(&b, HEADER_MAX);
	header_init(&h);
	if (header_print(&b, STR("Name"), in) == 0) {
		header_add(&h, b.p, b.len);
		header_end(&h);
		assert(header_count(&h) == 1 && h.body_start == b.len && header_field(&h, 0, &f));
		assert(str_eq(header_unfold(a, f.value), header_unfold(a, in)));
	}
	assert(b.over || (b.len > 0) == header_value_is_valid(in));
	header_free(&h);
	buf_free(&b);
	arena_destroy(a);
	return 0;
}
