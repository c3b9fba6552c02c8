/* SPDX-License-Identifier: MIT */
/* proc -- one process that the master started: kept alive, watched, ended. */
#include "core/process/proc.h"

#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/loop/channel.h"
#include "core/loop/child.h"
#include "core/loop/clock.h"
#include "core/loop/loop.h"
#include "core/process/generation.h"
#include "core/process/ledger.h"
#include "core/process/master_inner.h"
#include "core/process/role.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
proc_init(struct proc *p, struct master *m, const char *role, unsigned number, unsigned column)
{
	*p = (struct proc){ .master = m, .role = role, .number = number, .column = column };
}

const char *
proc_state_name(enum proc_state state)
{
	static const char *const names[] = { "down", "starting", "ready", "stopping" };

	return names[state];
}

pid_t
proc_pid(const struct proc *p)
{
	return p->child != NULL ? child_pid(p->child) : 0;
}

/* Every change of state happens here. */
static void
become(struct proc *p, enum proc_state state)
{
	log_debug("%s/%u: %s, now %s", p->role, p->number, proc_state_name(p->state),
	    proc_state_name(state));
	p->state = state;
	p->silent_s = 0;
}

/* ---- what it says, and that it ends */

static void
disconnect(struct proc *p)
{
	if (p->channel != NULL)
		channel_close(p->channel);
	p->channel = NULL;
}

