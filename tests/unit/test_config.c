/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/config/config.h"
#include "core/config/config_field.h"
#include "core/loop/tls.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* All mistakes, as "LINE: text", between newlines. */
static const char *
mistakes_of(struct arena *arena, const char *path, const char *text)
{
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct config *c = config_load_text(arena, path, str_of(text), &mistakes, &warnings);
	const char *all = "";

	CHECK((c == NULL) == (mistakes.count > 0));
	for (size_t i = 0; i < mistakes.count; i++)
		all = arena_printf(arena, "%s%s%d: %s", all, i > 0 ? "\n" : "",
		    mistakes.items[i].line, mistakes.items[i].text);
	return all;
}

static struct config *
load(struct arena *arena, const char *text)
{
	struct config_mistakes mistakes = { 0 };
	struct config *c =
	    config_load_text(arena, "/etc/postern/postern.lua", str_of(text), &mistakes, NULL);

	for (size_t i = 0; i < mistakes.count; i++)
		printf("mistake: %s:%d: %s\n", mistakes.items[i].file, mistakes.items[i].line,
		    mistakes.items[i].text);
	CHECK(c != NULL);
	return c;
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, mode) < 0)
		abort();
}

struct row {
	const char *text;
	const char *want; /* every mistake, in order */
};

