/* SPDX-License-Identifier: MIT */
/* master -- the process that an administrator starts: it starts, watches and ends the others. */
#include "core/process/master.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/process/control.h"
#include "core/process/generation.h"
#include "core/process/ledger.h"
#include "core/process/notify.h"
#include "core/process/place.h"
#include "core/process/server.h"
#include "core/process/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { TICK_MS = 1000, STOP_GRACE_S = 10 };

static void enter(struct master *, enum master_phase);

/* Nothing can be served: say why, and end with this code. */
static void
give_up(struct master *m, int code, const char *why)
{
	if (why != NULL)
		log_error("%s", why);
	if (m->exit_code == EX_OK)
		m->exit_code = code;
	enter(m, MASTER_STOPPING);
}

/* ---- CHECKING */

static void
begin_checking(struct master *m)
{
	struct err err;

	m->generation = generation_create();
	proc_init(&m->once, m, "checker", 0, 0);
	m->once.once = true;
	if (privilege_find("nobody", "", "/", &m->once.who, &err) < 0 ||
	    proc_start(&m->once, &err) < 0)
		give_up(m, EX_OSERR, err.text);
}

static void
on_snapshot(struct master *m, struct str message, const int *fds, size_t count)
{
	int copies[64];
	struct err err;
	size_t n = 0;

	for (; n < count && n < 64; n++)
		copies[n] = dup(fds[n]);
	if (generation_add_take(m->generation, message, copies, n, &err) < 0)
		give_up(m, EX_SOFTWARE, err.text);
}

static void
checker_ended(struct master *m, int status, int signal)
{
	struct generation *g = m->generation;

	if (status != EX_OK || signal != 0) {
		give_up(m, signal != 0 ? EX_SOFTWARE : status, NULL);
		return;
	}
	if (g->config == NULL || g->module_count != g->expected) {
		give_up(m, EX_SOFTWARE, "the checker ended before it was done");
		return;
	}
	m->config = g->config;
	enter(m, m->options.check_only ? MASTER_STOPPING : MASTER_RECOVERING);
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

static int
find_identity(const struct master *m, const char *role, struct identity *who, struct err *err)
{
	return privilege_find(user_of(m, role), m->config->group_mail, m->config->data, who, err);
}

/* Where the log was reopened, all processes get the new descriptor. */
static void
share_log(struct master *m)
{
	struct stat st;
	int fd = log_fd();

	if (fstat(fd, &st) < 0 || st.st_ino == m->log_inode)
		return;
	if (m->log_inode != 0)
		for (size_t i = 0; i < m->proc_count; i++)
			proc_send(&m->procs[i], "log", &fd, 1);
	m->log_inode = st.st_ino;
}

/* The data folder, the log, the sockets: what must be had before anything starts. 0, or the exit
 * code. */
static int
prepare(struct master *m, struct err *err)
{
	const struct config *c = m->config;
	struct identity smtp;

	if (place_make(c->data, err) < 0 || find_identity(m, "smtp", &smtp, err) < 0 ||
	    place_share(c->data, &smtp, err) < 0)
		return EX_CANTCREAT;
	m->lock = place_lock(c->data, err);
	if (m->lock < 0)
		return EX_UNAVAILABLE;
	if (place_make_spool(c->data, &smtp, err) < 0)
		return EX_CANTCREAT;
	if (c->log[0] != '\0' && log_open(c->log, err) < 0)
		return EX_CANTCREAT;
	share_log(m);
	m->sockets = sockets_open(m->arena, c, err);
	if (m->sockets == NULL)
		return EX_UNAVAILABLE;
	m->control = control_open(m, err);
	return m->control != NULL ? 0 : EX_CANTCREAT;
}

static void
begin_recovering(struct master *m)
{
	struct err err;
	int code = prepare(m, &err);

	if (code != 0) {
		/* Where the log is a file by now, who started us should still read it. */
		fprintf(stderr, "postern: %s\n", err.text);
		give_up(m, code, NULL);
		return;
	}
	proc_init(&m->once, m, "recovery", 0, 0);
	m->once.once = true;
	if (find_identity(m, "smtp", &m->once.who, &err) < 0 || proc_start(&m->once, &err) < 0)
		give_up(m, EX_OSERR, err.text);
}

static void
recovery_ended(struct master *m, int status, int signal)
{
	if (status == EX_OK && signal == 0)
		enter(m, MASTER_STARTING);
	else
		give_up(m, signal != 0 ? EX_SOFTWARE : status, "the spool could not be recovered");
}

/* ---- STARTING and SERVING */

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
		if (find_identity(m, role, &p->who, &err) < 0 || proc_start(p, &err) < 0)
			give_up(m, EX_OSERR, err.text);
	}
}

