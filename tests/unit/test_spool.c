/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/crc32c.h"
#include "core/loop/loop.h"
#include "core/spool/envelope.h"
#include "core/spool/segment.h"
#include "core/spool/spool.h"
#include "tests/lib/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOUND_MAX = 5000, TURNS_MAX = 100000 };

/* One life of a spool: what it answered and what it found. */
struct life {
	struct loop *loop;
	struct spool *spool;
	struct message *found[FOUND_MAX];
	size_t count;
	size_t ok, full, failed;
	int checkpoints;
};

static const char *boot = "boot-one";

static void
on_found(struct message *m, void *arg)
{
	struct life *l = arg;

	if (l->count < FOUND_MAX)
		l->found[l->count++] = message_ref(m);
}

static void
begin(struct life *l, const char *dir)
{
	struct err err;

	*l = (struct life){ .loop = loop_create() };
	l->spool = spool_open(l->loop,
	    &(struct spool_options){
		.dir = dir, .reserve_bytes = 1, .segment_bytes = 256 * 1024, .boot_id = boot },
	    on_found, l, &err);
	CHECK(l->spool != NULL);
}

static void
end(struct life *l)
{
	spool_close(l->spool);
	loop_destroy(l->loop);
}

/* Turn the loop until `*what` has reached `enough`. */
static void
turn_until(struct life *l, const size_t *what, size_t enough)
{
	for (int i = 0; i < TURNS_MAX && *what < enough; i++)
		loop_turn(l->loop, true, 10);
	CHECK_INT(*what, enough);
}

static void
on_done(enum spool_result result, void *arg)
{
	struct life *l = arg;

	l->ok += result == SPOOL_OK;
	l->full += result == SPOOL_FULL;
	l->failed += result == SPOOL_FAILED;
}

static void
commit(struct life *l, const char *to, struct str head, struct body *body, uint64_t skip)
{
	struct envelope_rcpt rcpts[2] = { { .address = str_of(to) },
		{ .address = STR("second@here.test") } };
	struct envelope e = { .sender = STR("a@b.test"),
		.rcpts = rcpts,
		.rcpt_count = strchr(to, '+') != NULL ? 2 : 1 };

	spool_make_id(l->spool, e.id);
	spool_commit(l->spool,
	    &(struct spool_commit){ .envelope = &e, .head = head, .body = body, .skip = skip },
	    on_done, l);
}

static struct body *
body_of(struct life *l, size_t size)
{
	struct body *b = body_create(l->spool);
	char line[1000];

	for (size_t i = 0; i < size; i += sizeof line) {
		memset(line, 'a' + (int)(i / sizeof line % 26), sizeof line);
		CHECK_INT(
		    body_add(b, line, size - i < sizeof line ? size - i : sizeof line, NULL), 0);
	}
	return b;
}

static size_t loaded;

static void
on_ready(struct message *m, int result, void *arg)
{
	(void)m, (void)arg;
	CHECK_INT(result, 0);
	loaded++;
}

static void
load(struct life *l, struct message *m)
{
	size_t want = loaded + 1;

	if (message_envelope(m) != NULL)
		return;
	message_load(m, on_ready, NULL);
	turn_until(l, &loaded, want);
}

static void
check_text(struct message *m, struct str head, size_t size)
{
	struct buf text;
	char chunk[777];
	struct err err;
	int64_t got;

	buf_init(&text, 10 << 20);
	while ((got = message_read(m, text.len, chunk, sizeof chunk, &err)) > 0)
		buf_add(&text, chunk, (size_t)got);
	CHECK_INT(got, 0);
	CHECK_INT(text.len, head.len + size);
	CHECK_INT(message_size(m), head.len + size);
	if (text.len == head.len + size) {
		CHECK_STR(((struct str){ text.p, head.len }), head);
		CHECK(size == 0 || text.p[head.len] == 'a');
		CHECK(size <= 1000 || text.p[head.len + 1000] == 'b');
		CHECK_INT(text.p[text.len - 1], 'a' + (int)((size - 1) / 1000 % 26));
	}
	buf_free(&text);
}

static void
mark(struct life *l, struct message *m, enum mark_kind kind)
{
	spool_mark(l->spool, &(struct spool_mark){ .kind = kind,
				 .message = m,
				 .rcpt = SIZE_MAX,
				 .next_ns = 4711,
				 .attempts = 1,
				 .text = STR("why") });
}

