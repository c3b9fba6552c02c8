/* SPDX-License-Identifier: MIT */
/* Whatever decodes, encodes and decodes to the same again; whatever is encoded, decodes. */
#include "core/base/buf.h"
#include "core/text/encode.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

typedef int (*coder)(struct str, struct buf *);

static void
check_round_trip(struct str in, coder encode, coder decode, bool decodes)
{
	struct buf coded, plain;

	buf_init(&coded, in.len * 3 + 4);
	buf_init(&plain, in.len);
	assert(encode(in, &coded) == 0);
	assert(decode(buf_str(&coded), &plain) == (decodes ? 0 : -1));
	assert(!decodes || str_eq(buf_str(&plain), in));
	buf_free(&coded);
	buf_free(&plain);
}

static void
check_coding(struct str in, coder encode, coder decode, bool decodes)
{
	struct buf plain;

	buf_init(&plain, in.len);
	check_round_trip(in, encode, decode, decodes);
	if (decode(in, &plain) == 0)
		check_round_trip(buf_str(&plain), encode, decode, true);
	buf_free(&plain);
}

FUZZ(encode)
{
	struct str in = { (const char *)input, size };

	check_coding(in, base64_encode, base64_decode, true);
	check_coding(in, hex_encode, hex_decode, true);
	check_coding(in, xtext_encode, xtext_decode, utf8_is_clean(in));
	assert(!utf8_is_clean(in) || utf8_is_valid(in));
	assert(utf8_length(in) <= in.len);
	return 0;
}
