/* SPDX-License-Identifier: MIT */
/* What is read as an envelope is written and read again as the same one. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/spool/envelope.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

FUZZ(envelope)
{
	struct arena *a = arena_create(NULL);
	struct envelope e, again;
	struct buf one, two;

	buf_init(&one, 16 << 20);
	buf_init(&two, 16 << 20);
	if (envelope_decode(a, (struct str){ (const char *)input, size }, &e, NULL) == 0) {
		assert(envelope_encode(&e, &one) == 0);
		assert(envelope_decode(a, buf_str(&one), &again, NULL) == 0);
		assert(envelope_encode(envelope_copy(a, &again), &two) == 0);
		assert(str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_free(&one);
	buf_free(&two);
	arena_destroy(a);
	return 0;
}
