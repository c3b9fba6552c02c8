/* SPDX-License-Identifier: MIT */
/* master_workers -- starts the auth process and the workers, and gives each what it serves. */
#include "core/process/master_inner.h"

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/process/server.h"
#include "core/process/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

static unsigned
worker_count(unsigned configured)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned count = configured > 0 ? configured : processors > 0 ? (unsigned)processors : 1;

	return count < MASTER_WORKERS_MAX ? count : MASTER_WORKERS_MAX;
}

static bool
has_class(const struct config *c, enum server_class class)
{
	for (size_t i = 0; i < c->listen_count; i++)
		if (server_class_of(c->listens[i].protocol) == class)
			return true;
	return false;
}

static void
add_procs(struct master *m, const char *role, unsigned count)
{
	struct err err;

	for (unsigned i = 0; i < count && m->phase == MASTER_STARTING; i++) {
		struct proc *p = &m->procs[m->proc_count];

		proc_init(p, m, role, i, (unsigned)m->proc_count++);
		if (master_identity(m, role, &p->who, &err) < 0 || proc_start(p, &err) < 0)
			master_give_up(m, EX_OSERR, err.text);
	}
}

void
master_begin_starting(struct master *m)
{
	const struct config *c = m->config;

	m->smtp_count = worker_count(c->smtp_workers);
	m->access_count = has_class(c, SERVER_ACCESS) ? worker_count(c->access_workers) : 0;
	add_procs(m, "auth", 1);
	add_procs(m, "smtp", m->smtp_count);
	add_procs(m, "access", m->access_count);
	timer_set(&m->tick, MASTER_TICK_MS);
}

/* Connect a worker and the auth process, when both are there. */
static void
introduce(struct master *m, struct proc *worker)
{
	struct proc *auth = &m->procs[0];
	int ends[2];

	if (worker == auth || worker->state != PROC_READY || auth->state != PROC_READY)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		log_error("cannot connect %s/%u with the auth process: %s", worker->role,
		    worker->number, strerror(errno));
		return;
	}
	proc_send(auth, "auth", &ends[0], 1);
	proc_send(worker, "auth", &ends[1], 1);
	close(ends[0]);
	close(ends[1]);
}

static void
send_listen(size_t listen, const int *fds, size_t count, void *arg)
{
	char text[32];

	snprintf(text, sizeof text, "listen %zu", listen);
	proc_send(arg, text, fds, count);
}

static void
give_sockets(struct master *m, struct proc *p)
{
	const struct config *c = m->config;
	bool access = strcmp(p->role, "access") == 0;
	enum server_class class = access ? SERVER_ACCESS : SERVER_SMTP;

	for (size_t i = 0; i < c->listen_count; i++)
		if (server_class_of(c->listens[i].protocol) == class)
			sockets_of(m->sockets, i, p->number,
			    access ? m->access_count : m->smtp_count, send_listen, p);
}

static bool
all_ready(const struct master *m)
{
	for (size_t i = 0; i < m->proc_count; i++)
		if (m->procs[i].state != PROC_READY)
			return false;
	return true;
}

void
master_on_ready(struct master *m, struct proc *p)
{
	if (p == &m->procs[0])
		for (size_t i = 1; i < m->proc_count; i++)
			introduce(m, &m->procs[i]);
	else
		introduce(m, p);
	if (p != &m->procs[0])
		give_sockets(m, p);
	if (m->phase == MASTER_STARTING && all_ready(m))
		master_enter(m, MASTER_SERVING);
}
