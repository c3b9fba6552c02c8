/* SPDX-License-Identifier: MIT */
/*
 * checkpoint -- mailbox files that DONE marks speak of become durable; then log space is free.
 *
 *	barrier in each stream -> syncfs, or fsync of each file -> CHECKPOINT record -> messages over
 *
 * syncfs reports a failed write only to descriptors that were open before it: so one per device
 * is opened before the first delivery (spool_mail_root), and files on any other device are
 * synced one by one. A checkpoint that fails frees nothing: what it was about is written again,
 * from the log, and synced file by file.
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/spool/mailfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

struct waiter {
	struct waiter *next;
	void (*done)(int, void *);
	void *arg;
};

/* Where one stream stood when the checkpoint began. */
struct barrier {
	struct barrier *next;
	struct checkpoint *checkpoint;
	struct stream *stream;
	struct log_place place;
};

struct checkpoint {
	struct arena *arena;
	struct spool *spool;
	struct ledger ledger; /* what it makes durable */
	struct barrier *barriers;
	unsigned waiting; /* for records to be written */
	struct waiter *waiters;
	struct root *roots; /* those known when it began */
	int result;
	struct err err;
};

/* ---- the ledger: deliveries since the last checkpoint */
static void
ledger_open(struct ledger *l)
{
	*l = (struct ledger){ .arena = arena_create(NULL) };
	l->end = &l->first;
}

static void
on_checkpoint_timer(void *arg)
{
	spool_checkpoint(arg, NULL, NULL);
}

void
checkpoint_init(struct spool *spool)
{
	timer_init(&spool->checkpoint_timer, spool->loop, on_checkpoint_timer, spool);
	ledger_open(&spool->ledger);
}

void
ledger_add(struct spool *spool, struct message *m, const struct spool_mark *mark)
{
	struct ledger *l = &spool->ledger;
	struct stored *s = arena_alloc(l->arena, sizeof *s);

	*s = (struct stored){
		.message = message_ref(m),
		.mailbox = str_copy(l->arena, mark->mailbox),
		.base_name = str_copy(l->arena, mark->base_name),
		.size = mark->size,
		.crc = mark->crc,
	};
	*l->end = s;
	l->end = &s->next;
	l->count++;
	m->unsettled++;
	if (!timer_is_set(&spool->checkpoint_timer))
		timer_set(&spool->checkpoint_timer, CHECKPOINT_MS);
}

void
checkpoint_soon(struct spool *spool)
{
	if (spool->checkpoint == NULL && spool->ledger.count > 0 && !spool->closing)
		spool_checkpoint(spool, NULL, NULL);
}

/* ---- how a file system is made durable */
static bool
kernel_reports_syncfs_errors(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 5 || (major == 5 && minor >= 8);
}

