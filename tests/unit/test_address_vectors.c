/* SPDX-License-Identifier: MIT */
/* What other people's collections say of addresses and names; where we differ, and why. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/text/address.h"
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

struct exception {
	const char *input, *why;
};

static bool
is_exception(const struct exception *list, size_t count, const char *input)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].input, input) == 0)
			return true;
	return false;
}

/* A file of the vectors; NULL: they are not here. */
static json_t *
load(const char *topic, const char *file)
{
	const char *folder = check_vectors(topic);
	char path[5000];
	json_t *root;

	if (folder == NULL)
		return NULL;
	snprintf(path, sizeof path, "%s/%s", folder, file);
	root = json_load_file(path, JSON_ALLOW_NUL, NULL);
	CHECK(root != NULL);
	return root;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static struct str
str_of_json(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (struct str){ json_string_value(value), json_string_length(value) };
}

/* The whole of `in`, as a path or as a mailbox. */
static bool
parse(struct arena *a, struct str in, bool path, unsigned allow, struct address *got)
{
	struct str rest;

	if (!path)
		return address_parse(a, in, allow, got) == ADDRESS_OK;
	return address_parse_path(a, in, allow, got, &rest) == ADDRESS_OK && rest.len == 0;
}

/* ---- isemail: the README of the vectors says which categories an SMTP parser takes */

static const struct exception isemail_exceptions[] = {
	{ "\"\"@iana.org", "an empty local part is no mailbox here; RFC 5321 allows it" },
	{ "test@[IPv6:1111:2222:3333:4444:5555:6666::8888]",
	    "\"::\" for a single group is an address by RFC 4291; RFC 5321 wants two groups" },
};

static void
addresses_of_isemail(void)
{
	static const char *const taken[] = { "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN",
		"ISEMAIL_RFC5321" };
	json_t *root = load("addresses", "isemail.dev.json"), *row;
	struct arena *a = arena_create(NULL);
	struct address got;
	size_t i;

	json_array_foreach(root, i, row)
	{
		struct str in = str_of_json(row, "address");
		bool want = false;

		for (size_t j = 0; j < COUNT(taken); j++)
			want = want || strcmp(text_of(row, "category"), taken[j]) == 0;
		want = want != is_exception(isemail_exceptions, COUNT(isemail_exceptions), in.p);
		CHECK_INT_AT(parse(a, in, false, ADDRESS_UTF8, &got), want, in.p);
		in = str_of(arena_printf(a, "<%s>", in.p));
		if (strlen(text_of(row, "address")) + 2 == in.len)
			CHECK_INT_AT(parse(a, in, true, ADDRESS_UTF8, &got), want, in.p);
	}
	json_decref(root);
	arena_destroy(a);
}

/* ---- Dovecot: lax in places, by flags that the vectors do not always tell */

#define LAX \
	"a local part that is no Dot-string; Dovecot takes it with a flag for senders who do that"
#define LOGIN "a login name, where Dovecot takes anything before the last '@'"

static const struct exception dovecot_exceptions[] = {
	{ ".email@example.com", LAX },
	{ "email.@example.com", LAX },
	{ "email..email@example.com", LAX },
	{ "Abc..123@example.com", LAX },
	{ "Abc..@example.com", LAX },
	{ "user@frop@domain.tld", LOGIN },
	{ "user frop@domain.tld", LOGIN },
	{ "user\\frop@domain.tld", LOGIN },
};

static unsigned
allowed(const char *array, const char *flags)
{
	unsigned allow = strstr(array, "username") != NULL ? ADDRESS_BARE : 0;

	if (strstr(flags, "ALLOW_EMPTY") != NULL)
		allow |= ADDRESS_NULL;
	if (strstr(flags, "ALLOW_LOCALPART") != NULL)
		allow |= ADDRESS_BARE;
	return allow;
}

static void
check_dovecot_row(struct arena *a, const char *array, const json_t *row)
{
	const json_t *parts = json_object_get(row, "address");
	const char *local = text_of(parts, "localpart"), *domain = text_of(parts, "domain");
	struct str in = str_of_json(row, "input");
	const char *flags = text_of(row, "flags");
	bool valid = strncmp(array, "valid", 5) == 0, want;
	bool path = strstr(array, "path") != NULL &&
		    (in.p[0] == '<' || strstr(flags, "BRACKETS_OPTIONAL") == NULL);
	struct address got;

	/* Broken ones count as valid there, without parts. */
	want = valid && (in.len == 0 || strcmp(in.p, "<>") == 0 || strcmp(local, "NULL") != 0) &&
	       !is_exception(dovecot_exceptions, COUNT(dovecot_exceptions), in.p);
	CHECK_INT_AT(parse(a, in, path, allowed(array, flags), &got), want, in.p);
	if (!want)
		return;
	CHECK_STR_AT(got.local, str_of(strcmp(local, "NULL") != 0 ? local : ""), in.p);
	if (!got.is_literal)
		CHECK_STR_AT(got.domain, str_of(strcmp(domain, "NULL") != 0 ? domain : ""), in.p);
}

static void
addresses_of_dovecot(void)
{
	static const char *const arrays[] = { "valid_mailbox_parse_tests", "valid_path_parse_tests",
		"valid_username_parse_tests", "invalid_mailbox_parse_tests",
		"invalid_path_parse_tests", "invalid_username_parse_tests" };
	json_t *root = load("smtp", "dovecot-smtp-address.dev.json"), *row;
	struct arena *a = arena_create(NULL);
	size_t i;

	for (size_t j = 0; root != NULL && j < COUNT(arrays); j++)
		json_array_foreach(json_object_get(root, arrays[j]), i, row)
		    check_dovecot_row(a, arrays[j], row);
	json_decref(root);
	arena_destroy(a);
}

/* ---- IDNA: what we take becomes the A-labels of UTS 46; we take less, by IDNA 2008 (RFC 5892) */

static void
add_code(struct buf *b, uint32_t c)
{
	if (c < 0x80)
		buf_add_byte(b, (char)c);
	if (c >= 0x80 && c < 0x800)
		buf_add_byte(b, (char)(0xc0 | c >> 6));
	if (c >= 0x800 && c < 0x10000)
		buf_add_byte(b, (char)(0xe0 | c >> 12));
	if (c >= 0x10000) {
		buf_add_byte(b, (char)(0xf0 | c >> 18));
		buf_add_byte(b, (char)(0x80 | (c >> 12 & 0x3f)));
	}
	if (c >= 0x800)
		buf_add_byte(b, (char)(0x80 | (c >> 6 & 0x3f)));
	if (c >= 0x80)
		buf_add_byte(b, (char)(0x80 | (c & 0x3f)));
}

/* A column, with its escapes \uXXXX and \x{X...} as UTF-8; the empty name is written "". */
static struct str
column(struct arena *a, struct str s)
{
	struct str out;
	struct buf b;

	s = str_trim(s);
	if (str_eq(s, STR("\"\"")))
		return STR("");
	buf_init(&b, 4096);
	while (s.len > 0) {
		if (str_starts(s, STR("\\u"))) {
			add_code(&b, (uint32_t)strtoul(arena_printf(a, "%.4s", s.p + 2), NULL, 16));
			s = str_from(s, 6);
		} else if (str_starts(s, STR("\\x{"))) {
			add_code(&b, (uint32_t)strtoul(str_copy(a, str_from(s, 3)).p, NULL, 16));
			s = str_from(s, (size_t)str_find(s, '}') + 1);
		} else {
			buf_add_byte(&b, s.p[0]);
			s = str_from(s, 1);
		}
	}
	out = str_copy(a, buf_str(&b));
	buf_free(&b);
	return out;
}

/* The directions of labels beside each other are not judged: it is a matter of display. */
static bool
only_of_direction(struct str status)
{
	struct str one;

	status = (struct str){ status.p + 1, status.len - 2 };
	for (bool more = true; more;) {
		more = str_cut(&status, ',', &one);
		one = str_trim(one);
		if (!str_eq(one, STR("B1")) && !str_eq(one, STR("B4")) && !str_eq(one, STR("B6")))
			return false;
	}
	return true;
}

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* Returns whether a valid name of more than ASCII was taken. */
static bool
check_idna_row(struct arena *a, struct str line)
{
	struct str columns[5], source, unicode, ascii, status, got;

	for (size_t i = 0; i < COUNT(columns); i++)
		str_cut(&line, ';', &columns[i]);
	status = str_trim(columns[4]).len > 0 ? str_trim(columns[4]) : str_trim(columns[2]);
	source = column(a, columns[0]);
	unicode = str_trim(columns[1]).len > 0 ? column(a, columns[1]) : source;
	ascii = str_trim(columns[3]).len > 0 ? column(a, columns[3]) : unicode;
	if (!address_domain(a, source, &got)) {
		CHECK_INT_AT(is_ascii(source) && status.len == 0, false, source.p);
		return false;
	}
	/* Since Unicode 15.1 the capital sharp s is a sharp s, before it was "ss". */
	if (str_starts(source, STR("FA\xe1\xba\x9e")))
		return false;
	if (is_ascii(source)) {
		/* A-labels are taken as they stand: who sends them has made them. */
		CHECK_STR_AT(got, str_lower(a, source), source.p);
		return false;
	}
	CHECK_STR_AT(got, ascii, source.p);
	CHECK_INT_AT(status.len <= 2 || only_of_direction(status), true, source.p);
	return status.len <= 2;
}

static void
names_of_idna_test_v2(void)
{
	const char *folder = check_vectors("unicode");
	struct arena *a = arena_create(NULL);
	size_t taken = 0, surrogates = 0;
	char path[5000], line[8192];
	FILE *f;

	if (folder != NULL) {
		snprintf(path, sizeof path, "%s/IdnaTestV2.txt", folder);
		f = fopen(path, "re");
		CHECK(f != NULL);
		while (f != NULL && fgets(line, sizeof line, f) != NULL) {
			line[strcspn(line, "#\n")] = '\0';
			if (strstr(line, "\\uD8") != NULL || strstr(line, "\\uDC") != NULL)
				surrogates++; /* cannot be written in UTF-8 */
			else if (line[0] != '\0')
				taken += check_idna_row(a, str_of(line));
			arena_reset(a);
		}
		if (f != NULL)
			fclose(f);
		CHECK(taken > 250);
		CHECK(surrogates < 100);
	}
	arena_destroy(a);
}

/* Samples of RFC 3492 and others: where the A-label is taken from the U-label, it is that one. */
static void
samples_of_punycode(void)
{
	json_t *root = load("unicode", "punycode_tests.json"), *row;
	struct arena *a = arena_create(NULL);
	size_t i, taken = 0;

	json_array_foreach(root, i, row)
	{
		struct str in = str_of_json(row, "decoded"), got;

		if (is_ascii(in) || !address_domain(a, in, &got))
			continue;
		taken++;
		/* Capital letters of the sample are small ones in a name. */
		if (str_eq(str_lower(a, in), in))
			CHECK_STR_AT(
			    got, str_of(arena_printf(a, "xn--%s", text_of(row, "encoded"))), in.p);
	}
	CHECK(root == NULL || taken >= 8);
	json_decref(root);
	arena_destroy(a);
}

static void
punycode_that_costs_much(void)
{
	json_t *root = load("unicode", "bad_punycode_tests.json"), *row;
	struct arena *a = arena_create(NULL);
	struct str got;
	size_t i;

	json_array_foreach(root, i, row)
	{
		CHECK(!address_domain(a, str_of_json(row, "decoded"), &got));
		CHECK(!address_domain(
		    a, str_of(arena_printf(a, "\xc3\xbc.xn--%s", text_of(row, "encoded"))), &got));
	}
	json_decref(root);
	arena_destroy(a);
}

void
suite_address_vectors(void)
{
	static const struct test tests[] = {
		{ "addresses of isemail", addresses_of_isemail },
		{ "addresses of Dovecot", addresses_of_dovecot },
		{ "names of IdnaTestV2", names_of_idna_test_v2 },
		{ "samples of Punycode", samples_of_punycode },
		{ "Punycode that costs much", punycode_that_costs_much },
	};

	CHECK_SUITE("address_vectors", tests);
}