static void
each_mistake_is_told_with_its_line_and_the_nearest_name(void)
{
	static const struct row rows[] = {
		{ "server { hostnmae = 'mx.example.org' }",
		    "1: unknown option 'hostnmae' of server; did you mean 'hostname'?" },
		{ "\n\nsevrer { hostname = 'mx.example.org' }",
		    "3: unknown name 'sevrer'; did you mean 'server'?" },
		{ "server { hostname = 5 }",
		    "1: hostname of server: must be a text in quotes, not a number" },
		{ "server { hostname = mx }",
		    "1: unknown name 'mx'; a text stands in quotes: \"mx\"" },
		{ "server { 'mx.example.org' }",
		    "1: server takes values with names: NAME = VALUE" },
		{ "server 'mx.example.org'",
		    "1: server takes a table: write server { hostname = \"mx.example.org\" }" },
		{ "server { smtp_workers = 65 }",
		    "1: smtp_workers of server: 65 is too large: at most 64" },
		{ "server { smtp_workers = -1 }", "1: smtp_workers of server: must be a whole "
						  "number that is not negative, not a number" },
		{ "server { hostname = 'not a name' }",
		    "0: hostname of server: \"not a name\" is no host name" },

		{ "server { hostname = 'a\\nb' }",
		    "1: hostname of server: is not UTF-8, or has control characters" },
		{ "server { hostname = '\\xff' }",
		    "1: hostname of server: is not UTF-8, or has control characters" },
		{ "server { hostname = 'a\\0b' }",
		    "1: hostname of server: is not UTF-8, or has control characters" },
		{ "hostname = 'mx.example.org'",
		    "1: 'hostname' stands outside of its block: write server { hostname = ... }" },
		{ "me = 'mx.example.org'", "1: 'me' is no function of the configuration; for a "
					   "name of your own write: local me = ..." },
		{ "limits { mesage_size = '10M' }",
		    "1: unknown option 'mesage_size' of limits; did you mean 'message_size'?" },
		{ "limits { message_size = '10T' }",
		    "1: message_size of limits: \"10T\" is no size: write \"512\", \"64K\", "
		    "\"10M\" or \"2G\"" },
		{ "limits { recipients = 0 }",
		    "1: recipients of limits: 0 is too small: at least 1" },
		{ "limits { command_time = 300 }", "1: command_time of limits: needs a unit: write "
						   "\"30s\", \"5m\", \"4h\" or \"5d\"" },
		{ "limits { command_time = '2h' }",
		    "1: command_time of limits: 2h is too large: at most 1h" },
		{ "listen { port = 25 }",
		    "1: listen takes one endpoint: write listen { \"smtp\", port = 25 }" },
		{ "listen { 'smtp', 'pop3' }",
		    "1: listen takes one endpoint: write listen { \"smtp\", port = 25 }" },
		{ "listen { 'nothing-like-it', port = 70000 }",
		    "1: no module has the endpoint 'nothing-like-it'\n1: port of listen: 70000 is "
		    "too large: at most 65535" },
		{ "listen { 'nothing-like-it', tls = 'frist' }",
		    "1: no module has the endpoint 'nothing-like-it'\n"
		    "1: tls of listen: \"frist\" is not known here: write \"first\" or "
		    "\"starttls\"" },
		{ "domain { users = 'passwd' }",
		    "1: domain takes a name first: write domain \"example.org\" { users = "
		    "\"passwd\", mail = \"maildir\" }" },
		{ "use 'passwd' { file = function() end }",
		    "1: file: a text, a number, true, false or a list is expected" },
		{ "use 'passwd' { file = 5 }", "1: use \"passwd\": option 'file' must be a path" },
		{ "use 'passwd' { flie = 'users' }",
		    "1: use \"passwd\": unknown option 'flie'; did you mean 'file'?" },
		{ "use 'passwd' { 5 }", "1: use takes values with names: NAME = VALUE" },
		{ "use 'pwassd'", "1: no module 'pwassd'; did you mean 'passwd'?" },
		{ "use 'passwd'\nuse 'passwd' {}", "2: use \"passwd\" stands at line 1 already" },
		{ "use 'passwd' { fail = 'maybe' }",
		    "1: fail of use: \"maybe\" is not known here: write \"defer\", \"continue\" or "
		    "\"reject\"" },
		{ "network 'trustet' { '192.0.2.0/24' }",
		    "1: unknown network 'trustet'; did you mean 'trusted'?" },
		{ "network 'trusted' { '192.0.2.0/33' }",
		    "1: network: \"192.0.2.0/33\" is no network: write \"192.0.2.0/24\" or "
		    "\"2001:db8::/32\"" },
		{ "retry { '5 minutes' }", "1: retry: \"5 minutes\" is no duration: write \"30s\", "
					   "\"5m\", \"4h\" or \"5d\"" },
		{ "retry { give_up = '1h', warn = '4h' }",
		    "0: warn of retry is not before give_up" },
		{ "resolver { only = true }",
		    "1: resolver: `only` needs a fixture: no name could be looked up" },
		{ "resolver { 'dns.example' }", "1: resolver: \"dns.example\" is no address: write "
						"\"192.0.2.1\" or \"192.0.2.1@53\"" },
		{ "policy 'mx' { 'a', 'b' }",
		    "1: policy \"mx\": cannot read the folder /etc/postern/mx: No such file or "
		    "directory\n"
		    "1: policy takes one folder: write policy \"mx\" { \"policy\" }" },
		{ "tls { cert = 'cert.pem' }",
		    "1: tls needs both: write tls { cert = \"cert.pem\", key = \"key.pem\" }" },
		{ "secret('no-such-file')",
		    "1: secret: cannot open /etc/postern/no-such-file: No such file or directory" },
		{ "include 'no-such-file'", "1: include: cannot open /etc/postern/no-such-file: No "
					    "such file or directory" },
		{ "while true do end", "1: the configuration does not come to an end" },
		{ "local t = {} for i = 1, 1e9 do t[i] = 'x' .. i end", "0: not enough memory" },
		{ "local s = ('x'):rep(1e10)", "1: resulting string too large" },
		{ "server {\n\thostname = 'a'\n\tdata = '/b' }",
		    "3: '}' expected (to close '{' at line 1) near 'data' "
		    "(a comma between two values, or the closing brace, is missing)" },
		{ "server { hostname = 'a }",
		    "1: unfinished string near <eof> (the closing quote is missing)" },
		{ "listen smtp", "1: syntax error near 'smtp' (a function takes its values in "
				 "braces, and a name in quotes)" },
		{ "server { hostname == 'a' }",
		    "1: server takes values with names: NAME = VALUE\n"
		    "1: unknown name 'hostname'; a text stands in quotes: \"hostname\"" },
		{ "error('enough')", "1: enough" },
		{ "\33Lua", "0: attempt to load a binary chunk (mode is 't')" },
	};
	struct arena *arena = arena_create(NULL);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_STR_AT(str_of(mistakes_of(arena, "/etc/postern/postern.lua", rows[i].text)),
		    str_of(rows[i].want), rows[i].text);
	arena_destroy(arena);
}