static int
count_one(const struct envelope *e, const char *log, void *arg)
{
	(void)e, (void)log;
	++*(size_t *)arg;
	return 0;
}

static size_t
count_queued(const char *dir)
{
	size_t count = 0;

	CHECK_INT(spool_scan(dir, count_one, &count, NULL), 0);
	return count;
}

static void
print_line(const char *line, void *arg)
{
	(void)arg;
	printf("  %s\n", line);
}

static char *
copy_of(const char *path)
{
	static char kept[16][64];
	static unsigned n;

	return strcpy(kept[n++ % 16], path);
}

/* ---- */
static void
a_small_message_is_found_again(void)
{
	const char *dir = copy_of(check_folder());
	struct life l;

	begin(&l, dir);
	commit(&l, "x@here.test", STR("Received: us\r\n"), body_of(&l, 4096), 0);
	turn_until(&l, &l.ok, 1);
	CHECK_INT(l.count, 1);
	check_text(l.found[0], STR("Received: us\r\n"), 4096);
	end(&l);
	CHECK_INT(count_queued(dir), 1);
	CHECK_INT(spool_check(dir, print_line, NULL, NULL), 0);
	begin(&l, dir);
	turn_until(&l, &l.count, 1);
	load(&l, l.found[0]);
	CHECK_TEXT(message_envelope(l.found[0])->rcpts[0].address.p, "x@here.test");
	check_text(l.found[0], STR("Received: us\r\n"), 4096);
	mark(&l, l.found[0], MARK_DONE);
	end(&l);
	CHECK_INT(count_queued(dir), 0);
}

static void
a_large_body_has_its_own_file(void)
{
	const char *dir = copy_of(check_folder());
	struct life l;

	begin(&l, dir);
	commit(&l, "x@here.test", STR("H: 1\r\n"), body_of(&l, 1000 * 1000), 0);
	turn_until(&l, &l.ok, 1);
	check_text(l.found[0], STR("H: 1\r\n"), 1000 * 1000);
	end(&l);
	CHECK_INT(spool_check(dir, print_line, NULL, NULL), 0);
	begin(&l, dir);
	turn_until(&l, &l.count, 1);
	load(&l, l.found[0]);
	check_text(l.found[0], STR("H: 1\r\n"), 1000 * 1000);
	end(&l);
}

static void
a_head_replaces_the_first_bytes(void)
{
	const char *dir = copy_of(check_folder());
	size_t sizes[] = { 5000, 100 * 1000 };

	for (size_t i = 0; i < 2; i++) {
		struct body *b;
		struct life l;

		begin(&l, dir);
		b = body_create(l.spool);
		body_add(b, "Old: header\r\n", 13, NULL);
		for (size_t n = 0; n < sizes[i]; n += 1000) {
			char line[1000];

			memset(line, 'a' + (int)(n / 1000 % 26), sizeof line);
			body_add(b, line, sizeof line, NULL);
		}
		commit(&l, "x@here.test", STR("New\r\n"), b, 13);
		turn_until(&l, &l.ok, 1);
		turn_until(&l, &l.count, 1);
		check_text(l.found[0], STR("New\r\n"), sizes[i]);
		end(&l);
		begin(&l, dir);
		turn_until(&l, &l.count, 1);
		load(&l, l.found[0]);
		check_text(l.found[0], STR("New\r\n"), sizes[i]);
		mark(&l, l.found[0], MARK_DELETE);
		end(&l);
	}
}

static void
count_files(const char *path, size_t *count)
{
	DIR *dir = opendir(path);
	char sub[512];
	struct dirent *e;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		++*count;
		if (e->d_type == DT_DIR)
			count_files(sub, count);
	}
	closedir(dir);
}

static void
a_discarded_body_leaves_nothing(void)
{
	const char *dir = copy_of(check_folder());
	size_t files = 0;
	struct body *b;
	struct life l;

	begin(&l, dir);
	b = body_of(&l, 500 * 1000);
	for (int i = 0; i < 10; i++)
		loop_turn(l.loop, true, 5);
	body_discard(b);
	while (loop_busy(l.loop))
		loop_turn(l.loop, true, 5);
	end(&l);
	count_files(dir, &files);
	CHECK_INT(files, 0);
}

