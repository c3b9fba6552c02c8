/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/text/encode.h"
#include "modules/smtp/parse.h"
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

enum { ALL = OFFER_SIZE | OFFER_8BITMIME | OFFER_SMTPUTF8 | OFFER_AUTH };

static struct arena *scratch;

/* "501 5.5.4" of a refusal, "" where there is none. */
static struct str
code_of(const char *refusal)
{
	struct str line = str_of(refusal);

	return refusal == NULL ? STR("") : (struct str){ line.p, 9 };
}

static const char *
parse_mail(struct str args, unsigned offered, struct address *sender, struct mail_params *params)
{
	struct mail_rules rules = { offered, 1000000 };

	return smtp_parse_mail(scratch, args, &rules, sender, params);
}

static void
mail_arguments(void)
{
	/* clang-format off */
	static const struct { struct str args; const char *code, *sender; } rows[] = {
		{ STR("FROM:<a@b.test>"),                           "",          "a@b.test" },
		{ STR("from:<A@B.test>"),                           "",          "A@b.test" },
		{ STR("FROM: <a@b.test>"),                          "",          "a@b.test" },
		{ STR("FROM:<>"),                                   "",          "" },
		{ STR("FROM:<> SIZE=10"),                           "",          "" },
		{ STR("FROM:<a@b.test>   SIZE=10   BODY=8bitmime"), "",          "a@b.test" },
		{ STR("FROM:<@x.test:a@b.test>"),                   "",          "a@b.test" },
		{ STR("FROM:<a@b.test> AUTH=<>"),                   "",          "a@b.test" },
		{ STR("FROM:<a@b.test> SMTPUTF8"),                  "",          "a@b.test" },
		{ STR("FROM:<\xc3\xa4@b.test> SMTPUTF8"),           "",          "\xc3\xa4@b.test" },
		{ STR("FROM:<\xc3\xa4@b.test>"),                    "553 5.6.7", NULL },
		{ STR("FROM:<\xc3@b.test> SMTPUTF8"),               "501 5.6.7", NULL },
		{ STR("FROM:<\xc0\x80@b.test> SMTPUTF8"),           "501 5.6.7", NULL },
		{ STR("FROM:<a\xe2\x80\xae@b.test> SMTPUTF8"),      "501 5.6.7", NULL },
		{ STR(""),                                          "501 5.5.4", NULL },
		{ STR("<a@b.test>"),                                "501 5.5.4", NULL },
		{ STR("TO:<a@b.test>"),                             "501 5.5.4", NULL },
		{ STR("FROM:a@b.test"),                             "501 5.1.7", NULL },
		{ STR("FROM:<a@b.test"),                            "501 5.1.7", NULL },
		{ STR("FROM:<a@b.test>SIZE=1"),                     "501 5.1.7", NULL },
		{ STR("FROM:<a b@b.test>"),                         "501 5.1.7", NULL },
		{ STR("FROM:<a@b.test> FOO=1"),                     "555 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=1 SIZE=2"),             "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=1 size=1"),             "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=999999999999999999999"), "552 5.3.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=18446744073709551616"), "552 5.3.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=1000001"),              "552 5.3.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=1000000"),              "",          "a@b.test" },
		{ STR("FROM:<a@b.test> SIZE=-1"),                   "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE="),                     "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE"),                      "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SIZE=1e3"),                  "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> BODY"),                      "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> BODY=BINARYMIME"),           "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> SMTPUTF8=1"),                "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> =1"),                        "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> -A=1"),                      "501 5.5.4", NULL },
		{ STR("FROM:<a@b.test> RET=FULL"),                  "555 5.5.4", NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct address sender = { .text = STR("") };
		struct mail_params params;

		CHECK_STR_AT(code_of(parse_mail(rows[i].args, ALL, &sender, &params)),
		    str_of(rows[i].code), rows[i].args.p);
		if (rows[i].sender != NULL)
			CHECK_STR_AT(sender.text, str_of(rows[i].sender), rows[i].args.p);
	}
}

