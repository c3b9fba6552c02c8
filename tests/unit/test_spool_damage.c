/* SPDX-License-Identifier: MIT */
/* A small log, damaged at each byte: never a crash, and no more is lost than what was hit. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/loop/loop.h"
#include "core/spool/field.h"
#include "core/spool/log.h"
#include "core/spool/scan.h"
#include "core/spool/segment.h"
#include "core/spool/spool.h"
#include "tests/lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGES = 4, SEGMENT = 64 * 1024 };

static const char *boot = "boot";
static uint64_t incarnation;

/* ---- the log that is damaged: four messages in one segment, the second of them delivered */
static char original[SEGMENT];
static size_t used;

static size_t
add_record(size_t at, enum log_kind kind, struct buf *payload)
{
	memcpy(original + at + LOG_HEADER, payload->p, payload->len);
	log_seal(original + at, kind, payload->len,
	    (struct log_place){ incarnation, (uint32_t)(at / LOG_BLOCK) });
	at += (size_t)log_blocks(payload->len) * LOG_BLOCK;
	buf_clear(payload);
	return at;
}

static void
make_id_of(char *id, size_t i)
{
	snprintf(id, SPOOL_ID_MAX, "message%zu", i);
}

static void
make_log(void)
{
	struct envelope_rcpt rcpt = { .address = STR("user@here.test") };
	struct envelope e = { .sender = STR("a@b.test"), .rcpts = &rcpt, .rcpt_count = 1 };
	struct spool_mark done = { .kind = MARK_DONE, .rcpt = 0 };
	struct buf payload;

	memset(original, 0, sizeof original);
	incarnation = 0x1234;
	buf_init(&payload, SEGMENT);
	record_put_start(&payload,
	    &(struct record_start){ .reads = LOG_VERSION, .boot = str_of(boot), .created_ns = 1 });
	used = add_record(0, LOG_START, &payload);
	for (size_t i = 0; i < MESSAGES; i++) {
		make_id_of(e.id, i);
		record_put_envelope(&payload, 0, &e);
		record_put_text(&payload, STR("Subject: hello\r\n\r\n"));
		while (payload.len < 700)
			record_put_text(&payload,
			    STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxx"
				"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
				"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
				"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
				"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
				"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
				"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"));
		used = add_record(used, LOG_COMMIT, &payload);
		if (i == 1) {
			record_put_mark(&payload, e.id, &done, boot);
			used = add_record(used, LOG_MARKS, &payload);
		}
	}
	buf_free(&payload);
}

/* ---- what a reader finds */
struct seen {
	unsigned messages; /* a bit for each that is live */
	unsigned strange;  /* ids that were never written */
};

static struct seen
read_bytes(struct str bytes)
{
	struct segment_file file = { SEGMENT_MAIN, incarnation, bytes.len };
	struct seen seen = { 0 };
	char id[SPOOL_ID_MAX];
	struct scan scan;

	scan_memory(&scan, &file, bytes);
	for (const struct scan_entry *e = scan.entries; e != NULL; e = e->next) {
		bool known = false;

		for (size_t i = 0; i < MESSAGES; i++) {
			make_id_of(id, i);
			if (strcmp(id, e->id) != 0)
				continue;
			known = true;
			if (e->marks == NULL)
				seen.messages |= 1u << i;
		}
		seen.strange += !known;
	}
	scan_close(&scan);
	return seen;
}

static unsigned
count_bits(unsigned bits)
{
	return (unsigned)__builtin_popcount(bits);
}

enum { ALL = 0xd }; /* the second is delivered */

static void
each_byte_flipped(void)
{
	static char copy[SEGMENT];
	unsigned wrong = 0;

	make_log();
	CHECK_INT(read_bytes((struct str){ original, SEGMENT }).messages, ALL);
	for (size_t at = 0; at < used; at++) {
		struct seen seen;

		memcpy(copy, original, SEGMENT);
		copy[at] ^= (char)(1 + at % 255);
		seen = read_bytes((struct str){ copy, SEGMENT });
		/* One message less, or the delivered one again, where its mark was hit. */
		wrong += seen.strange > 0 || count_bits(seen.messages ^ ALL) > 1;
	}
	CHECK_INT(wrong, 0);
}