static void
many_messages_fill_many_segments(void)
{
	const char *dir = copy_of(check_folder());
	struct spool_stats stats;
	struct life l;

	begin(&l, dir);
	for (int i = 0; i < 1000; i++)
		commit(&l, "x@here.test", STR("H: 1\r\n"), body_of(&l, 3000), 0);
	turn_until(&l, &l.ok, 1000);
	spool_stats(l.spool, &stats);
	CHECK_INT(stats.messages, 1000);
	CHECK(stats.commit_batches < 100);
	end(&l);
	CHECK_INT(count_queued(dir), 1000);
	begin(&l, dir);
	turn_until(&l, &l.count, 1000);
	for (size_t i = 0; i < 1000; i++) {
		load(&l, l.found[i]);
		check_text(l.found[i], STR("H: 1\r\n"), 3000);
		mark(&l, l.found[i], MARK_DONE);
	}
	end(&l);
	CHECK_INT(count_queued(dir), 0);
}

static void
marks_change_the_envelope_and_last(void)
{
	const char *dir = copy_of(check_folder());
	const struct envelope *e;
	struct life l;

	begin(&l, dir);
	commit(&l, "x+y@here.test", STR("H: 1\r\n"), NULL, 0);
	turn_until(&l, &l.count, 1);
	spool_mark(
	    l.spool, &(struct spool_mark){ .kind = MARK_DONE, .message = l.found[0], .rcpt = 0 });
	spool_mark(l.spool, &(struct spool_mark){ .kind = MARK_DEFER,
				.message = l.found[0],
				.rcpt = 1,
				.next_ns = 99,
				.attempts = 3,
				.warned = true,
				.text = STR("450 later") });
	CHECK_INT(message_next_ns(l.found[0]), 99);
	message_rest(l.found[0]);
	for (int i = 0; i < 2000 && message_envelope(l.found[0]) != NULL; i++) {
		message_rest(l.found[0]);
		loop_turn(l.loop, true, 10);
	}
	CHECK(message_envelope(l.found[0]) == NULL);
	load(&l, l.found[0]);
	e = message_envelope(l.found[0]);
	CHECK_INT(e->rcpts[0].state, RCPT_DELIVERED);
	CHECK_INT(e->rcpts[1].attempts, 3);
	CHECK_STR(e->rcpts[1].last, STR("450 later"));
	spool_mark(l.spool,
	    &(struct spool_mark){
		.kind = MARK_PARK, .message = l.found[0], .rcpt = 1, .text = STR("held") });
	end(&l);
	begin(&l, dir);
	turn_until(&l, &l.count, 1);
	load(&l, l.found[0]);
	e = message_envelope(l.found[0]);
	CHECK_INT(e->rcpts[0].state, RCPT_DELIVERED);
	CHECK_INT(e->rcpts[1].state, RCPT_PARKED);
	CHECK(e->rcpts[1].warned);
	CHECK_STR(e->rcpts[1].last, STR("held"));
	end(&l);
}

static void
a_notification_and_its_marks_are_one(void)
{
	const char *dir = copy_of(check_folder());
	struct envelope_rcpt rcpt = { .address = STR("sender@far.test") };
	struct envelope e = { .rcpts = &rcpt, .rcpt_count = 1, .is_notification = true };
	struct spool_mark failed = { .kind = MARK_FAIL, .rcpt = 0, .text = STR("550 no") };
	struct life l;

	begin(&l, dir);
	commit(&l, "x@here.test", STR("H: 1\r\n"), NULL, 0);
	turn_until(&l, &l.count, 1);
	spool_make_id(l.spool, e.id);
	failed.message = l.found[0];
	spool_commit(l.spool,
	    &(struct spool_commit){
		.envelope = &e, .head = STR("dsn\r\n"), .marks = &failed, .mark_count = 1 },
	    on_done, &l);
	turn_until(&l, &l.ok, 2);
	end(&l);
	begin(&l, dir);
	turn_until(&l, &l.count, 1);
	loop_turn(l.loop, true, 10);
	CHECK_INT(l.count, 1);
	CHECK_TEXT(message_id(l.found[0]), e.id);
	end(&l);
}

