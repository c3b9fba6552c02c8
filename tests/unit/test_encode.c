/* SPDX-License-Identifier: MIT */
#include "core/base/buf.h"
#include "core/base/random.h"
#include "core/text/encode.h"
#include "tests/lib/check.h"

#include <string.h>

enum { ROUNDS = 20000 };

struct pair {
	struct str plain, coded;
};

typedef int (*coder)(struct str, struct buf *);

static void
check_pairs(const struct pair *pairs, size_t count, coder encode, coder decode)
{
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&b);
		CHECK_INT_AT(encode(pairs[i].plain, &b), 0, pairs[i].coded.p);
		CHECK_STR_AT(buf_str(&b), pairs[i].coded, "encoded");
		buf_clear(&b);
		CHECK_INT_AT(decode(pairs[i].coded, &b), 0, pairs[i].coded.p);
		CHECK_STR_AT(buf_str(&b), pairs[i].plain, "decoded");
	}
	buf_free(&b);
}
#define CHECK_PAIRS(pairs, encode, decode) \
	check_pairs(pairs, sizeof(pairs) / sizeof(pairs)[0], encode, decode)

/* What is refused leaves the buffer as it was. */
static void
check_refused(const struct str *bad, size_t count, coder decode)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_text(&b, "before");
	for (size_t i = 0; i < count; i++) {
		CHECK_INT_AT(decode(bad[i], &b), -1, bad[i].p);
		CHECK_STR_AT(buf_str(&b), STR("before"), bad[i].p);
	}
	buf_free(&b);
}
#define CHECK_REFUSED(bad, decode) check_refused(bad, sizeof(bad) / sizeof(bad)[0], decode)

/* RFC 4648, 10 */
static void
base64_as_in_the_rfc(void)
{
	static const struct pair pairs[] = {
		{ STR(""), STR("") },
		{ STR("f"), STR("Zg==") },
		{ STR("fo"), STR("Zm8=") },
		{ STR("foo"), STR("Zm9v") },
		{ STR("foob"), STR("Zm9vYg==") },
		{ STR("fooba"), STR("Zm9vYmE=") },
		{ STR("foobar"), STR("Zm9vYmFy") },
		{ STR("\0\0"), STR("AAA=") },
		{ STR("\xff\xfe\xfd\xfb"), STR("//79+w==") },
		{ STR("\0alice\0secret"), STR("AGFsaWNlAHNlY3JldA==") },
	};

	CHECK_PAIRS(pairs, base64_encode, base64_decode);
}

static void
base64_that_is_not_canonical_is_refused(void)
{
	static const struct str bad[] = {
		STR("Z"),
		STR("Zg"),
		STR("Zg="),
		STR("Zg==="),
		STR("===="),
		STR("="),
		STR("Z==="),
		STR("Zh=="),
		STR("Zm9="), /* bits set beyond the end */
		STR("Zg==Zg=="),
		STR("Zm=v"),
		STR(" Zg=="),
		STR("Zg==\n"),
		STR("Zm9v\r\nZm9v"),
		STR("Zm-_"),
		STR("Zm\0v"),
		STR("Zm\xc3\xa9"),
	};

	CHECK_REFUSED(bad, base64_decode);
}

static void
xtext_of_sender_addresses_and_envelope_ids(void)
{
	static const struct pair pairs[] = {
		{ STR(""), STR("") },
		{ STR("alice@example.test"), STR("alice@example.test") },
		{ STR("a+b=c d"), STR("a+2Bb+3Dc+20d") },
		{ STR("~!"), STR("~!") },
		{ STR("caf\xc3\xa9"), STR("caf+C3+A9") },
	};
	static const struct str bad[] = {
		STR("+"),
		STR("a+2"),
		STR("a+2b"),
		STR("+G0"),
		STR("a b"),
		STR("a=b"),
		STR("+0D+0A"),
		STR("+00"),
		STR("+7F"),
		STR("a\tb"),
		STR("\xc3\xa9"),
		STR("+C3"),
		STR("+C2+85"),
		STR("+E2+80+AE"),
		STR("+-1"),
	};

	CHECK_PAIRS(pairs, xtext_encode, xtext_decode);
	CHECK_REFUSED(bad, xtext_decode);
}

static void
hex_in_both_cases(void)
{
	static const struct pair pairs[] = {
		{ STR(""), STR("") },
		{ STR("\0\x7f\x80\xff"), STR("007f80ff") },
	};
	static const struct str bad[] = { STR("0"), STR("0g"), STR("g0"), STR("0x"), STR("00 "),
		STR(" 00") };
	struct buf b;

	CHECK_PAIRS(pairs, hex_encode, hex_decode);
	CHECK_REFUSED(bad, hex_decode);
	buf_init(&b, 10);
	CHECK_INT(hex_decode(STR("AbCd"), &b), 0);
	CHECK_STR(buf_str(&b), STR("\xab\xcd"));
	buf_free(&b);
}

