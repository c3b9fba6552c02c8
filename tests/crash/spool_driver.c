/* SPDX-License-Identifier: MIT */
/*
 * spool_driver -- accepts, delivers and forgets messages, and says what it acknowledged; to be killed.
 *
 *	spool_driver run DIR COUNT     accept COUNT messages, deliver some, let others wait, end
 *	spool_driver drain DIR         deliver whatever is found, until nothing is left
 *
 * On stdout, unbuffered, one line each: "ok ID", "failed ID", "delivered ID". The text of message
 * ID is ID and a newline, again and again, so that whoever reads it can tell what is missing.
 */
#include "core/base/crc32c.h"
#include "core/loop/loop.h"
#include "core/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL = 3000, LARGE = 150 * 1000, TURNS = 20000, WAVE = 8 };

static struct loop *loop;
static struct spool *spool;
static char maildir[1024];
static bool draining;
static size_t answered, held;
static int checkpointed;

struct committed {
	char id[SPOOL_ID_MAX];
};

static void
say(const char *what, const char *id)
{
	char line[64];
	int len = snprintf(line, sizeof line, "%s %s\n", what, id);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(3);
}

static void
die(const char *what)
{
	fprintf(stderr, "spool_driver: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- delivery, as a deliverer does it: tmp, rename, no sync; the same name is the same message */
static uint32_t
copy_text(struct message *m, int fd)
{
	char chunk[8192];
	uint64_t at = 0;
	uint32_t crc = 0;
	struct err err;
	int64_t got;

	while ((got = message_read(m, at, chunk, sizeof chunk, &err)) > 0) {
		if (write(fd, chunk, (size_t)got) != got)
			die("write");
		crc = crc32c(crc, chunk, (size_t)got);
		at += (uint64_t)got;
	}
	if (got < 0) {
		fprintf(stderr, "spool_driver: %s\n", err.text);
		exit(2);
	}
	return crc;
}

static void
deliver(struct message *m)
{
	char tmp[1200], to[1200], base[64];
	uint32_t crc;
	int fd;

	snprintf(base, sizeof base, "%s.r0", message_id(m));
	snprintf(tmp, sizeof tmp, "%s/tmp/%s", maildir, base);
	snprintf(to, sizeof to, "%s/new/%s", maildir, base);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die(tmp);
	crc = copy_text(m, fd);
	close(fd);
	if (rename(tmp, to) < 0)
		die(to);
	say("delivered", message_id(m));
	spool_mark(spool, &(struct spool_mark){ .kind = MARK_DONE,
			      .message = m,
			      .rcpt = SIZE_MAX,
			      .mailbox = { maildir, strlen(maildir) },
			      .base_name = str_of(base),
			      .size = message_size(m),
			      .crc = crc });
	message_unref(m);
}

static void
on_ready(struct message *m, int result, void *arg)
{
	(void)arg;
	if (result < 0)
		exit(2);
	held--;
	deliver(m);
}

/* Every third message has to wait; when draining, none. */
static void
on_found(struct message *m, void *arg)
{
	static unsigned count;

	(void)arg;
	message_ref(m);
	if (!draining && count++ % 3 == 0 && message_envelope(m) != NULL) {
		spool_mark(spool, &(struct spool_mark){ .kind = MARK_DEFER,
				      .message = m,
				      .rcpt = SIZE_MAX,
				      .attempts = 1,
				      .next_ns = 1,
				      .text = STR("later") });
		message_rest(m);
		message_unref(m);
	} else if (message_envelope(m) != NULL) {
		deliver(m);
	} else {
		held++;
		message_load(m, on_ready, NULL);
	}
}

/* ---- acceptance */
static void
on_done(enum spool_result result, void *arg)
{
	struct committed *c = arg;

	say(result == SPOOL_OK ? "ok" : "failed", c->id);
	answered++;
	free(c);
}

static void
accept_one(size_t i)
{
	struct committed *c = calloc(1, sizeof *c);
	struct envelope_rcpt rcpt = { .address = STR("x@here.test") };
	struct envelope e = { .sender = STR("a@b.test"), .rcpts = &rcpt, .rcpt_count = 1 };
	size_t size = i % 5 == 4 ? LARGE : SMALL;
	struct body *b = body_create(spool);
	char line[64];

	spool_make_id(spool, c->id);
	memcpy(e.id, c->id, sizeof e.id);
	snprintf(line, sizeof line, "%s\n", c->id);
	for (size_t n = 0; n < size; n += strlen(line))
		if (body_add(b, line, strlen(line), NULL) < 0)
			break;
	if (i % 11 == 10) {
		body_discard(b);
		say("failed", c->id);
		free(c);
		answered++;
		return;
	}
	spool_commit(spool,
	    &(struct spool_commit){ .envelope = &e, .head = { line, strlen(line) }, .body = b },
	    on_done, c);
}

static void
turn_until_answered(size_t count)
{
	for (int i = 0; i < TURNS && answered < count; i++)
		loop_turn(loop, true, 5);
}

/* What waits in timers besides: 30 ms for marks. */
static void
settle_down(void)
{
	for (int i = 0; i < 20 || held > 0 || loop_busy(loop); i++)
		loop_turn(loop, true, 5);
}

static void
on_checkpoint(int result, void *arg)
{
	(void)result, (void)arg;
	checkpointed++;
}

static void
checkpoint(void)
{
	int want = checkpointed + 1;

	spool_checkpoint(spool, on_checkpoint, NULL);
	for (int i = 0; i < TURNS / 10 && checkpointed < want; i++)
		loop_turn(loop, true, 5);
}

static void
make_maildir(const char *dir)
{
	static const char *const subs[] = { "", "/new", "/cur", "/tmp" };
	char path[1200];

	snprintf(maildir, sizeof maildir, "%s/Maildir", dir);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s%s", maildir, subs[i]);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			die(path);
	}
}

static void
open_spool(const char *dir)
{
	static char path[1200];
	struct err err;

	snprintf(path, sizeof path, "%s/spool", dir);
	/* As the master does before any mailbox is opened; POSTERN_BOOT stands for another boot. */
	if (spool_settle(path, getenv("POSTERN_BOOT"), &err) < 0)
		fprintf(stderr, "spool_driver: %s\n", err.text);
	loop = loop_create();
	spool = spool_open(loop,
	    &(struct spool_options){ .dir = path,
		.reserve_bytes = 1,
		.segment_bytes = 64 * 1024,
		.boot_id = getenv("POSTERN_BOOT") },
	    on_found, NULL, &err);
	if (spool == NULL) {
		fprintf(stderr, "spool_driver: %s\n", err.text);
		exit(2);
	}
	spool_mail_root(spool, maildir, &err);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	if (argc < 3)
		return 64;
	draining = strcmp(argv[1], "drain") == 0;
	make_maildir(argv[2]);
	open_spool(argv[2]);
	for (size_t i = 0; i < count; i++) {
		accept_one(i);
		if (i % WAVE == WAVE - 1)
			turn_until_answered(i + 1);
		if (i % (4 * WAVE) == 0)
			checkpoint();
	}
	turn_until_answered(count);
	settle_down();
	checkpoint();
	settle_down();
	spool_close(spool);
	loop_destroy(loop);
	return 0;
}