static void
two_owners_never_share_a_log(void)
{
	const char *dir = copy_of(check_folder());
	struct life one, two;

	begin(&one, dir);
	commit(&one, "x@here.test", STR("H: 1\r\n"), NULL, 0);
	turn_until(&one, &one.count, 1);
	begin(&two, dir);
	for (int i = 0; i < 20; i++)
		loop_turn(two.loop, true, 5);
	CHECK_INT(two.count, 0);
	end(&one);
	end(&two);
	/* Two folders are left at most; whoever comes next serves both. */
	begin(&one, dir);
	turn_until(&one, &one.count, 1);
	end(&one);
}

static void
a_second_server_is_refused(void)
{
	const char *dir = copy_of(check_folder());
	struct err err;
	int fd = spool_claim(dir, &err);

	CHECK(fd >= 0);
	CHECK_INT(spool_claim(dir, &err), -1);
	CHECK(strstr(err.text, "another server") != NULL);
	close(fd);
	fd = spool_claim(dir, &err);
	CHECK(fd >= 0);
	close(fd);
}

static void
ids_are_unique_and_in_order(void)
{
	const char *dir = copy_of(check_folder());
	char last[SPOOL_ID_MAX] = "", id[SPOOL_ID_MAX];
	struct life l;

	begin(&l, dir);
	for (int i = 0; i < 10000; i++) {
		spool_make_id(l.spool, id);
		CHECK(strcmp(last, id) < 0);
		memcpy(last, id, sizeof last);
	}
	end(&l);
}