static void
nothing_reaches_out_of_the_configuration(void)
{
	static const char *const names[] = { "io", "os", "load", "loadstring", "dofile", "loadfile",
		"require", "package", "debug", "collectgarbage", "print", "pcall", "setmetatable",
		"getmetatable", "rawset", "coroutine", "string.dump", "math.random" };
	struct arena *arena = arena_create(NULL);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *text =
		    strchr(names[i], '.') != NULL
			? arena_printf(arena, "if %s then error('there') end", names[i])
			: arena_printf(arena,
			      "if type(%s) == 'function' or type(%s) == 'table' then "
			      "error('there') end",
			      names[i], names[i]);

		CHECK_STR_AT(str_of(strstr(mistakes_of(arena, "/x/postern.lua", text), "there")),
		    str_of(""), names[i]);
	}
	arena_destroy(arena);
}

/* Among other mistakes: those about the other modules that a domain needs. */
static void
a_domain_names_modules_with_the_abilities(void)
{
	static const struct row rows[] = {
		{ "domain 'example.org' { users = 'maildir', mail = 'passwd' }",
		    "1: users of domain: module 'maildir' knows no users (keep mail in Maildir++ "
		    "folders)" },
		{ "domain 'example.org' { users = 'maildir', mail = 'passwd' }",
		    "1: mail of domain: module 'passwd' keeps no mail (users and password hashes "
		    "in a text file)" },
		{ "domain 'example.org' {}\ndomain 'EXAMPLE.org' {}",
		    "2: domain \"example.org\" stands at line 1 already" },
		{ "domain 'exa mple' {}", "1: domain: \"exa mple\" is no domain" },
		{ "route 'exa mple' { deliverer = 'passwd' }",
		    "1: route: \"exa mple\" is no domain" },
		{ "route '*' { deliverer = 'passwd' }",
		    "1: deliverer of route: module 'passwd' does not deliver (users and password "
		    "hashes in a text file)" },
	};
	struct arena *arena = arena_create(NULL);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *got = mistakes_of(arena, "/x/postern.lua", rows[i].text),
			   *at = strstr(got, rows[i].want);

		CHECK_STR_AT(
		    str_of(at != NULL ? rows[i].want : got), str_of(rows[i].want), rows[i].text);
	}
	arena_destroy(arena);
}

static void
all_mistakes_are_told_not_the_first(void)
{
	struct arena *arena = arena_create(NULL);

	CHECK_TEXT(mistakes_of(arena, "/x/postern.lua",
		       "server { hostnmae = 'x', dta = 'y' }\nlimts { errors = 5 }\nlimits { "
		       "errors = 'many' }\nretry { evry = '5m' }"),
	    "1: unknown option 'dta' of server; did you mean 'data'?\n"
	    "1: unknown option 'hostnmae' of server; did you mean 'hostname'?\n"
	    "2: unknown name 'limts'; did you mean 'limits'?\n"
	    "3: errors of limits: \"many\" is no number\n"
	    "4: unknown option 'evry' of retry; did you mean 'every'?");
	arena_destroy(arena);
}

static void
an_empty_file_is_a_configuration(void)
{
	struct arena *arena = arena_create(NULL);
	struct config *c = load(arena, "");

	CHECK(c->hostname[0] != '\0');
	CHECK_TEXT(c->data, "/var/lib/postern");
	CHECK_INT(c->limits.message_size, 50 << 20);
	CHECK_INT(c->limits.command_ms, 300000);
	CHECK_INT(c->retry_count, 3);
	CHECK_INT(c->retry_every_ms, 1800000);
	CHECK_INT(c->resolver_deadline_ms, 10000);
	arena_destroy(arena);
}