static void
each_length(void)
{
	unsigned wrong = 0, last = 0;

	make_log();
	for (size_t len = 0; len <= used; len++) {
		/* A copy of just that size, so that a read behind its end is noticed. */
		struct arena *a = arena_create(NULL);
		struct seen seen = read_bytes((struct str){ arena_copy(a, original, len), len });

		wrong += seen.strange > 0 || (seen.messages & ~(ALL | 2u)) != 0;
		last = seen.messages;
		arena_destroy(a);
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(last, ALL);
}

static void
each_sector_zero(void)
{
	static char copy[SEGMENT];
	unsigned wrong = 0;

	make_log();
	for (size_t at = 0; at < used; at += LOG_BLOCK) {
		struct seen seen;

		memcpy(copy, original, SEGMENT);
		memset(copy + at, 0, LOG_BLOCK);
		seen = read_bytes((struct str){ copy, SEGMENT });
		wrong += seen.strange > 0 || count_bits(seen.messages ^ ALL) > 1;
	}
	CHECK_INT(wrong, 0);
}

static void
an_earlier_use_is_never_read(void)
{
	make_log();
	incarnation++;
	CHECK_INT(read_bytes((struct str){ original, SEGMENT }).messages, 0);
}

/* ---- in a folder: newer versions, damage that is kept, files that are none of ours */
static void
put_log(const char *dir, const char *bytes, size_t len)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/log-0000000000000001", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/log-0000000000000001/main-0000000000001234", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

static void
on_found(struct message *m, void *arg)
{
	(void)m;
	++*(size_t *)arg;
}

static size_t
serve(const char *dir)
{
	struct loop *loop = loop_create();
	size_t found = 0;
	struct err err;
	struct spool *spool = spool_open(loop,
	    &(struct spool_options){ .dir = dir, .boot_id = boot, .segment_bytes = SEGMENT },
	    on_found, &found, &err);

	CHECK(spool != NULL);
	for (int i = 0; i < 5 || loop_busy(loop); i++)
		loop_turn(loop, true, 2);
	spool_close(spool);
	loop_destroy(loop);
	return found;
}

static void
count_line(const char *line, void *arg)
{
	(void)line;
	++*(size_t *)arg;
}

static void
damage_is_reported_and_kept(void)
{
	const char *dir = check_folder();
	char spool_dir[256], path[512];
	size_t lines = 0;

	snprintf(spool_dir, sizeof spool_dir, "%s", dir);
	make_log();
	original[LOG_BLOCK + 100] ^= 1; /* in the first message */
	put_log(spool_dir, original, SEGMENT);
	CHECK_INT(spool_check(spool_dir, count_line, &lines, NULL), 1);
	CHECK_INT(lines, 1);
	CHECK_INT(serve(spool_dir), 2);
	snprintf(path, sizeof path, "%s/corrupt/log-0000000000000001-main-0000000000001234-1",
	    spool_dir);
	CHECK_INT(access(path, R_OK), 0);
}

static void
a_newer_version_is_left_alone(void)
{
	const char *dir = check_folder();
	char spool_dir[256], path[512];
	struct buf payload;
	struct stat st;

	snprintf(spool_dir, sizeof spool_dir, "%s", dir);
	make_log();
	buf_init(&payload, SEGMENT);
	record_put_start(
	    &payload, &(struct record_start){ .reads = LOG_VERSION + 1, .boot = str_of(boot) });
	add_record(0, LOG_START, &payload);
	buf_free(&payload);
	put_log(spool_dir, original, SEGMENT);
	CHECK_INT(serve(spool_dir), 0);
	snprintf(path, sizeof path, "%s/log-0000000000000001/main-0000000000001234", spool_dir);
	CHECK(stat(path, &st) == 0 && st.st_size == SEGMENT);
	CHECK_INT(spool_check(spool_dir, count_line, &(size_t){ 0 }, NULL), 1);
}

static void
strange_files_do_no_harm(void)
{
	static const char *const names[] = { "main-", "main-zzzz", "main-00000000000000ff",
		"spare-0000000000000010", "deferred-0000000000000099" };
	const char *dir = check_folder();
	char spool_dir[256], path[512];

	snprintf(spool_dir, sizeof spool_dir, "%s", dir);
	make_log();
	put_log(spool_dir, original, SEGMENT);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/log-0000000000000001/%s", spool_dir, names[i]);
		if (i % 2 == 0)
			CHECK_INT(symlink("/etc/passwd", path), 0);
		else
			CHECK_INT(mkdir(path, 0700), 0);
	}
	CHECK_INT(spool_check(spool_dir, count_line, &(size_t){ 0 }, NULL), 0);
	CHECK_INT(serve(spool_dir), 3);
}

void
suite_spool_damage(void)
{
	static const struct test tests[] = {
		{ "each byte flipped costs one record at most", each_byte_flipped },
		{ "a log cut at each length is read as far as it goes", each_length },
		{ "each sector zeroed costs one record at most", each_sector_zero },
		{ "what an earlier use of the segment left is never read",
		    an_earlier_use_is_never_read },
		{ "damage is reported, and kept for a person", damage_is_reported_and_kept },
		{ "a log of a newer version is left alone", a_newer_version_is_left_alone },
		{ "strange files in a log's folder do no harm", strange_files_do_no_harm },
	};

	CHECK_SUITE("spool_damage", tests);
}