static void
begin_starting(struct master *m)
{
	const struct config *c = m->config;

	m->smtp_count = worker_count(c->smtp_workers);
	m->access_count = has_class(c, SERVER_ACCESS) ? worker_count(c->access_workers) : 0;
	add_procs(m, "auth", 1);
	add_procs(m, "smtp", m->smtp_count);
	add_procs(m, "access", m->access_count);
	timer_set(&m->tick, TICK_MS);
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
		enter(m, MASTER_SERVING);
}

static void
begin_serving(struct master *m)
{
	log_info("ready: %u workers for smtp, %u for access, data in %s", m->smtp_count,
	    m->access_count, m->config->data);
	notify_send("READY=1");
	if (m->options.ready != NULL)
		m->options.ready(m->config, m->options.arg);
}

/* ---- STOPPING: workers first, then who they may still ask */

static bool
any_worker(const struct master *m)
{
	for (size_t i = 1; i < m->proc_count; i++)
		if (m->procs[i].child != NULL)
			return true;
	return m->once.child != NULL;
}

/* Go on with stopping as far as it is possible now. */
static void
stop_step(struct master *m)
{
	if (any_worker(m))
		return;
	if (m->proc_count > 0 && m->procs[0].child != NULL)
		proc_stop(&m->procs[0]);
	else if (m->phase == MASTER_STOPPING)
		enter(m, MASTER_OVER);
}

static void
begin_stopping(struct master *m)
{
	if (m->sockets != NULL) {
		notify_send("STOPPING=1");
		log_info("stopping");
		sockets_close(m->sockets);
	}
	proc_stop(&m->once);
	for (size_t i = 1; i < m->proc_count; i++)
		proc_stop(&m->procs[i]);
	timer_set(&m->tick, TICK_MS);
	stop_step(m);
}

static void
begin_over(struct master *m)
{
	if (m->sockets != NULL)
		log_info("stopped");
	loop_stop(m->loop);
}

/* The second time, or when the time is over: at once. */
static void
kill_all(struct master *m)
{
	for (size_t i = 0; i < m->proc_count; i++)
		proc_signal(&m->procs[i], SIGKILL);
	proc_signal(&m->once, SIGKILL);
}

void
master_stop(struct master *m)
{
	if (m->phase < MASTER_STOPPING)
		enter(m, MASTER_STOPPING);
}

/* ---- the phases */

static void (*const begin[])(struct master *) = {
	[MASTER_CHECKING] = begin_checking,
	[MASTER_RECOVERING] = begin_recovering,
	[MASTER_STARTING] = begin_starting,
	[MASTER_SERVING] = begin_serving,
	[MASTER_STOPPING] = begin_stopping,
	[MASTER_OVER] = begin_over,
};

static void
enter(struct master *m, enum master_phase phase)
{
	if (phase <= m->phase && phase != MASTER_CHECKING)
		return;
	m->phase = phase;
	begin[phase](m);
}

/* ---- what happens to processes */

void
master_on_message(
    struct master *m, struct proc *p, struct str message, const int *fds, size_t count)
{
	if (p == &m->once && m->phase == MASTER_CHECKING)
		on_snapshot(m, message, fds, count);
	else if (m->control != NULL)
		control_on_answer(m->control, p, message, fds, count);
}

/* A worker that refuses to start, before any has ever served, is a mistake of the administrator's.
 */
static bool
is_refusal(const struct master *m, const struct proc *p, int status)
{
	return m->phase == MASTER_STARTING && status != EX_OK && p->restarts <= 1;
}