static void
rcpt_arguments(void)
{
	/* clang-format off */
	static const struct { struct str args; bool utf8; const char *code, *rcpt; } rows[] = {
		{ STR("TO:<a@b.test>"),               false, "",          "a@b.test" },
		{ STR("To:<Postmaster>"),             false, "",          "postmaster" },
		{ STR("TO:<a@[192.0.2.1]>"),          false, "",          "a@[192.0.2.1]" },
		{ STR("TO:<\xc3\xa4@b.test>"),        true,  "",          "\xc3\xa4@b.test" },
		{ STR("TO:<\xc3\xa4@b.test>"),        false, "553 5.6.7", NULL },
		{ STR("TO:<>"),                       false, "501 5.1.3", NULL },
		{ STR("TO:<a>"),                      false, "501 5.1.3", NULL },
		{ STR("FROM:<a@b.test>"),             false, "501 5.5.4", NULL },
		{ STR("TO:<a@b.test> NOTIFY=NEVER"),  false, "555 5.5.4", NULL },
		{ STR("TO:<a@b.test> ="),             false, "501 5.5.4", NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct address rcpt = { .text = STR("") };
		struct rcpt_params params;

		CHECK_STR_AT(
		    code_of(smtp_parse_rcpt(scratch, rows[i].args, rows[i].utf8, &rcpt, &params)),
		    str_of(rows[i].code), rows[i].args.p);
		if (rows[i].rcpt != NULL)
			CHECK_STR_AT(rcpt.text, str_of(rows[i].rcpt), rows[i].args.p);
	}
}

static void
domain_arguments(void)
{
	/* clang-format off */
	static const struct { struct str args; bool good; } rows[] = {
		{ STR("mx.example.test"),         true },
		{ STR("[192.0.2.1]"),             true },
		{ STR("[IPv6:2001:db8::1]"),      true },
		{ STR(""),                        false },
		{ STR("[::1]"),                   false },
		{ STR("[IPv6:2001:db8::g]"),      false },
		{ STR("<script>"),                false },
		{ STR("${run}"),                  false },
		{ STR("%n"),                      false },
		{ STR("a b"),                     false },
		{ STR("\xc3\xa4.test"),           false },
		{ STR("a\0b"),                    false },
	};
	/* clang-format on */
	struct str name;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_STR_AT(code_of(smtp_parse_domain(rows[i].args, &name)),
		    rows[i].good ? STR("") : STR("501 5.5.4"), rows[i].args.p);
}

static void
extensions_that_are_not_offered(void)
{
	struct address sender;
	struct mail_params params;

	CHECK_STR(code_of(parse_mail(STR("FROM:<a@b.test> SIZE=13"), 0, &sender, &params)),
	    STR("555 5.5.4"));
	CHECK_STR(code_of(parse_mail(
		      STR("FROM:<a@b.test> BODY=7BIT"), ALL & ~OFFER_8BITMIME, &sender, &params)),
	    STR("555 5.5.4"));
	CHECK_STR(code_of(parse_mail(
		      STR("FROM:<a@b.test> SMTPUTF8"), ALL & ~OFFER_SMTPUTF8, &sender, &params)),
	    STR("555 5.5.4"));
	CHECK_STR(code_of(parse_mail(
		      STR("FROM:<a@b.test> AUTH=<>"), ALL & ~OFFER_AUTH, &sender, &params)),
	    STR("555 5.5.4"));
}

static void
parameters_are_typed(void)
{
	struct address sender;
	struct mail_params params;

	CHECK(parse_mail(STR("FROM:<a@b.test> SIZE=812 BODY=8BITMIME SMTPUTF8 AUTH=c+2Bd@b.test"),
		  ALL, &sender, &params) == NULL);
	CHECK_INT(params.size, 812);
	CHECK(params.body_8bit);
	CHECK(params.utf8);
	CHECK_STR(params.auth, STR("c+d@b.test"));
}

/* ---- third-party tables; what differs here is listed with its reason */

static json_t *
load(const char *name)
{
	const char *folder = check_vectors("smtp");
	char path[4200];

	if (folder == NULL)
		return NULL;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return json_load_file(path, 0, NULL);
}

/* A text, or {"latin1": text}: each character is a byte. Without its CRLF. */
static struct str
bytes_of(json_t *value)
{
	json_t *latin1 = json_object_get(value, "latin1");
	struct str text = str_of(json_string_value(latin1 != NULL ? latin1 : value));
	struct str out = str_copy(scratch, text);
	char *to = arena_copy(scratch, text.p, text.len);
	size_t len = 0;

	for (size_t i = 0; latin1 != NULL && i < text.len; i++)
		if ((text.p[i] & 0xc0) == 0xc0)
			to[len++] = (char)((text.p[i] & 3) << 6 | (text.p[i + 1] & 0x3f)), i++;
		else
			to[len++] = text.p[i];
	if (latin1 != NULL)
		out = (struct str){ to, len };
	while (out.len > 0 && strchr("\r\n", out.p[out.len - 1]) != NULL)
		out.len--;
	return out;
}

/* Does our parser take the command line: is it text, does the verb exist, are its arguments right?
 */
static bool
takes_command(struct str line)
{
	struct mail_params params;
	struct address address;
	struct str verb, args;

	smtp_split(line, &verb, &args);
	if (!smtp_is_text(line))
		return false;
	if (str_eq_nocase(verb, STR("MAIL")))
		return parse_mail(args, ALL, &address, &params) == NULL;
	return str_eq_nocase(verb, STR("RSET")) || str_eq_nocase(verb, STR("EHLO")) ||
	       str_eq_nocase(verb, STR("VRFY"));
}

static void
commands_of_the_vectors(void)
{
	json_t *file = load("dovecot-smtp-command-parser.dev.json"), *row;
	size_t i;

	if (file == NULL)
		return;
	json_array_foreach(json_object_get(file, "valid_command_parse_tests"), i, row)
	{
		struct str verb, args;

		smtp_split(bytes_of(json_object_get(row, "command")), &verb, &args);
		CHECK_STR(verb, str_of(json_string_value(json_object_get(row, "cmd_name"))));
		CHECK_STR(args, str_of(json_string_value(json_object_get(row, "cmd_params"))));
	}
	json_array_foreach(json_object_get(file, "invalid_command_parse_tests"), i, row)
	{
		if (json_object_get(row, "limits") != NULL)
			continue; /* a limit of 38 bytes: ours is one for the whole line, and the
				     session keeps it */
		CHECK(!takes_command(bytes_of(json_object_get(row, "command"))));
	}
	json_decref(file);
}

static void
auth_responses_of_the_vectors(void)
{
	json_t *file = load("dovecot-smtp-command-parser.dev.json"), *row;
	struct buf out;
	size_t i;

	if (file == NULL)
		return;
	buf_init(&out, 12288);
	json_array_foreach(json_object_get(file, "valid_auth_response_parse_tests"), i, row)
	{
		struct str line = str_trim(bytes_of(json_object_get(row, "auth_response")));

		/* The long one lost its padding where the table was copied. */
		CHECK(str_starts(line, str_of(json_string_value(json_object_get(row, "line")))));
		buf_clear(&out);
		CHECK_INT(base64_decode(line, &out), 0);
	}
	json_array_foreach(json_object_get(file, "invalid_auth_response_parse_tests"), i, row)
	    CHECK_INT(
		base64_decode(str_trim(bytes_of(json_object_get(row, "auth_response"))), &out), -1);
	buf_free(&out);
	json_decref(file);
}

static unsigned
offers_of(const char *caps)
{
	static const struct {
		const char *name;
		unsigned offer;
	} names[] = { { "_SIZE", OFFER_SIZE }, { "_8BITMIME", OFFER_8BITMIME },
		{ "_AUTH", OFFER_AUTH } };
	unsigned offers = 0;

	for (size_t i = 0; i < COUNT(names); i++)
		if (caps != NULL && strstr(caps, names[i].name) != NULL)
			offers |= names[i].offer;
	return offers;
}

static const char *
parse_vector(json_t *row)
{
	const char *input = json_string_value(json_object_get(row, "input"));
	struct mail_params params;
	struct address sender;

	return parse_mail(str_of(arena_printf(scratch, "FROM:<a@b.test> %s", input)),
	    offers_of(json_string_value(json_object_get(row, "caps"))), &sender, &params);
}

/* Not offered here: DSN, BINARYMIME and parameters that a program using that library defines. */
static bool
is_of_other_extension(const char *input)
{
	static const char *const others[] = { "ENVID=", "RET=", "BODY=BINARYMIME", "BODY=FROP",
		"FROP=" };

	for (size_t i = 0; i < COUNT(others); i++)
		if (strncmp(input, others[i], strlen(others[i])) == 0)
			return true;
	return false;
}

static void
parameters_of_the_vectors(void)
{
	json_t *file = load("dovecot-smtp-params.dev.json"), *row;
	size_t i;

	if (file == NULL)
		return;
	json_array_foreach(json_object_get(file, "valid_mail_params_parse_tests"), i, row)
	{
		const char *input = json_string_value(json_object_get(row, "input"));

		check_int(parse_vector(row) != NULL, is_of_other_extension(input), input, __FILE__,
		    __LINE__);
	}
	json_array_foreach(json_object_get(file, "invalid_mail_params_parse_tests"), i, row)
	    check_true(parse_vector(row) != NULL, json_string_value(json_object_get(row, "input")),
		__FILE__, __LINE__);
	json_array_foreach(json_object_get(file, "invalid_rcpt_params_parse_tests"), i, row)
	{
		const char *input = json_string_value(json_object_get(row, "input"));
		struct rcpt_params params;
		struct address rcpt;

		check_true(smtp_parse_rcpt(scratch,
			       str_of(arena_printf(scratch, "TO:<a@b.test> %s", input)), false,
			       &rcpt, &params) != NULL,
		    input, __FILE__, __LINE__);
	}
	json_decref(file);
}

static void
a_command_line_is_text(void)
{
	CHECK(smtp_is_text(STR("MAIL\tFROM:<\xc3\xa4@b>")));
	CHECK(!smtp_is_text(STR("RSET\rQUIT")));
	CHECK(!smtp_is_text(STR("RSET\0")));
	CHECK(!smtp_is_text(STR("RSET\x1b")));
	CHECK(!smtp_is_text(STR("RSET\x7f")));
}

static void
in_scratch(void (*test)(void))
{
	scratch = arena_create(NULL);
	test();
	arena_destroy(scratch);
}

/* clang-format off */
static void mail_row(void)      { in_scratch(mail_arguments); }
static void rcpt_row(void)      { in_scratch(rcpt_arguments); }
static void hidden_row(void)    { in_scratch(extensions_that_are_not_offered); }
static void typed_row(void)     { in_scratch(parameters_are_typed); }
static void commands_row(void)  { in_scratch(commands_of_the_vectors); }
static void responses_row(void) { in_scratch(auth_responses_of_the_vectors); }
static void params_row(void)    { in_scratch(parameters_of_the_vectors); }
/* clang-format on */

void
suite_smtp_parse(void)
{
	static const struct test tests[] = {
		{ "MAIL is read, or refused with its code", mail_row },
		{ "RCPT is read, or refused with its code", rcpt_row },
		{ "EHLO names a host or an address", domain_arguments },
		{ "a parameter of an extension that was not offered does not exist", hidden_row },
		{ "parameters are typed", typed_row },
		{ "command lines of the vectors", commands_row },
		{ "responses to AUTH of the vectors", responses_row },
		{ "parameters of the vectors", params_row },
		{ "a command line is text", a_command_line_is_text },
	};

	CHECK_SUITE("smtp_parse", tests);
}