static void
values_arrive_with_their_types(void)
{
	struct arena *arena = arena_create(NULL);
	struct config *c = load(arena,
	    "local five = 5\n"
	    "server { hostname = 'mx.example.org', data = 'data', log = 'log', smtp_workers = 2 }\n"
	    "network 'trusted' { '192.0.2.0/24', '2001:db8::/32' }\n"
	    "retry { '1m', '2m', every = '1h', give_up = '2d', warn = 0 }\n"
	    "limits { message_size = '10M', errors = five, pop3_time = '15m' }\n"
	    "resolver { '127.0.0.1@5353', '::1', deadline = '2s' }\n");

	CHECK_TEXT(c->hostname, "mx.example.org");
	CHECK_TEXT(c->data, "/etc/postern/data");
	CHECK_TEXT(c->log, "/etc/postern/data/log");
	CHECK_INT(c->smtp_workers, 2);
	CHECK_INT(c->trusted_count, 2);
	CHECK_INT(c->trusted[0].bits, 120);
	CHECK_INT(c->retry_count, 2);
	CHECK_INT(c->retry_first_ms[1], 120000);
	CHECK_INT(c->retry_warn_ms, 0);
	CHECK_INT(c->limits.message_size, 10 << 20);
	CHECK_INT(c->limits.errors, 5);
	CHECK_INT(c->limits.pop3_idle_ms, 900000);
	CHECK_INT(c->resolver_server_count, 2);
	CHECK_TEXT(c->resolver_servers[0], "127.0.0.1@5353");
	arena_destroy(arena);
}

static void
a_policy_is_read_and_named_by_its_content(void)
{
	struct arena *arena = arena_create(NULL);
	const char *dir = arena_strdup(arena, check_folder());
	const char *other = arena_strdup(arena, check_folder());
	struct config *c;
	char first[17];

	write_file(arena_printf(arena, "%s/b.lua", dir), "-- two", 0600);
	write_file(arena_printf(arena, "%s/a.lua", dir),
	    "option('wait', '60s', 'x') option('loud', false, 'x') option('most', 5, 'x')", 0600);
	write_file(arena_printf(arena, "%s/a.story", dir), "no script", 0600);
	write_file(arena_printf(arena, "%s/a.lua", other), "-- one", 0600);
	c = load(arena, arena_printf(arena,
			    "policy 'mx' { '%s', wait = '30s', loud = true, most = 7 }\npolicy "
			    "'other' { '%s' }",
			    dir, other));
	CHECK_INT(c->policy_count, 2);
	CHECK_INT(c->policies[0].script_count, 2);
	CHECK_TEXT(c->policies[0].scripts[0].file, "a.lua");
	CHECK_STR(c->policies[0].scripts[1].text, STR("-- two"));
	CHECK_INT(c->policies[0].option_count, 3);
	CHECK_INT(strlen(c->policies[0].hash), 16);
	CHECK(strcmp(c->policies[0].hash, c->policies[1].hash) != 0);
	strcpy(first, c->policies[0].hash);
	write_file(arena_printf(arena, "%s/b.lua", dir), "-- twO", 0600);
	c = load(arena, arena_printf(arena, "policy 'mx' { '%s' }", dir));
	CHECK(strcmp(c->policies[0].hash, first) != 0);
	arena_destroy(arena);
}

