/* SPDX-License-Identifier: MIT */
/*
 * bench_spool -- durable commits a second of 4 KiB messages, beside the bare system calls.
 *
 *	bench_spool [DIR [SECONDS]]      DIR: on a journaled file system; here where none is given
 */
#include "core/loop/loop.h"
#include "core/spool/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 4096, RECORD = 4608 + 512 };

static struct loop *loop;
static struct spool *spool;
static char text[1 << 20];
static size_t text_size = TEXT;
static uint64_t commits;
static bool stopping;
static unsigned flying;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void start_one(void *arg);

static void
on_done(enum spool_result result, void *arg)
{
	if (result != SPOOL_OK) {
		fprintf(stderr, "bench_spool: a commit was refused\n");
		exit(1);
	}
	commits++;
	flying--;
	if (!stopping)
		loop_defer(loop, start_one, arg);
}

static void
start_one(void *arg)
{
	struct envelope_rcpt rcpt = { .address = STR("user@example.test") };
	struct envelope e = { .sender = STR("sender@remote.test"),
		.via = STR("smtp"),
		.helo = STR("client.test"),
		.rcpts = &rcpt,
		.rcpt_count = 1 };
	struct body *b = body_create(spool);

	body_add(b, text, text_size, NULL);
	spool_make_id(spool, e.id);
	flying++;
	spool_commit(spool,
	    &(struct spool_commit){
		.envelope = &e, .head = STR("Received: from client.test\r\n"), .body = b },
	    on_done, arg);
}

/* Each message is over at once, so that the log is used again as a server's is. */
static void
on_found(struct message *m, void *arg)
{
	(void)arg;
	spool_mark(
	    spool, &(struct spool_mark){ .kind = MARK_DONE, .message = m, .rcpt = SIZE_MAX });
}

static void
measure(const char *name, unsigned sessions, double length)
{
	double began, used;
	uint64_t before;

	stopping = false;
	for (unsigned i = 0; i < sessions; i++)
		start_one(NULL);
	for (began = seconds(); seconds() - began < 0.5;)
		loop_turn(loop, true, 10);
	began = seconds();
	used = cpu();
	before = commits;
	while (seconds() - began < length)
		loop_turn(loop, true, 10);
	printf("%s %.0f commits/s\n%s_cpu %.4f s/1000\n", name,
	    (double)(commits - before) / (seconds() - began), name,
	    (cpu() - used) * 1000 / (double)(commits - before));
	stopping = true;
	while (flying > 0)
		loop_turn(loop, true, 10);
}

/* The bare calls: batches of the same bytes into a pre-written file that is used again. */
static void
measure_floor(const char *name, const char *dir, unsigned batch, double length)
{
	enum { FILE_SIZE = 16 << 20 };
	static char zeros[1 << 20];
	char path[4096];
	uint64_t at = 0, count = 0;
	double began;
	int fd;

	snprintf(path, sizeof path, "%s/floor", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (size_t i = 0; i < FILE_SIZE; i += sizeof zeros)
		if (pwrite(fd, zeros, sizeof zeros, (off_t)i) < 0)
			exit(1);
	fsync(fd);
	for (began = seconds(); seconds() - began < length; count += batch) {
		if (at + batch * RECORD > FILE_SIZE)
			at = 0;
		for (unsigned sent = 0; sent < batch;) {
			unsigned now = batch - sent < 128 ? batch - sent : 128;

			if (pwrite(fd, text, (size_t)now * RECORD, (off_t)at) < 0)
				exit(1);
			at += (uint64_t)now * RECORD;
			sent += now;
		}
		fdatasync(fd);
	}
	printf("%s %.0f commits/s\n", name, (double)count / (seconds() - began));
	close(fd);
	unlink(path);
}

int
main(int argc, char **argv)
{
	double length = argc > 2 ? strtod(argv[2], NULL) : 3;
	char here[] = "bench-spool-XXXXXX", dir[4096];
	const char *folder = argc > 1 ? argv[1] : mkdtemp(here);
	struct err err;

	if (folder == NULL)
		return 1;
	memset(text, 'x', sizeof text);
	setvbuf(stdout, NULL, _IOLBF, 0);
	measure_floor("spool_floor_1", folder, 1, length);
	measure_floor("spool_floor_100", folder, 100, length);
	snprintf(dir, sizeof dir, "%s/spool", folder);
	loop = loop_create();
	spool = spool_open(loop, &(struct spool_options){ .dir = dir }, on_found, NULL, &err);
	if (spool == NULL) {
		fprintf(stderr, "bench_spool: %s\n", err.text);
		return 1;
	}
	measure("spool_commit_1", 1, length);
	measure("spool_commit_100", 100, length);
	text_size = 1 << 20;
	measure("spool_commit_1MiB_20", 20, length);
	spool_close(spool);
	loop_destroy(loop);
	rmdir(dir);
	if (argc < 2)
		rmdir(folder);
	return 0;
}
