/* SPDX-License-Identifier: MIT */
/* master -- the process that an administrator starts: it starts, watches and ends the others. */
#include "core/process/master_inner.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/process/control.h"
#include "core/process/generation.h"
#include "core/process/ledger.h"
#include "core/process/notify.h"
#include "core/process/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

enum { STOP_GRACE_S = 10 };

void
master_give_up(struct master *m, int code, const char *why)
{
	if (why != NULL)
		log_error("%s", why);
	if (m->exit_code == EX_OK)
		m->exit_code = code;
	master_enter(m, MASTER_STOPPING);
}

/* ---- SERVING */

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
		master_enter(m, MASTER_OVER);
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
	timer_set(&m->tick, MASTER_TICK_MS);
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
		master_enter(m, MASTER_STOPPING);
}

/* ---- the phases */

static void (*const begin[])(struct master *) = {
	[MASTER_CHECKING] = master_begin_checking,
	[MASTER_RECOVERING] = master_begin_recovering,
	[MASTER_STARTING] = master_begin_starting,
	[MASTER_SERVING] = begin_serving,
	[MASTER_STOPPING] = begin_stopping,
	[MASTER_OVER] = begin_over,
};

void
master_enter(struct master *m, enum master_phase phase)
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
		master_on_snapshot(m, message, fds, count);
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
		master_checker_ended(m, status, signal);
	else if (p == &m->once)
		master_recovery_ended(m, status, signal);
	else if (signal == 0 && is_refusal(m, p, status))
		master_give_up(m, status, "a process could not start, see above");
}

/* ---- time and signals */

static void
on_tick(void *arg)
{
	struct master *m = arg;

	timer_set(&m->tick, MASTER_TICK_MS);
	if (m->phase == MASTER_STOPPING) {
		if (++m->stopping_s ==
		    (m->config != NULL ? m->config->limits.stop_ms / 1000 : 0) + STOP_GRACE_S)
			kill_all(m);
		return;
	}
	master_follow_log(m);
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
		master_reopen_log(m);
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
	privilege_keep_few();
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
	master_enter(m, MASTER_CHECKING);
	if (m->phase != MASTER_OVER)
		loop_run(m->loop);
	code = m->exit_code;
	clean_up(m);
	return code;
}
