/* SPDX-License-Identifier: MIT */
/* user -- who has a mailbox here: add, change the password, list, delete. */
#include "core/cli/server.h"

#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/process/place.h"
#include "core/process/privilege.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MAX = 1024 };

/* The user that is meant, and the source that knows it. */
struct target {
	struct arena *arena;
	struct config *config;
	const char *name; /* as given */
	struct address address;
	const struct lookup *lookup;
	void *conf;
};

/* ---- passwords */

/* One line without its newline: its length, or -1. */
static ssize_t
read_line(char *to)
{
	ssize_t len = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (len == PASSWORD_MAX - 1)
			return -1;
		to[len++] = c;
	}
	to[len] = '\0';
	return len;
}

/* Ask on the terminal, without showing what is typed. */
static ssize_t
ask(const char *question, char *to)
{
	struct termios before, quiet;
	ssize_t len;

	fprintf(stderr, "%s: ", question);
	tcgetattr(STDIN_FILENO, &before);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	len = read_line(to);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return len;
}

/* From the terminal, twice; from a program, one line. EX_OK, or another code after telling why. */
static int
read_password(char *to)
{
	char again[PASSWORD_MAX];
	bool same;

	if (!isatty(STDIN_FILENO))
		return read_line(to) > 0
			   ? EX_OK
			   : cli_fail(EX_DATAERR,
				 "one line with the password is expected on standard input");
	if (ask("new password", to) <= 0)
		return cli_fail(EX_DATAERR, "a password cannot be empty, or longer than %d bytes",
		    PASSWORD_MAX - 1);
	if (ask("once more", again) < 0)
		return cli_fail(EX_DATAERR, "the passwords differ");
	same = strcmp(to, again) == 0;
	explicit_bzero(again, sizeof again);
	return same ? EX_OK : cli_fail(EX_DATAERR, "the passwords differ");
}

/* ---- the source of a domain's users */

static void
stop_source(void *arg)
{
	const struct config_use *use = arg;

	if (use->module->stop != NULL)
		use->module->stop(use->conf);
}

/* Load and start it, and act for the user that reads its files when the server runs. */
static int
open_source(struct target *t, const char *module)
{
	struct config *c = t->config;
	struct config_use *use = config_use(c, module);
	struct identity who;
	struct err err;

	if (use == NULL)
		return cli_fail(EX_CONFIG, "there is no use \"%s\" in the configuration", module);
	if (place_make(c->data, &err) < 0 ||
	    privilege_find(c->user_auth, c->group_mail, c->data, &who, &err) < 0 ||
	    privilege_act_for(&who, &err) < 0 || module_use(t->arena, use, c->data, true, &err) < 0)
		return cli_fail(EX_CONFIG, "%s", err.text);
	arena_cleanup(t->arena, stop_source, use);
	t->lookup = use->module->lookup;
	t->conf = use->conf;
	return t->lookup != NULL ? EX_OK
				 : cli_fail(EX_CONFIG, "the module %s knows no users", module);
}

static int
find_target(struct target *t)
{
	const struct config_domain *domain;
	enum address_error wrong =
	    address_parse(t->arena, str_of(t->name), ADDRESS_BARE | ADDRESS_UTF8, &t->address);

	if (wrong != ADDRESS_OK)
		return cli_fail(EX_DATAERR, "%s: %s", t->name, address_error_text(wrong));
	if (t->config->domain_count == 0)
		return cli_fail(EX_CONFIG, "no domain is configured");
	if (t->address.domain.len == 0)
		t->address.domain = str_of(t->config->domains[0].name);
	domain = config_domain(t->config, t->address.domain);
	if (domain == NULL)
		return cli_fail(
		    EX_DATAERR, "%.*s is no domain of this server", STR_FMT(t->address.domain));
	return open_source(t, domain->users);
}

/* ---- what can be done */

