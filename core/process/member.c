/* SPDX-License-Identifier: MIT */
/* member -- a started process' side of things: its privileges, its loop, and what the master says.
 */
#include "core/process/member.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/loop/channel.h"
#include "core/loop/loop.h"
#include "core/loop/timer.h"
#include "core/process/generation.h"
#include "core/process/ledger.h"
#include "core/process/role.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BEAT_MS = 1000, INLINE_MAX = 32 * 1024 };

struct inner {
	struct member member;
	struct channel *channel;
	struct timer beat;
};

static struct inner *
inner(struct member *m)
{
	return (struct inner *)(void *)m;
}

/* ---- what every process understands */

static void
word_stop(struct member *m, struct str rest, const int *fds, size_t count)
{
	(void)rest;
	(void)fds;
	(void)count;
	m->stop(m);
}

/* The log was reopened: its descriptor is ours from now on. */
static void
word_log(struct member *m, struct str rest, const int *fds, size_t count)
{
	(void)m;
	(void)rest;
	if (count == 1)
		dup2(fds[0], STDERR_FILENO);
}

static const struct member_word usual[] = {
	{ "stop", word_stop },
	{ "log", word_log },
	{ NULL, NULL },
};

static const struct member_word *
find_word(const struct member_word *words, struct str word)
{
	for (; words != NULL && words->word != NULL; words++)
		if (str_eq(word, str_of(words->word)))
			return words;
	return NULL;
}

static void
on_message(struct channel *channel, struct str message, const int *fds, size_t count, void *owner)
{
	struct member *m = owner;
	const struct member_word *found;
	struct str word;

	(void)channel;
	if (message.len == 0) {
		log_warning("the master is gone");
		m->stop(m);
		return;
	}
	str_cut(&message, ' ', &word);
	if (word.p + word.len == message.p + message.len)
		message.len = 0;
	found = find_word(usual, word);
	if (found == NULL)
		found = find_word(m->words, word);
	if (found != NULL)
		found->fn(m, message, fds, count);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* ---- what it says */

static void
on_beat(void *arg)
{
	struct inner *i = arg;

	ledger_beat(i->member.ledger);
	timer_set(&i->beat, BEAT_MS);
}

void
member_ready(struct member *m)
{
	channel_send(inner(m)->channel, STR("ready"), NULL, 0);
	on_beat(inner(m));
}

/* What is too long for a packet goes as a piece of memory. */
static void
send_long(struct member *m, struct str id, const char *text)
{
	char head[64];
	int fd = memfd_create("postern-answer", MFD_CLOEXEC);

	snprintf(head, sizeof head, "answer %.*s", STR_FMT(id));
	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		channel_send(inner(m)->channel, str_of(head), &fd, 1);
	if (fd >= 0)
		close(fd);
}

void
member_answer(struct member *m, struct str id, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	struct buf b;

	if (text == NULL)
		return;
	buf_init(&b, CHANNEL_MESSAGE_MAX);
	if (strlen(text) > INLINE_MAX) {
		send_long(m, id, text);
	} else {
		buf_printf(&b, "answer %.*s %s", STR_FMT(id), text);
		channel_send(inner(m)->channel, buf_str(&b), NULL, 0);
	}
	buf_free(&b);
	free(text);
}

/* ---- beginning and end */

/* The master decides when its processes end, also when a terminal sends its signals to all of them.
 */
static void
ignore_signals(void)
{
	static const int theirs[] = { SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
		signal(theirs[i], SIG_IGN);
}

static void
on_terminate(int number, void *arg)
{
	struct member *m = arg;

	(void)number;
	m->stop(m);
}

static void
close_on_exec(void)
{

	for (int fd = ROLE_FD_CHANNEL; fd < ROLE_FD_MODULES + GENERATION_MODULES_MAX; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

struct member *
member_begin(const struct role_args *args, const struct member_word *words,
    void (*stop)(struct member *), void *owner)
{
	struct arena *arena = arena_create(NULL);
	struct inner *i = arena_alloc(arena, sizeof *i);
	struct member *m = &i->member;
	struct err err;

	mem_return_large();
	privilege_begin();
	ignore_signals();
	*m = (struct member){
		.arena = arena, .args = args, .words = words, .stop = stop, .owner = owner
	};
	m->config = generation_open(arena, ROLE_FD_SNAPSHOT, ROLE_FD_MODULES, &err);
	if (m->config == NULL || privilege_drop(&args->who, PRIVILEGE_NONE, &err) < 0 ||
	    (m->ledger = ledger_open(ROLE_FD_LEDGER, args->column, &err)) == NULL) {
		log_error("%s: %s", args->role, err.text);
		arena_destroy(arena);
		return NULL;
	}
	close_on_exec();
	ledger_set_here(m->ledger);
	m->loop = loop_create();
	i->channel = channel_adopt_take(m->loop, ROLE_FD_CHANNEL, on_message, m);
	timer_init(&i->beat, m->loop, on_beat, i);
	loop_on_signal(m->loop, SIGTERM, on_terminate, m);
	return m;
}

void
member_end(struct member *m)
{
	timer_stop(&inner(m)->beat);
	channel_close(inner(m)->channel);
	loop_destroy(m->loop);
	ledger_close(m->ledger);
	arena_destroy(m->arena);
}