void
master_on_ended(struct master *m, struct proc *p, int status, int signal)
{
	if (m->control != NULL)
		control_on_ended(m->control, p);
	if (m->phase >= MASTER_STOPPING)
		stop_step(m);
	else if (p == &m->once && m->phase == MASTER_CHECKING)
		checker_ended(m, status, signal);
	else if (p == &m->once)
		recovery_ended(m, status, signal);
	else if (signal == 0 && is_refusal(m, p, status))
		give_up(m, status, "a process could not start, see above");
}

/* ---- time and signals */

static void
reopen_log(struct master *m)
{
	struct err err;

	if (log_reopen(&err) < 0)
		log_error("%s", err.text);
	share_log(m);
}

/* The name was given to another file, or to none: as a rotation of logs does. */
static bool
log_has_moved(const struct master *m)
{
	struct stat st;

	return m->config->log[0] != '\0' &&
	       (stat(m->config->log, &st) < 0 || st.st_ino != m->log_inode);
}

static void
on_tick(void *arg)
{
	struct master *m = arg;

	timer_set(&m->tick, TICK_MS);
	if (m->phase == MASTER_STOPPING) {
		if (++m->stopping_s ==
		    (m->config != NULL ? m->config->limits.stop_ms / 1000 : 0) + STOP_GRACE_S)
			kill_all(m);
		return;
	}
	if (log_has_moved(m))
		reopen_log(m);
	share_log(m);
	for (size_t i = 0; i < m->proc_count; i++)
		proc_watch(&m->procs[i]);
}

static void
on_stop_signal(int number, void *arg)
{
	struct master *m = arg;

	(void)number;
	if (m->phase == MASTER_STOPPING)
		kill_all(m);
	master_stop(m);
}

static void
on_other_signal(int number, void *arg)
{
	struct master *m = arg;

	if (number == SIGUSR1)
		reopen_log(m);
	else
		log_warning(
		    "reload is not there yet: restart the server for a changed configuration");
}

/* ---- beginning and end */

static int
make_shared(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -1;
	return fd;
}

static int
make_memory(struct master *m, struct err *err)
{
	m->counters_fd = make_shared("postern-counters", counters_size());
	m->ledger_fd = make_shared("postern-ledger", ledger_size());
	if (m->counters_fd < 0 || m->ledger_fd < 0)
		return err_errno(err, "cannot make shared memory");
	m->counters = counters_open(m->counters_fd, COUNTERS_WORKERS - 1, err);
	m->ledger = ledger_open(m->ledger_fd, COUNTERS_WORKERS - 1, err);
	return m->counters != NULL && m->ledger != NULL ? 0 : -1;
}

static void
clean_up(struct master *m)
{
	timer_stop(&m->tick);
	control_close(m->control);
	sockets_close(m->sockets);
	loop_destroy(m->loop);
	counters_close(m->counters);
	ledger_close(m->ledger);
	close(m->counters_fd);
	close(m->ledger_fd);
	generation_destroy(m->generation);
	if (m->lock >= 0)
		close(m->lock);
	arena_destroy(m->arena);
}

int
master_run(const struct master_options *options)
{
	struct arena *arena = arena_create(NULL);
	struct master *m = arena_alloc(arena, sizeof *m);
	char path[4096];
	struct err err;
	int code;

	privilege_begin();
	notify_begin();
	m->arena = arena;
	m->options = *options;
	m->lock = -1;
	if (realpath(options->config, path) == NULL) {
		fprintf(stderr, "postern: cannot find the configuration %s: %s\n", options->config,
		    strerror(errno));
		arena_destroy(arena);
		return EX_NOINPUT;
	}
	m->options.config = arena_strdup(arena, path);
	m->loop = loop_create();
	m->began_ms = clock_ms(m->loop);
	timer_init(&m->tick, m->loop, on_tick, m);
	loop_on_signal(m->loop, SIGTERM, on_stop_signal, m);
	loop_on_signal(m->loop, SIGINT, on_stop_signal, m);
	loop_on_signal(m->loop, SIGHUP, on_other_signal, m);
	loop_on_signal(m->loop, SIGUSR1, on_other_signal, m);
	if (make_memory(m, &err) < 0) {
		fprintf(stderr, "postern: %s\n", err.text);
		return EX_OSERR;
	}
	enter(m, MASTER_CHECKING);
	if (m->phase != MASTER_OVER)
		loop_run(m->loop);
	code = m->exit_code;
	clean_up(m);
	return code;
}
