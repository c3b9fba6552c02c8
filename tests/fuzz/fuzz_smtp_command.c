/* SPDX-License-Identifier: MIT */
/* The first byte: what was offered; the rest: a command line. A parser returns typed values or one
 * well-formed refusal. */
#include "core/base/arena.h"
#include "modules/smtp/parse.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <ctype.h>

static void
check_refusal(const char *line)
{
	assert(line == NULL || ((line[0] == '4' || line[0] == '5') &&
				   isdigit((unsigned char)line[1]) && line[3] == ' '));
	assert(line == NULL || line[4] == line[0]);
}

FUZZ(smtp_command)
{
	struct str line = str_from((struct str){ (const char *)input, size }, 1), verb, args, name;
	struct mail_rules rules = { size > 0 ? input[0] : 0, 1 << 20 };
	struct arena *a = arena_create(NULL);
	struct mail_params mail;
	struct rcpt_params rcpt;
	struct address address;
	const char *refusal;

	smtp_split(line, &verb, &args);
	assert(verb.len + args.len <= line.len);
	smtp_is_text(line);
	check_refusal(smtp_parse_domain(args, &name));
	check_refusal(refusal = smtp_parse_mail(a, args, &rules, &address, &mail));
	assert(refusal != NULL || (mail.size <= rules.size_max && (mail.utf8 || !address.is_utf8)));
	check_refusal(refusal = smtp_parse_rcpt(a, args, false, &address, &rcpt));
	assert(refusal != NULL || (!address.is_utf8 && address.local.len > 0));
	arena_destroy(a);
	return 0;
}
