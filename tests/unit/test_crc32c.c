/* SPDX-License-Identifier: MIT */
/* The source itself, so that the table is tested where the processor has the instruction. */
#define crc32c crc32c_here
#include "core/base/crc32c.c"
#include "core/base/random.h"
#include "tests/lib/check.h"

/* RFC 3720, appendix B.4, and the usual check value */
static void
sums_of_the_rfc(void)
{
	static const struct {
		struct str in;
		uint32_t sum;
	} rows[] = {
		{ STR(""), 0 },
		{ STR("123456789"), 0xe3069283 },
		{ STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		    0x8a9136aa },
		{ STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		    0x62a8ab43 },
		{ STR("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
		      "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"),
		    0x46dd794e },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CHECK_INT(crc32c(0, rows[i].in.p, rows[i].in.len), rows[i].sum);
		CHECK_INT(~by_table(~0u, (const unsigned char *)rows[i].in.p, rows[i].in.len),
		    rows[i].sum);
	}
}

static void
both_ways_agree_in_pieces_of_any_length(void)
{
	unsigned char bytes[200];
	size_t wrong = 0;

	random_bytes(bytes, sizeof bytes);
	for (size_t start = 0; start < 16; start++) {
		for (size_t len = 0; start + len <= sizeof bytes; len++) {
			uint32_t sum = crc32c(7, bytes + start, len);

			wrong += sum != ~by_table(~7u, bytes + start, len);
			wrong += sum != crc32c(crc32c(7, bytes + start, len / 3),
					    bytes + start + len / 3, len - len / 3);
		}
	}
	CHECK_INT(wrong, 0);
}

void
suite_crc32c(void)
{
	static const struct test tests[] = {
		{ "sums of the RFC", sums_of_the_rfc },
		{ "both ways agree in pieces of any length",
		    both_ways_agree_in_pieces_of_any_length },
	};

	CHECK_SUITE("crc32c", tests);
}