/* THREATS.md, F5 */
static void
what_others_may_write_is_refused(void)
{
	struct arena *arena = arena_create(NULL);
	const char *dir = check_folder(), *file = arena_printf(arena, "%s/postern.lua", dir);
	struct config_mistakes mistakes = { 0 };

	write_file(file, "", 0600);
	CHECK(config_load(arena, file, &mistakes, NULL) != NULL);
	write_file(file, "", 0662);
	CHECK(config_load(arena, file, &mistakes, NULL) == NULL);
	CHECK_INT(mistakes.count, 1);
	CHECK(strstr(mistakes.items[0].text, "writable by everyone") != NULL);
	chmod(file, 0660);
	CHECK(config_load(arena, file, &mistakes, NULL) == NULL);
	chmod(file, 0600);
	chmod(dir, 0777);
	CHECK(config_load(arena, file, &mistakes, NULL) == NULL);
	chmod(dir, 0700);
	write_file(arena_printf(arena, "%s/a.lua", dir), "", 0666);
	CHECK(strstr(mistakes_of(arena, file, "policy 'mx' { '.' }"),
		  "a.lua is writable by everyone") != NULL);
	CHECK(strstr(mistakes_of(arena, file, "include 'a.lua'"),
		  "a.lua is writable by everyone") != NULL);
	CHECK(strstr(mistakes_of(arena, file, "secret 'a.lua'"), "a.lua is writable by everyone") !=
	      NULL);
	CHECK(strstr(mistakes_of(arena, file, "secret '.'"), "is no regular file") != NULL);
	arena_destroy(arena);
}

static void
mistakes_in_scripts_are_told_with_their_own_file(void)
{
	static const struct row rows[] = {
		{ "on('rcpt', function(tx) return end", "1: ')' expected near <eof>" },
		{ "\non('rctp', function(tx) end)",
		    "2: unknown stage 'rctp'; did you mean 'rcpt'?" },
		{ "on('rcpt')", "1: bad argument #2 to 'on' (function expected, got no value)" },
		{ "onn('rcpt', function(tx) end)", "1: unknown name 'onn'; did you mean 'on'?" },
		{ "option('wiat', '60s', 'x')",
		    "1: policy \"mx\": unknown option 'wait'; did you mean 'wiat'?" },
		{ "option('wait', true, 'x')",
		    "1: policy \"mx\": option 'wait' must be true or false" },
		{ "option('wait', 5, 'x')", "1: policy \"mx\": option 'wait' must be a number" },
		{ "sleep(1)", "1: sleep: nothing can wait while the script is loaded" },
		{ "while true do end",
		    "1: uses too many instructions (limits: script_instructions)" },
	};
	struct arena *arena = arena_create(NULL);
	const char *dir = arena_strdup(arena, check_folder()), *text;

	text = arena_printf(arena, "policy 'mx' { '%s', wait = '30s' }", dir);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *got;

		write_file(arena_printf(arena, "%s/a.lua", dir), rows[i].text, 0600);
		got = mistakes_of(arena, "/x/postern.lua", text);
		CHECK_STR_AT(str_of(strstr(got, rows[i].want) != NULL ? rows[i].want : got),
		    str_of(rows[i].want), rows[i].text);
	}
	arena_destroy(arena);
}

static void
an_included_file_tells_its_own_mistakes(void)
{
	struct arena *arena = arena_create(NULL);
	const char *dir = check_folder(), *file = arena_printf(arena, "%s/postern.lua", dir);
	struct config_mistakes mistakes = { 0 };
	struct config *c;

	write_file(arena_printf(arena, "%s/more.lua", dir), "\nserver { hostnmae = 'x' }\n", 0600);
	write_file(arena_printf(arena, "%s/name", dir), "mx.example.org\n", 0600);
	write_file(arena_printf(arena, "%s/round.lua", dir), "include 'round.lua'", 0600);
	config_load_text(arena, file, STR("include 'more.lua'"), &mistakes, NULL);
	CHECK_INT(mistakes.count, 1);
	CHECK_TEXT(mistakes.items[0].file, "more.lua");
	CHECK_INT(mistakes.items[0].line, 2);
	CHECK(strstr(mistakes_of(arena, file, "include 'round.lua'"),
		  "include each other more than 10 deep") != NULL);
	mistakes.count = 0;
	c = config_load_text(
	    arena, file, STR("server { hostname = secret('name') }"), &mistakes, NULL);
	CHECK(c != NULL);
	CHECK_TEXT(c->hostname, "mx.example.org");
	arena_destroy(arena);
}