/* ---- mailboxes */
static void
make_maildir(const char *dir, char path[256])
{
	snprintf(path, 256, "%s/Maildir", dir);
	mkdir(path, 0700);
	for (int i = 0; i < 3; i++) {
		char sub[300];

		snprintf(
		    sub, sizeof sub, "%s/%s", path, (const char *[]){ "new", "cur", "tmp" }[i]);
		mkdir(sub, 0700);
	}
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void
on_checkpoint(int result, void *arg)
{
	CHECK_INT(result, 0);
	((struct life *)arg)->ok++;
}

static void
mark_stored(
    struct life *l, struct message *m, const char *maildir, const char *base, const char *text)
{
	spool_mark(l->spool, &(struct spool_mark){ .kind = MARK_DONE,
				 .message = m,
				 .rcpt = 0,
				 .mailbox = str_of(maildir),
				 .base_name = str_of(base),
				 .size = strlen(text),
				 .crc = crc32c(0, text, strlen(text)) });
}

static void
a_checkpoint_frees_the_log(void)
{
	const char *dir = copy_of(check_folder());
	char maildir[256], path[512], spool_dir[256];
	size_t files = 0;
	struct spool_stats stats;
	struct life l;

	make_maildir(dir, maildir);
	snprintf(spool_dir, sizeof spool_dir, "%s/spool", dir);
	begin(&l, spool_dir);
	for (int i = 0; i < 100; i++)
		commit(
		    &l, "x@here.test", STR("H: 1\r\n"), body_of(&l, i == 7 ? 100 * 1000 : 9000), 0);
	turn_until(&l, &l.ok, 100);
	for (size_t i = 0; i < 100; i++) {
		char base[32];

		snprintf(base, sizeof base, "m%zu", i);
		snprintf(path, sizeof path, "%s/new/%s", maildir, base);
		write_file(path, "text");
		mark_stored(&l, l.found[i], maildir, base, "text");
	}
	spool_stats(l.spool, &stats);
	CHECK_INT(stats.messages, 100);
	spool_checkpoint(l.spool, on_checkpoint, &l);
	turn_until(&l, &l.ok, 101);
	spool_stats(l.spool, &stats);
	CHECK_INT(stats.messages, 0);
	while (loop_busy(l.loop))
		loop_turn(l.loop, true, 5);
	spool_stats(l.spool, &stats);
	CHECK(stats.bytes_disk < 8 * 256 * 1024);
	end(&l);
	count_files(spool_dir, &files);
	CHECK_INT(files, 0);
}

/* Three deliveries, then the power fails: one file whole, one empty, one gone, one expunged. */
static void
what_a_power_failure_damaged_is_delivered_again(void)
{
	static const char *const base[] = { "whole", "empty", "gone", "expunged", "moved" };
	const char *dir = copy_of(check_folder());
	char maildir[256], path[512], spool_dir[256];
	bool again[5] = { false };
	struct life l;
	struct err err;

	make_maildir(dir, maildir);
	snprintf(spool_dir, sizeof spool_dir, "%s/spool", dir);
	begin(&l, spool_dir);
	for (int i = 0; i < 5; i++) {
		char to[40];

		snprintf(to, sizeof to, "%s@here.test", base[i]);
		commit(&l, to, STR("H: 1\r\n"), NULL, 0);
	}
	turn_until(&l, &l.count, 5);
	for (size_t i = 0; i < 5; i++)
		mark_stored(&l, l.found[i], maildir, base[i], "text");
	end(&l);
	snprintf(path, sizeof path, "%s/new/whole", maildir);
	write_file(path, "text");
	snprintf(path, sizeof path, "%s/new/empty", maildir);
	write_file(path, "");
	snprintf(path, sizeof path, "%s/postern-expunged", maildir);
	write_file(path, "expunged\n");
	snprintf(path, sizeof path, "%s/.Archive", maildir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.Archive/cur", maildir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.Archive/cur/moved:2,S", maildir);
	write_file(path, "text");
	CHECK_INT(count_queued(spool_dir), 0);
	/* In the same boot it is trusted. */
	CHECK_INT(spool_settle(spool_dir, boot, &err), 0);
	CHECK_INT(count_queued(spool_dir), 0);
	for (int times = 0; times < 3; times++) {
		CHECK_INT(spool_settle(spool_dir, "boot-two", &err), 0);
		CHECK_INT(count_queued(spool_dir), 2);
	}
	begin(&l, spool_dir);
	turn_until(&l, &l.count, 2);
	for (size_t i = 0; i < l.count; i++) {
		load(&l, l.found[i]);
		for (size_t k = 0; k < 5; k++)
			again[k] |= strncmp(message_envelope(l.found[i])->rcpts[0].address.p,
					base[k], strlen(base[k])) == 0;
	}
	CHECK(again[1] && again[2]);
	end(&l);
	snprintf(path, sizeof path, "%s/new/empty", maildir);
	CHECK_INT(access(path, F_OK), -1);
}

static void
waiting_messages_move_and_segments_are_freed(void)
{
	const char *dir = copy_of(check_folder());
	struct spool_stats stats;
	struct life l;
	size_t want = 0;

	begin(&l, dir);
	/* Of ten rounds of messages a few wait; the others are delivered. */
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 100; i++)
			commit(&l, "x@here.test", STR("H: 1\r\n"), body_of(&l, 5000), 0);
		want += 100;
		turn_until(&l, &l.ok, want);
		for (size_t i = want - 100; i < want; i++) {
			if (i % 25 == 0) {
				mark(&l, l.found[i], MARK_DEFER);
				message_rest(l.found[i]);
			} else {
				mark(&l, l.found[i], MARK_DONE);
			}
		}
		for (int i = 0; i < 50 || loop_busy(l.loop); i++)
			loop_turn(l.loop, true, 2);
	}
	spool_stats(l.spool, &stats);
	CHECK_INT(stats.messages, 40);
	CHECK(stats.bytes_disk < 14 * 256 * 1024);
	for (size_t i = 0; i < want; i += 25) {
		load(&l, l.found[i]);
		CHECK_INT(message_envelope(l.found[i])->rcpts[0].next_ns, 4711);
		check_text(l.found[i], STR("H: 1\r\n"), 5000);
	}
	end(&l);
	CHECK_INT(count_queued(dir), 40);
	CHECK_INT(spool_check(dir, print_line, NULL, NULL), 0);
	begin(&l, dir);
	turn_until(&l, &l.count, 40);
	for (size_t i = 0; i < 40; i++) {
		load(&l, l.found[i]);
		CHECK_INT(message_envelope(l.found[i])->rcpts[0].attempts, 1);
		check_text(l.found[i], STR("H: 1\r\n"), 5000);
	}
	end(&l);
}