static int
set_password(struct target *t, bool is_new)
{
	char password[PASSWORD_MAX];
	struct err err;
	int code, done;

	if (t->lookup->set_password == NULL)
		return cli_fail(EX_UNAVAILABLE, "its users cannot be changed from here");
	code = read_password(password);
	if (code != EX_OK)
		return code;
	done = t->lookup->set_password(
	    t->conf, t->address.local, t->address.domain, str_of(password), is_new, &err);
	explicit_bzero(password, sizeof password);
	if (done < 0)
		return cli_fail(EX_CANTCREAT, "%s", err.text);
	if (done == 0)
		return cli_fail(is_new ? EX_DATAERR : EX_NOUSER, "%s %s", t->name,
		    is_new ? "exists already" : "does not exist");
	return EX_OK;
}

static int
user_add(struct target *t)
{
	return set_password(t, true);
}

static int
user_passwd(struct target *t)
{
	return set_password(t, false);
}

static int
user_delete(struct target *t)
{
	struct err err;
	int done;

	if (t->lookup->remove_user == NULL)
		return cli_fail(EX_UNAVAILABLE, "its users cannot be changed from here");
	done = t->lookup->remove_user(t->conf, t->address.local, t->address.domain, &err);
	if (done < 0)
		return cli_fail(EX_CANTCREAT, "%s", err.text);
	return done == 1 ? EX_OK : cli_fail(EX_NOUSER, "%s does not exist", t->name);
}

static int
add_name(struct str local, struct str domain, void *list)
{
	json_array_append_new(list, json_sprintf("%.*s@%.*s", STR_FMT(local), STR_FMT(domain)));
	return 0;
}

/* Has the source of domain `i` been listed with an earlier domain? */
static bool
is_listed(const struct config *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(c->domains[j].users, c->domains[i].users) == 0)
			return true;
	return false;
}

static void
print_names(json_t *list)
{
	char *text = cli_json ? json_dumps(list, JSON_INDENT(1)) : NULL;
	json_t *name;
	size_t i;

	if (text != NULL)
		puts(text);
	else
		json_array_foreach(list, i, name) puts(json_string_value(name));
	free(text);
}

static int
user_list(struct target *t)
{
	const struct config *c = t->config;
	json_t *list = json_array();
	int code = EX_OK;
	struct err err;

	for (size_t i = 0; i < c->domain_count && code == EX_OK; i++) {
		if (is_listed(c, i) || (code = open_source(t, c->domains[i].users)) != EX_OK)
			continue;
		if (t->lookup->each_user != NULL &&
		    t->lookup->each_user(t->conf, add_name, list, &err) < 0)
			code = cli_fail(EX_NOINPUT, "%s", err.text);
	}
	if (code == EX_OK)
		print_names(list);
	json_decref(list);
	return code;
}

static const struct {
	const char *word;
	bool takes_name;
	int (*fn)(struct target *);
} actions[] = {
	{ "add", true, user_add },
	{ "passwd", true, user_passwd },
	{ "list", false, user_list },
	{ "delete", true, user_delete },
};

static int
run(int argc, char **argv)
{
	struct target t = { .arena = arena_create(NULL), .name = argc > 2 ? argv[2] : NULL };
	size_t i = 0, count = sizeof actions / sizeof actions[0];
	int code;

	while (i < count && (argc < 2 || strcmp(actions[i].word, argv[1]) != 0))
		i++;
	if (i == count)
		code = cli_usage("one of add, passwd, list and delete is expected");
	else if (argc != (actions[i].takes_name ? 3 : 2))
		code = cli_usage("%s wants %s name", argv[1], actions[i].takes_name ? "one" : "no");
	else if ((t.config = cli_load_config(t.arena)) == NULL)
		code = EX_CONFIG;
	else
		code = actions[i].takes_name ? find_target(&t) : EX_OK;
	if (i < count && code == EX_OK)
		code = actions[i].fn(&t);
	arena_destroy(t.arena);
	return code;
}

static const struct cli_option options[] = { CLI_CONFIG, CLI_JSON, CLI_OPTION_END };

const struct command command_user = {
	.name = "user",
	.summary = "who has a mailbox: add, change the password, list, delete",
	.operands = "add|passwd|delete NAME, or list",
	.options = options,
	.examples = "  postern user add alice@example.org          asks for the password twice\n"
		    "  echo secret | postern user passwd alice     reads it from standard input\n"
		    "  postern user list --json\n",
	.run = run,
};