static void
the_snapshot_reads_back_as_it_was(void)
{
	struct arena *arena = arena_create(NULL);
	const char *dir = check_folder();
	struct config *c, *back;
	char *text, *again;
	struct err err = { 0 };

	write_file(arena_printf(arena, "%s/a.lua", dir),
	    "-- \xc3\xa4 \"quoted\"\noption('wait', '60s', 'x')", 0600);
	c = load(arena, arena_printf(arena,
			    "server { hostname = 'mx.example.org', smtp_workers = 3 }\n"
			    "policy 'mx' { '%s', wait = '30s', fail = 'continue' }\n"
			    "network 'trusted' { '192.0.2.0/24', '2001:db8::/32' }\n"
			    "limits { message_size = '10M' }\n"
			    "resolver { '127.0.0.1' }\n",
			    dir));
	text = config_to_json(c);
	back = config_from_json(arena, str_of(text), &err);
	CHECK_TEXT(err.text, "");
	CHECK(back != NULL);
	if (back != NULL) {
		CHECK_TEXT(back->hostname, "mx.example.org");
		CHECK_INT(back->smtp_workers, 3);
		CHECK_INT(back->limits.message_size, 10 << 20);
		CHECK_STR(back->policies[0].scripts[0].text,
		    STR("-- \xc3\xa4 \"quoted\"\noption('wait', '60s', 'x')"));
		CHECK_INT(back->policies[0].fail, FAIL_CONTINUE);
		CHECK_INT(back->trusted[0].bits, 120);
		again = config_to_json(back);
		CHECK_TEXT(again, text);
		free(again);
	}
	free(text);
	arena_destroy(arena);
}

static void
a_damaged_snapshot_is_refused(void)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "{\"version\":1}",
		"{\"version\":1,\"server\":{}}" };
	struct arena *arena = arena_create(NULL);
	struct err err;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		CHECK(config_from_json(arena, str_of(texts[i]), &err) == NULL);
	arena_destroy(arena);
}

static void
write_pair_for(struct arena *arena, const char *dir, const char *cert_name, const char *key_name,
    const char *host)
{
	struct buf cert, key;
	struct err err;

	buf_init(&cert, 64 * 1024);
	buf_init(&key, 64 * 1024);
	CHECK_INT(tls_self_signed(host, 10, &cert, &key, &err), 0);
	write_file(arena_printf(arena, "%s/%s", dir, cert_name), buf_text(&cert), 0644);
	write_file(arena_printf(arena, "%s/%s", dir, key_name), buf_text(&key), 0600);
	buf_free(&cert);
	buf_free(&key);
}

static void
write_pair(struct arena *arena, const char *dir, const char *cert_name, const char *key_name)
{
	write_pair_for(arena, dir, cert_name, key_name, "mx.example.org");
}

#define FIRST "tls { cert = 'a.pem', key = 'a.key' }\n"
#define OTHER(name) "tls { cert = 'b.pem', key = 'b.key', name = " name " }\n"