/* Two logs, one adopted: each notification stands where its marks count, with its large text. */
static void
a_large_notification_goes_where_its_message_is(void)
{
	const char *dir = copy_of(check_folder());
	struct envelope_rcpt rcpt = { .address = STR("sender@far.test") };
	struct envelope e = { .rcpts = &rcpt, .rcpt_count = 1, .is_notification = true };
	struct life one, two;

	begin(&one, dir);
	begin(&two, dir);
	commit(&one, "x@here.test", STR("H: 1\r\n"), NULL, 0);
	commit(&two, "x@here.test", STR("H: 1\r\n"), NULL, 0);
	turn_until(&one, &one.count, 1);
	turn_until(&two, &two.count, 1);
	end(&one);
	end(&two);
	begin(&one, dir);
	turn_until(&one, &one.count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct spool_mark failed = {
			.kind = MARK_FAIL, .rcpt = 0, .message = one.found[i]
		};

		load(&one, one.found[i]);
		spool_make_id(one.spool, e.id);
		spool_commit(one.spool,
		    &(struct spool_commit){ .envelope = &e,
			.head = STR("H: 1\r\n"),
			.body = body_of(&one, 100 * 1000),
			.marks = &failed,
			.mark_count = 1 },
		    on_done, &one);
	}
	turn_until(&one, &one.ok, 2);
	end(&one);
	CHECK_INT(spool_check(dir, print_line, NULL, NULL), 0);
	begin(&one, dir);
	turn_until(&one, &one.count, 2);
	for (size_t i = 0; i < 2; i++) {
		load(&one, one.found[i]);
		check_text(one.found[i], STR("H: 1\r\n"), 100 * 1000);
	}
	end(&one);
}

/* A segment must not be freed before those whose records stand in it have been told. */
static void
a_batch_over_many_segments_keeps_them_all(void)
{
	const char *dir = copy_of(check_folder());
	struct life l;

	begin(&l, dir);
	commit(&l, "x@here.test", STR("H: 1\r\n"), body_of(&l, 3000), 0);
	turn_until(&l, &l.count, 1);
	while (loop_busy(l.loop))
		loop_turn(l.loop, true, 5);
	mark(&l, l.found[0], MARK_DONE);
	for (int i = 0; i < 500; i++)
		commit(&l, "x@here.test", STR("H: 1\r\n"), body_of(&l, 3000), 0);
	turn_until(&l, &l.ok, 501);
	while (loop_busy(l.loop))
		loop_turn(l.loop, true, 5);
	CHECK_INT(count_queued(dir), 500);
	end(&l);
	begin(&l, dir);
	turn_until(&l, &l.count, 500);
	end(&l);
}

/* Between making it and opening it another worker may adopt it, find it empty, and remove it. */
static void
a_log_that_vanishes_while_it_is_made_is_another_workers(void)
{
	char path[700];
	struct folder f;
	struct err err;
	int dir;

	snprintf(path, sizeof path, "%s/vanished", check_folder());
	CHECK_INT(mkdir(path, 0700), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(folder_open(dir, "log-1", FOLDER_CREATE | FOLDER_LOCK, &f, &err), 0);
	close(dir);
}

void
suite_spool(void)
{
	static const struct test tests[] = {
		{ "a log that vanishes while it is made is another worker's",
		    a_log_that_vanishes_while_it_is_made_is_another_workers },
		{ "a small message is found again", a_small_message_is_found_again },
		{ "a large body has its own file", a_large_body_has_its_own_file },
		{ "a head replaces the first bytes", a_head_replaces_the_first_bytes },
		{ "a discarded body leaves nothing", a_discarded_body_leaves_nothing },
		{ "many messages fill many segments", many_messages_fill_many_segments },
		{ "a large notification goes where its message is",
		    a_large_notification_goes_where_its_message_is },
		{ "a batch over many segments keeps them all",
		    a_batch_over_many_segments_keeps_them_all },
		{ "marks change the envelope and last", marks_change_the_envelope_and_last },
		{ "a notification and its marks are one", a_notification_and_its_marks_are_one },
		{ "two owners never share a log", two_owners_never_share_a_log },
		{ "a second server is refused", a_second_server_is_refused },
		{ "ids are unique and in order", ids_are_unique_and_in_order },
		{ "a checkpoint frees the log", a_checkpoint_frees_the_log },
		{ "what a power failure damaged is delivered again",
		    what_a_power_failure_damaged_is_delivered_again },
		{ "waiting messages move, and segments are freed",
		    waiting_messages_move_and_segments_are_freed },
	};

	CHECK_SUITE("spool", tests);
}