static void
nothing_is_added_over_the_maximum(void)
{
	static const coder coders[] = { base64_encode, base64_decode, xtext_encode, hex_encode,
		hex_decode };
	struct buf b;

	for (size_t i = 0; i < sizeof coders / sizeof coders[0]; i++) {
		buf_init(&b, 5);
		CHECK_INT(coders[i](STR("0123456789abcdef"), &b), -1);
		CHECK_INT(b.len, 0);
		CHECK(b.over);
		buf_free(&b);
	}
}

/* Bytes that are random, but likely to be special. */
static struct str
random_str(char *to, size_t max)
{
	static const char special[] = "+=\"\\.@ <>[]\r\n\0\x7f\xc3\xa9";
	unsigned char dice[64];
	size_t len;

	random_bytes(dice, sizeof dice);
	len = dice[0] % (max + 1);
	for (size_t i = 0; i < len; i++)
		to[i] = dice[i + 1] & 1 ? (char)dice[i + 1] : special[dice[i + 1] % sizeof special];
	return (struct str){ to, len };
}

static void
what_was_encoded_decodes_to_itself(void)
{
	static const coder both[][2] = { { base64_encode, base64_decode },
		{ hex_encode, hex_decode }, { xtext_encode, xtext_decode } };
	struct buf coded, plain;
	size_t wrong = 0;
	char text[60];

	buf_init(&coded, 1000);
	buf_init(&plain, 1000);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct str s = random_str(text, 60);
		size_t which = i % 3;
		bool may = which < 2 || utf8_is_clean(s);

		buf_clear(&coded);
		buf_clear(&plain);
		wrong += both[which][0](s, &coded) < 0;
		wrong += both[which][1](buf_str(&coded), &plain) != (may ? 0 : -1);
		wrong += may && !str_eq(buf_str(&plain), s);
	}
	CHECK_INT(wrong, 0);
	buf_free(&coded);
	buf_free(&plain);
}

static void
utf8_valid_and_clean(void)
{
	static const struct {
		struct str in;
		bool valid, clean;
		size_t length;
	} rows[] = {
		{ STR(""), true, true, 0 },
		{ STR("plain"), true, true, 5 },
		{ STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7"), true, true, 3 },
		{ STR("\xf4\x8f\xbf\xbf"), true, true, 1 },
		{ STR("a\nb"), true, false, 3 },
		{ STR("a\0b"), true, false, 3 },
		{ STR("\x7f"), true, false, 1 },
		{ STR("\xc2\x85"), true, false, 1 },     /* NEL */
		{ STR("\xe2\x80\xae"), true, false, 1 }, /* right-to-left override */
		{ STR("\xe2\x80\xa8"), true, false, 1 }, /* line separator */
		{ STR("\xe2\x81\xa6"), true, false, 1 }, /* isolate */
		{ STR("\xd8\x9c"), true, false, 1 },     /* Arabic letter mark */
		{ STR("\xc0\x80"), false, false, 2 },    /* overlong NUL */
		{ STR("\xc1\xbf"), false, false, 2 },
		{ STR("\xe0\x80\xaf"), false, false, 3 }, /* overlong '/' */
		{ STR("\xe0\x9f\xbf"), false, false, 3 },
		{ STR("\xf0\x8f\xbf\xbf"), false, false, 4 },
		{ STR("\xed\xa0\x80"), false, false, 3 },     /* surrogate */
		{ STR("\xf4\x90\x80\x80"), false, false, 4 }, /* over U+10FFFF */
		{ STR("\xf5\x80\x80\x80"), false, false, 4 },
		{ STR("\xff"), false, false, 1 },
		{ STR("\x80"), false, false, 1 },
		{ STR("\xe2\x82"), false, false, 2 }, /* cut short */
		{ STR("\xe2\x82"
		      "a"),
		    false, false, 3 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CHECK_INT_AT(utf8_is_valid(rows[i].in), rows[i].valid, rows[i].in.p);
		CHECK_INT_AT(utf8_is_clean(rows[i].in), rows[i].clean, rows[i].in.p);
		CHECK_INT_AT(utf8_length(rows[i].in), rows[i].length, rows[i].in.p);
	}
}

void
suite_encode(void)
{
	static const struct test tests[] = {
		{ "base64 as in RFC 4648", base64_as_in_the_rfc },
		{ "base64 that is not canonical is refused",
		    base64_that_is_not_canonical_is_refused },
		{ "xtext of sender addresses and envelope ids",
		    xtext_of_sender_addresses_and_envelope_ids },
		{ "hex in both cases", hex_in_both_cases },
		{ "nothing is added over the maximum", nothing_is_added_over_the_maximum },
		{ "what was encoded decodes to itself", what_was_encoded_decodes_to_itself },
		{ "UTF-8: valid, and clean", utf8_valid_and_clean },
	};

	CHECK_SUITE("encode", tests);
}