static void
a_name_leads_to_one_certificate(void)
{
	static const struct row rows[] = {
		{ FIRST OTHER("'mail.example.org'"), "" },
		{ OTHER("{ 'MAIL.example.org', 'imap.example.org' }") FIRST, "" },
		{ FIRST FIRST, "2: tls without a name stands at line 1 already: write tls { name = "
			       "\"mail.example.org\", ... }" },
		{ FIRST OTHER("'x.test'") OTHER("{ 'y.test', 'X.test' }"),
		    "3: tls for \"x.test\" stands at line 2 already" },
		{ OTHER("'x.test'"), "1: one tls must have no name: its certificate is for clients "
				     "that ask for none" },
		{ FIRST OTHER("'*.test'"), "2: name of tls: \"*.test\" is no host name" },
		{ OTHER("{ 7 }"), "1: tls: name must be a text in quotes, not a number" },
		{ OTHER("7"), "1: name of tls: must be a text in quotes, not a number" },
	};
	struct arena *arena = arena_create(NULL);
	const char *dir = arena_strdup(arena, check_folder()),
		   *file = arena_printf(arena, "%s/postern.lua", dir);
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	struct config *c, *back;
	struct err err = { 0 };
	bool told = false;
	char *json;

	write_pair(arena, dir, "a.pem", "a.key");
	write_pair_for(arena, dir, "b.pem", "b.key", "mail.example.org");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_STR_AT(str_of(mistakes_of(arena, file, rows[i].text)), str_of(rows[i].want),
		    rows[i].text);
	c = config_load_text(arena, file, str_of(rows[1].text), &mistakes, &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		told |= strstr(warnings.items[i].text, "b.pem is not for imap.example.org") != NULL;
	CHECK(told);
	json = config_to_json(c);
	back = config_from_json(arena, str_of(json), &err);
	CHECK_TEXT(err.text, "");
	CHECK_INT(back->tls_count, 2);
	CHECK_INT(back->tls[0].names.count, 2);
	CHECK_TEXT(back->tls[0].names.items[0], "mail.example.org");
	CHECK(config_tls_default(back) == &back->tls[1]);
	CHECK_STR(back->tls[0].key_text, c->tls[0].key_text);
	free(json);
	arena_destroy(arena);
}

static void
certificate_and_key_must_fit(void)
{
	static const struct row rows[] = {
		{ "tls { cert = 'a.pem', key = 'a.key' }", "" },
		{ "tls { cert = 'a.pem', key = 'b.key' }",
		    "1: tls: the key in %s/b.key does not fit the certificate in %s/a.pem" },
		{ "tls { cert = 'a.key', key = 'a.key' }",
		    "1: tls: %s/a.key holds no certificate in PEM form" },
		{ "tls { cert = 'a.pem', key = 'a.pem' }",
		    "1: tls: %s/a.pem holds no private key in PEM form without a password" },
		{ "tls { cert = 'no.pem', key = 'a.key' }",
		    "1: tls: cannot open %s/no.pem: No such file or directory" },
		{ "tls { cert = '.', key = 'a.key' }", "1: tls: %s/. is no regular file" },
	};
	struct arena *arena = arena_create(NULL);
	const char *dir = arena_strdup(arena, check_folder()),
		   *file = arena_printf(arena, "%s/postern.lua", dir);
	struct config_mistakes mistakes = { 0 }, warnings = { 0 };
	char want[1000];

	write_pair(arena, dir, "a.pem", "a.key");
	write_pair(arena, dir, "b.pem", "b.key");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = 0;

		for (const char *p = rows[i].want; *p != '\0'; p++) {
			if (*p == '%')
				n += (size_t)snprintf(want + n, sizeof want - n, "%s", dir), p++;
			else
				want[n++] = *p;
		}
		want[n] = '\0';
		CHECK_STR_AT(
		    str_of(mistakes_of(arena, file, rows[i].text)), str_of(want), rows[i].text);
	}
	chmod(arena_printf(arena, "%s/a.key", dir), 0644);
	CHECK(config_load_text(arena, file, str_of(rows[0].text), &mistakes, &warnings) != NULL);
	CHECK(warnings.count > 0 && strstr(warnings.items[warnings.count - 1].text,
					"everybody on this computer can read the key") != NULL);
	arena_destroy(arena);
}