static void
on_message(struct channel *channel, struct str message, const int *fds, size_t count, void *owner)
{
	struct proc *p = owner;

	(void)channel;
	if (message.len == 0) {
		disconnect(p);
		return;
	}
	if (str_eq(message, STR("ready")) && p->state == PROC_STARTING) {
		become(p, PROC_READY);
		master_on_ready(p->master, p);
	} else {
		master_on_message(p->master, p, message, fds, count);
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static void
log_what_it_did(const struct proc *p, struct log_line *l)
{
	struct ledger_entry last;
	char client[IP_TEXT_MAX];

	if (!ledger_last(p->master->ledger, p->column, &last))
		return;
	log_text(l, "by", last.by);
	log_text(l, "stage", last.what);
	log_text(l, "client", ip_print(&last.client, client));
	if (clock_ms(p->master->loop) > last.since_ms)
		log_seconds(l, "for", (int64_t)(clock_ms(p->master->loop) - last.since_ms));
}

static const char *
message_of(const struct proc *p)
{
	static struct ledger_entry last;

	return ledger_last(p->master->ledger, p->column, &last) ? last.id : "";
}

static void
log_end_of(const struct proc *p, pid_t pid, int status, int signal)
{
	struct log_line l;
	char name[64];

	snprintf(name, sizeof name, "%s/%u", p->role, p->number);
	log_begin(&l, message_of(p), "crashed");
	log_text(&l, "process", name);
	log_int(&l, "pid", pid);
	if (signal != 0)
		log_text(&l, "signal", sigabbrev_np(signal));
	else
		log_int(&l, "status", status);
	log_what_it_did(p, &l);
	log_int(&l, "restarts", p->restarts);
	log_end(&l);
}

/* At once the first time, then after longer and longer pauses. */
static uint64_t
pause_ms(unsigned ends)
{
	static const unsigned seconds[] = { 0, 1, 2, 4, 8, 16, 32, 60 };
	const unsigned last = sizeof seconds / sizeof seconds[0] - 1;

	return seconds[ends < last ? ends : last] * 1000ULL;
}

static void
start_again(void *arg)
{
	struct proc *p = arg;
	struct err err;

	if (proc_start(p, &err) == 0)
		return;
	log_error("%s", err.text);
	timer_set(&p->again, pause_ms(p->ends++));
}

static void
on_ended(struct child *child, int status, int signal, void *owner)
{
	struct proc *p = owner;
	struct master *m = p->master;
	bool wanted = p->state == PROC_STOPPING || p->once;
	pid_t pid = child_pid(child);

	p->child = NULL;
	if (p->once && p->channel != NULL) /* its end may be known before its last words */
		channel_drain(p->channel);
	disconnect(p);
	if (!wanted)
		log_end_of(p, pid, status, signal);
	become(p, PROC_DOWN);
	if (!p->once) {
		counters_clear_column(m->counters, p->column);
		ledger_clear_column(m->ledger, p->column);
	}
	if (!wanted && m->phase < MASTER_STOPPING) {
		if (clock_ms(m->loop) - p->began_ms > PROC_STABLE_MS)
			p->ends = 0;
		timer_set(&p->again, pause_ms(p->ends++));
		p->restarts++;
	}
	master_on_ended(m, p, status, signal);
}

/* ---- starting */

/* Descriptors of the new process, in the order of `enum role_fd`. */
static size_t
gather(const struct proc *p, int channel, int *fds)
{
	const struct generation *g = p->master->generation;
	size_t n = 0;

	fds[n++] = -1;
	fds[n++] = -1;
	fds[n++] = log_fd();
	fds[n++] = channel;
	fds[n++] = g != NULL ? g->snapshot : -1;
	fds[n++] = p->master->counters_fd;
	fds[n++] = p->master->ledger_fd;
	assert(n == ROLE_FD_MODULES);
	for (size_t i = 0; g != NULL && i < g->module_count; i++)
		fds[n++] = g->modules[i];
	return n;
}

int
proc_start(struct proc *p, struct err *err)
{
	struct master *m = p->master;
	struct arena *arena = arena_create(NULL);
	struct role_args args = { .role = p->role,
		.config = m->options.config,
		.column = p->column,
		.retry_scale = m->options.retry_scale,
		.who = p->who };
	int fds[ROLE_FD_MODULES + GENERATION_MODULES_MAX], ends[2];
	struct child_options options = { .file = "/proc/self/exe",
		.argv = role_argv(arena, &args),
		.env = environ,
		.fds = fds,
		.ended = on_ended,
		.owner = p };

	assert(p->state == PROC_DOWN && p->child == NULL);
	timer_init(&p->again, m->loop, start_again, p);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		arena_destroy(arena);
		return err_errno(err, "cannot make a channel for %s/%u", p->role, p->number);
	}
	options.fd_count = gather(p, ends[1], fds);
	p->child = child_start(m->loop, &options, err);
	close(ends[1]);
	arena_destroy(arena);
	if (p->child == NULL) {
		close(ends[0]);
		return -1;
	}
	p->channel = channel_adopt_take(m->loop, ends[0], on_message, p);
	p->began_ms = clock_ms(m->loop);
	p->beats = 0;
	become(p, PROC_STARTING);
	return 0;
}

int
proc_send(struct proc *p, const char *text, const int *fds, size_t count)
{
	return p->channel != NULL ? channel_send(p->channel, str_of(text), fds, count) : -1;
}

/* ---- ending */

void
proc_stop(struct proc *p)
{
	timer_stop(&p->again);
	if (p->state == PROC_DOWN || p->state == PROC_STOPPING)
		return;
	become(p, PROC_STOPPING);
	if (p->once || proc_send(p, "stop", NULL, 0) < 0)
		proc_signal(p, SIGTERM);
}

void
proc_signal(struct proc *p, int signal)
{
	if (p->child != NULL)
		child_signal(p->child, signal);
}

/* A loop that does not turn: ask for its stack by SIGABRT, then take it away. */
static void
judge(struct proc *p, unsigned patience_s, const char *what)
{
	if (p->silent_s == patience_s) {
		log_error("%s/%u (process %ld) %s for %u seconds: aborted", p->role, p->number,
		    (long)proc_pid(p), what, patience_s);
		proc_signal(p, SIGABRT);
	} else if (p->silent_s >= patience_s + PROC_ABORT_S) {
		proc_signal(p, SIGKILL);
	}
}

void
proc_watch(struct proc *p)
{
	uint64_t beats;

	if (p->child == NULL || p->state == PROC_STOPPING)
		return;
	beats = ledger_beats(p->master->ledger, p->column);
	/* Counted in our own turns: where we did not run either, nobody is blamed. */
	p->silent_s = beats == p->beats ? p->silent_s + 1 : 0;
	p->beats = beats;
	if (p->state == PROC_READY)
		judge(p, PROC_SILENT_S, "does not answer");
	else if (p->state == PROC_STARTING)
		judge(p, PROC_START_S, "does not get ready");
}
