/* SPDX-License-Identifier: MIT */
/* master_prepare -- before anything serves: configuration checked, data folder ours, spool settled. */
#include "core/process/master_inner.h"

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/process/control.h"
#include "core/process/generation.h"
#include "core/process/place.h"
#include "core/process/sockets.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- CHECKING */

void
master_begin_checking(struct master *m)
{
	struct err err;

	m->generation = generation_create();
	proc_init(&m->once, m, "checker", 0, 0);
	m->once.once = true;
	if (privilege_find("nobody", "", "/", &m->once.who, &err) < 0 ||
	    proc_start(&m->once, &err) < 0)
		master_give_up(m, EX_OSERR, err.text);
}

void
master_on_snapshot(struct master *m, struct str message, const int *fds, size_t count)
{
	int copies[64];
	struct err err;
	size_t n = 0;

	for (; n < count && n < 64; n++)
		copies[n] = dup(fds[n]);
	if (generation_add_take(m->generation, message, copies, n, &err) < 0)
		master_give_up(m, EX_SOFTWARE, err.text);
}

void
master_checker_ended(struct master *m, int status, int signal)
{
	struct generation *g = m->generation;

	if (status != EX_OK || signal != 0) {
		master_give_up(m, signal != 0 ? EX_SOFTWARE : status, NULL);
		return;
	}
	if (g->config == NULL || g->module_count != g->expected) {
		master_give_up(m, EX_SOFTWARE, "the checker ended before it was done");
		return;
	}
	m->config = g->config;
	master_enter(m, m->options.check_only ? MASTER_STOPPING : MASTER_RECOVERING);
}

/* ---- RECOVERING: the data folder is ours, and what the last boot left is settled */

static const char *
user_of(const struct master *m, const char *role)
{
	if (m->options.as_owner)
		return "";
	if (strcmp(role, "auth") == 0)
		return m->config->user_auth;
	return strcmp(role, "access") == 0 ? m->config->user_access : m->config->user_smtp;
}

int
master_identity(const struct master *m, const char *role, struct identity *who, struct err *err)
{
	return privilege_find(user_of(m, role), m->config->group_mail, m->config->data, who, err);
}

/* The data folder, the log, the sockets: what must be had before anything starts. 0, or the exit
 * code. */
static int
prepare(struct master *m, struct err *err)
{
	const struct config *c = m->config;
	struct identity smtp;

	if (place_make(c->data, err) < 0 || master_identity(m, "smtp", &smtp, err) < 0 ||
	    place_share(c->data, &smtp, err) < 0)
		return EX_CANTCREAT;
	m->lock = place_lock(c->data, err);
	if (m->lock < 0)
		return EX_UNAVAILABLE;
	if (place_make_spool(c->data, &smtp, err) < 0)
		return EX_CANTCREAT;
	if (c->log[0] != '\0' && log_open(c->log, err) < 0)
		return EX_CANTCREAT;
	master_share_log(m);
	m->sockets = sockets_open(m->arena, c, err);
	if (m->sockets == NULL)
		return EX_UNAVAILABLE;
	m->control = control_open(m, err);
	return m->control != NULL ? 0 : EX_CANTCREAT;
}

void
master_begin_recovering(struct master *m)
{
	struct err err;
	int code = prepare(m, &err);

	if (code != 0) {
		/* Where the log is a file by now, who started us should still read it. */
		fprintf(stderr, "postern: %s\n", err.text);
		master_give_up(m, code, NULL);
		return;
	}
	proc_init(&m->once, m, "recovery", 0, 0);
	m->once.once = true;
	if (master_identity(m, "smtp", &m->once.who, &err) < 0 || proc_start(&m->once, &err) < 0)
		master_give_up(m, EX_OSERR, err.text);
}

void
master_recovery_ended(struct master *m, int status, int signal)
{
	if (status == EX_OK && signal == 0)
		master_enter(m, MASTER_STARTING);
	else
		master_give_up(
		    m, signal != 0 ? EX_SOFTWARE : status, "the spool could not be recovered");
}