static void
listeners_are_checked(void)
{
	static const struct row rows[] = {
		{ "listen 'smtp'\nlisten { 'smtp', address = '127.0.0.1' }",
		    "2: port 25 is taken by listen \"smtp\" at line 1" },
		{ "listen { 'smtp', address = '127.0.0.1' }\nlisten { 'smtp', address = '::1' }",
		    "" },
		{ "listen { 'smtp', address = '::ffff:127.0.0.1' }\nlisten { 'pop3', port = 25, "
		  "address = '127.0.0.1' }",
		    "2: port 25 is taken by listen \"smtp\" at line 1" },
		{ "listen { 'submision' }",
		    "1: no module has the endpoint 'submision'; did you mean 'submission'?" },
		{ "listen { 'submissions' }",
		    "1: listen \"submissions\" needs a certificate: write tls { cert = "
		    "\"cert.pem\", key = \"key.pem\" }" },
		{ "listen { 'smtp', tls = 'first' }",
		    "1: listen \"smtp\" needs a certificate: write tls { cert = \"cert.pem\", key "
		    "= \"key.pem\" }" },
		{ "listen { 'smtp', address = 'localhost' }",
		    "1: address of listen: \"localhost\" is neither IPv4 nor IPv6" },
		{ "listen { 'smtp', policy = 'mx' }", "1: unknown policy 'mx'" },
		{ "listen { 'smtp', prot = 25 }",
		    "1: unknown option 'prot' of listen; did you mean 'port'?" },
	};
	struct arena *arena = arena_create(NULL);
	struct config *c;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_STR_AT(str_of(mistakes_of(arena, "/x/postern.lua", rows[i].text)),
		    str_of(rows[i].want), rows[i].text);
	c = load(arena, "listen { 'submission', at = 'once', auth = 'optional' } listen { 'smtp', "
			"port = 2525 }");
	CHECK_TEXT(c->listens[0].protocol, "smtp");
	CHECK_INT(c->listens[0].port, 587);
	CHECK(c->listens[0].at_once && !c->listens[0].needs_auth && c->listens[0].any);
	CHECK_INT(c->listens[1].port, 2525);
	CHECK(!c->listens[1].at_once);
	arena_destroy(arena);
}

/* What people may write stands in postern.lua(5), and nothing else does. */
static void
the_manual_names_every_option(void)
{
	struct arena *arena = arena_create(NULL);
	const char *source = getenv("srcdir"), *page;
	size_t documented = 0, known = 0;

	page = check_read(arena,
	    arena_printf(arena, "%s/core/config/postern.lua.5", source != NULL ? source : "."));
	for (const struct block *b = config_blocks; b->name != NULL; b++) {
		const char *at = strstr(page, arena_printf(arena, ".Ss %s", b->name)), *end;

		CHECK_STR_AT(str_of(at != NULL ? b->name : "(missing)"), str_of(b->name), "block");
		end = at != NULL ? strstr(at + 1, "\n.S") : NULL;
		for (const struct field *f = b->fields; f->type != FIELD_END && end != NULL; f++) {
			const char *item;

			if (f->meaning == NULL)
				continue;
			item = strstr(at, arena_printf(arena, "\n.It Ic %s\n", f->name));
			CHECK_STR_AT(str_of(item != NULL && item < end ? f->name : "(missing)"),
			    str_of(f->name), b->name);
			known++;
		}
	}
	for (const char *at = page; (at = strstr(at, "\n.It Ic ")) != NULL; at++)
		documented++;
	CHECK_INT(documented, known);
	arena_destroy(arena);
}

void
suite_config(void)
{
	static const struct test tests[] = {
		{ "each mistake is told with its line and the nearest name",
		    each_mistake_is_told_with_its_line_and_the_nearest_name },
		{ "a domain names modules with the abilities",
		    a_domain_names_modules_with_the_abilities },
		{ "all mistakes are told, not the first", all_mistakes_are_told_not_the_first },
		{ "nothing reaches out of the configuration",
		    nothing_reaches_out_of_the_configuration },
		{ "an empty file is a configuration", an_empty_file_is_a_configuration },
		{ "values arrive with their types", values_arrive_with_their_types },
		{ "a policy is read, and named by its content",
		    a_policy_is_read_and_named_by_its_content },
		{ "what others may write is refused", what_others_may_write_is_refused },
		{ "mistakes in scripts are told with their own file",
		    mistakes_in_scripts_are_told_with_their_own_file },
		{ "an included file tells its own mistakes",
		    an_included_file_tells_its_own_mistakes },
		{ "the snapshot reads back as it was", the_snapshot_reads_back_as_it_was },
		{ "certificate and key must fit", certificate_and_key_must_fit },
		{ "a name leads to one certificate", a_name_leads_to_one_certificate },
		{ "listeners are checked", listeners_are_checked },
		{ "the manual names every option", the_manual_names_every_option },
		{ "a damaged snapshot is refused", a_damaged_snapshot_is_refused },
	};

	CHECK_SUITE("config", tests);
}
