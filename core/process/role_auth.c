/* SPDX-License-Identifier: MIT */
/*
 * role_auth -- the role auth: holds what nobody else may read, and answers questions about it.
 *
 * Only modules that a domain names as the source of its users are loaded here.
 */
#include "core/process/role.h"

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/loop.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/process/auth.h"
#include "core/process/member.h"

#include <fcntl.h>
#include <string.h>
#include <sysexits.h>

static void
word_auth(struct member *m, struct str rest, const int *fds, size_t count)
{
	(void)rest;
	if (count == 1)
		auth_service_add_take(m->owner, fcntl(fds[0], F_DUPFD_CLOEXEC, 0));
}

static const struct member_word words[] = {
	{ "auth", word_auth },
	{ NULL, NULL },
};

static void
stop(struct member *m)
{
	loop_stop(m->loop);
}

static bool
has_users(const struct config *config, const char *module)
{
	for (size_t i = 0; i < config->domain_count; i++)
		if (config->domains[i].users != NULL &&
		    strcmp(config->domains[i].users, module) == 0)
			return true;
	return false;
}

static int
load_sources(struct member *m, struct err *err)
{
	struct config *c = m->config;

	module_set_loop(m->loop);
	for (size_t i = 0; i < c->use_count; i++)
		if (has_users(c, c->uses[i].name) &&
		    module_use(m->arena, &c->uses[i], c->data, true, err) < 0)
			return -1;
	return 0;
}

static void
stop_sources(struct config *c)
{
	for (size_t i = 0; i < c->use_count; i++)
		if (c->uses[i].module != NULL && c->uses[i].module->stop != NULL)
			c->uses[i].module->stop(c->uses[i].conf);
}

int
role_auth(const struct role_args *args)
{
	struct member *m = member_begin(args, words, stop, NULL);
	struct err err;

	if (m == NULL)
		return EX_OSERR;
	if (load_sources(m, &err) < 0) {
		log_error("%s", err.text);
		member_end(m);
		return EX_CONFIG;
	}
	m->owner = auth_service_create(m->loop, m->config);
	member_ready(m);
	loop_run(m->loop);
	auth_service_destroy(m->owner);
	stop_sources(m->config);
	member_end(m);
	return EX_OK;
}