/* ext4, xfs and btrfs write everything that is dirty, and say whether it worked. */
static bool
can_syncfs(int fd)
{
	static const unsigned long good[] = { 0xef53, 0x58465342, 0x9123683e };
	struct statfs st;

	if (!kernel_reports_syncfs_errors() || fstatfs(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if ((unsigned long)st.f_type == good[i])
			return true;
	return false;
}

const char *
spool_checkpoint_mode(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *mode = fd >= 0 && can_syncfs(fd) ? "syncfs" : "fsync";

	if (fd >= 0)
		close(fd);
	return mode;
}

int
spool_mail_root(struct spool *spool, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct root *r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "cannot open the mail root %s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (r = spool->roots; r != NULL && r->device != st.st_dev; r = r->next)
		;
	if (r != NULL || !can_syncfs(fd)) {
		close(fd);
		return 0;
	}
	r = arena_alloc(spool->arena, sizeof *r);
	*r = (struct root){ .next = spool->roots, .device = st.st_dev, .fd = fd };
	spool->roots = r;
	return 0;
}

/* ---- on a pool thread */
static const struct root *
root_of(const struct checkpoint *c, struct str mailbox)
{
	const struct root *r;
	struct stat st;

	if (stat(mailbox.p, &st) < 0)
		return NULL;
	for (r = c->roots; r != NULL && r->device != st.st_dev; r = r->next)
		;
	return r;
}

static int
sync_devices(struct checkpoint *c)
{
	for (const struct root *r = c->roots; r != NULL; r = r->next)
		if (syncfs(r->fd) < 0)
			return err_errno(&c->err, "cannot sync a mail root");
	return 0;
}

/* Sync the file where it is now; one that is gone was moved or expunged by somebody else. */
static int
sync_one(struct checkpoint *c, const struct stored *s)
{
	char path[MAILFILE_PATH_MAX];
	int found = mailfile_find(s->mailbox.p, s->base_name.p, path);

	if (found < 0 || (found == 1 && mailfile_sync(path) < 0))
		return err_errno(&c->err, "cannot sync %s in %s", s->base_name.p, s->mailbox.p);
	if (mailfile_sync_folders(s->mailbox.p) < 0)
		return err_errno(&c->err, "cannot sync the folders of %s", s->mailbox.p);
	return 0;
}

/* Write the file again from the log's copy, and sync it. The message cannot go away meanwhile. */
static int
rewrite_one(struct checkpoint *c, const struct stored *s)
{
	char path[MAILFILE_PATH_MAX];
	int found = mailfile_find(s->mailbox.p, s->base_name.p, path), fd, r;
	struct message *m = s->message;

	if (found <= 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	/* The kernel's copy is still whole in this boot: it is what was written. */
	r = mailfile_rewrite(path, fd, s->size, s->crc);
	close(fd);
	return r == 0 ? 0 : err_errno(&c->err, "cannot write %s again for %s", path, m->id);
}

static void
run_sync(void *arg)
{
	struct checkpoint *c = arg;
	bool few = c->ledger.count < SYNCFS_FILES;
	struct map *by_mailbox = map_create();
	static const char yes, no;

	if (!few)
		c->result = sync_devices(c);
	for (struct stored *s = c->ledger.first; s != NULL && c->result == 0; s = s->next) {
		const void *covered = few ? &no : map_get(by_mailbox, s->mailbox);

		if (covered == NULL) {
			covered = root_of(c, s->mailbox) != NULL ? &yes : &no;
			map_set(by_mailbox, s->mailbox, (void *)covered);
		}
		if (covered == &no)
			c->result = sync_one(c, s);
	}
	map_destroy(by_mailbox);
	if (c->result == 0)
		return;
	log_error("checkpoint: %s; the files are written again", c->err.text);
	c->result = 0;
	for (struct stored *s = c->ledger.first; s != NULL && c->result == 0; s = s->next)
		c->result = rewrite_one(c, s);
}

/* ---- on the loop */

/* The deliveries of a checkpoint that failed wait for the next one, before those that came since. */
static void
give_back(struct checkpoint *c)
{
	struct spool *spool = c->spool;
	struct ledger since = spool->ledger;

	spool->ledger = c->ledger;
	if (c->ledger.first == NULL)
		spool->ledger.end = &spool->ledger.first;
	for (struct stored *s = since.first; s != NULL; s = s->next) {
		struct stored *copy = arena_copy(spool->ledger.arena, s, sizeof *s);

		copy->next = NULL;
		copy->mailbox = str_copy(spool->ledger.arena, s->mailbox);
		copy->base_name = str_copy(spool->ledger.arena, s->base_name);
		*spool->ledger.end = copy;
		spool->ledger.end = &copy->next;
		spool->ledger.count++;
	}
	arena_destroy(since.arena);
	if (!spool->closing)
		timer_set(&spool->checkpoint_timer, CHECKPOINT_MS);
}

static void
finish(struct checkpoint *c)
{
	struct spool *spool = c->spool;

	spool->checkpoint = NULL;
	if (c->result < 0) {
		log_error("checkpoint failed: %s", c->err.text);
		give_back(c);
	} else {
		spool->stats.checkpoints++;
		for (struct stored *s = c->ledger.first; s != NULL; s = s->next) {
			s->message->unsettled--;
			message_settled(s->message);
			message_unref(s->message);
		}
		arena_destroy(c->ledger.arena);
	}
	for (struct waiter *w = c->waiters; w != NULL; w = w->next)
		if (w->done != NULL)
			w->done(c->result, w->arg);
	arena_destroy(c->arena);
	LIST_EACH (at, &spool->logs)
		log_keep(list_member(at, struct log, link));
}

static void
on_record_written(struct item *i, struct batch *b)
{
	struct checkpoint *c = i->arg;

	(void)b;
	if (--c->waiting == 0)
		finish(c);
}

/* The mailboxes are durable: say so in each stream, up to where it stood. */
static void
write_records(struct checkpoint *c)
{
	c->waiting = 1;
	for (struct barrier *r = c->barriers; r != NULL; r = r->next) {
		struct batch *b;
		struct item *i;

		if (r->place.incarnation == 0)
			continue;
		b = stream_batch(r->stream);
		i = batch_begin(b, LOG_CHECKPOINT);
		i->important = true;
		i->written = on_record_written;
		i->arg = c;
		record_put_place(&b->bytes, r->place);
		batch_end(b, i);
		b->urgent = true;
		c->waiting++;
	}
	spool_flush(c->spool);
	if (--c->waiting == 0)
		finish(c);
}

static void
on_synced(void *arg, enum work_result result)
{
	struct checkpoint *c = arg;

	if (result == WORK_LATE) {
		/* Its thread may still use it: it stays, and nothing is freed any more. */
		log_error("checkpoint: the disk does not answer");
		return;
	}
	if (c->result < 0 || c->spool->closing)
		finish(c);
	else
		write_records(c);
}

static void
finish_later(void *c)
{
	finish(c);
}

static void
start_sync(struct checkpoint *c)
{
	if (work_start(c->spool->disk, &c->spool->checkpoint, run_sync, on_synced, c) == 0)
		return;
	c->result = err_set(&c->err, "too much is asked of the disk");
	spool_later(c->spool, finish_later, c);
}

static void
on_barrier(struct item *i, struct batch *b)
{
	struct barrier *r = i->arg;

	(void)b;
	if (i->segment != NULL)
		r->place = (struct log_place){ i->segment->incarnation, i->block };
	if (--r->checkpoint->waiting == 0)
		start_sync(r->checkpoint);
}

static void
add_barrier(struct checkpoint *c, struct stream *s)
{
	struct barrier *r = arena_alloc(c->arena, sizeof *r);
	struct batch *b = stream_batch(s);
	struct item *i = batch_begin(b, 0);

	*r = (struct barrier){ .next = c->barriers, .checkpoint = c, .stream = s };
	c->barriers = r;
	c->waiting++;
	i->important = true;
	i->written = on_barrier;
	i->arg = r;
	batch_end(b, i);
	b->urgent = true;
}

static void
checkpoint_create(struct spool *spool)
{
	struct arena *a = arena_create(NULL);
	struct checkpoint *c = arena_alloc(a, sizeof *c);

	*c = (struct checkpoint){
		.arena = a, .spool = spool, .ledger = spool->ledger, .roots = spool->roots
	};
	spool->checkpoint = c;
	ledger_open(&spool->ledger);
	timer_stop(&spool->checkpoint_timer);
}

static void
checkpoint_begin(struct checkpoint *c)
{
	/* Of a log that is still read the deliveries are not all in the ledger yet. */
	c->waiting = 1;
	LIST_EACH (at, &c->spool->logs) {
		struct log *log = list_member(at, struct log, link);

		for (int i = 0; i < STREAMS && log->settled; i++)
			add_barrier(c, &log->streams[i]);
	}
	spool_flush(c->spool);
	if (--c->waiting == 0)
		start_sync(c);
}

void
spool_checkpoint(struct spool *spool, void (*done)(int, void *), void *arg)
{
	bool under_way = spool->checkpoint != NULL;
	struct waiter *w;

	if (!under_way)
		checkpoint_create(spool);
	if (done != NULL) {
		w = arena_alloc(spool->checkpoint->arena, sizeof *w);
		*w = (struct waiter){ spool->checkpoint->waiters, done, arg };
		spool->checkpoint->waiters = w;
	}
	if (!under_way)
		checkpoint_begin(spool->checkpoint);
}

static void
ledger_drop(struct ledger *l)
{
	for (struct stored *s = l->first; s != NULL; s = s->next)
		message_unref(s->message);
	arena_destroy(l->arena);
}

/* The spool ends: what is not durable yet is in the log, and trusted by the next owner. */
void
checkpoint_drop(struct spool *spool)
{
	struct checkpoint *c = spool->checkpoint;

	if (c != NULL) {
		ledger_drop(&c->ledger);
		arena_destroy(c->arena);
	}
	spool->checkpoint = NULL;
	ledger_drop(&spool->ledger);
	for (struct root *r = spool->roots; r != NULL; r = r->next)
		close(r->fd);
	spool->roots = NULL;
}
