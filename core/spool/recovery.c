/* SPDX-License-Identifier: MIT */
/*
 * recovery -- logs found at the start: scanned, settled, their messages told of, step by step.
 *
 *	own log first, then each one that nobody holds:
 *	pool thread: scan, settle, scan again -> loop: segments -> steps: {pool: envelopes -> loop: found}
 *
 * The first step of each log is bounded by what one scan reads; the others by STEP messages.
 */
#include "core/spool/spool_inner.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/random.h"
#include "core/spool/scan.h"
#include "core/spool/settle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 500, LOOK_AGAIN_MS = 30 * 1000 };

/* One message of a step. */
struct found {
	struct arena *arena;
	const struct scan_entry *entry;
	struct envelope *envelope;
	struct record_commit commit;
	struct str payload;
	bool good;
};

struct adoption {
	bool looked; /* all folders were seen once */
	struct spool *spool;
	struct arena *arena;
	struct timer look;
	bool busy;

	/* of the log that is read now */
	struct log *log;
	struct scan scan;
	bool scanning;
	uint64_t until;     /* segments from here on are of this life */
	uint64_t settle_as; /* incarnation for what settling writes */
	const struct scan_entry *next;
	struct found step[STEP];
	size_t step_count;
	struct map *bodies; /* names that messages refer to */
	int result;
	struct err err;
};

static void next_step(struct adoption *);
static void next_log(struct adoption *);

/* ---- taking a folder */

/* Numbers of incarnations go on where the folder's files end; a new folder starts at random. */
int
log_learn(struct log *log, struct err *err)
{
	struct arena *a = arena_create(NULL);
	struct segment_file *files;
	size_t count = 0;
	int r = folder_list(&log->folder, a, &files, &count, err);

	log->last_incarnation = count > 0 ? 0 : random_number() >> 2;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (files[i].incarnation > log->last_incarnation)
			log->last_incarnation = files[i].incarnation;
		log->made_bytes += files[i].bytes;
		if (files[i].use == SEGMENT_SPARE && log->spare_count < SPARES_MAX &&
		    files[i].bytes >= SEGMENT_LEAST)
			log->spares[log->spare_count++] = (struct spare){ files[i].incarnation,
				files[i].bytes & ~(uint64_t)(LOG_BLOCK - 1) };
		else if (files[i].use == SEGMENT_SPARE)
			segment_free(
			    &log->folder, SEGMENT_SPARE, files[i].incarnation, false, NULL);
	}
	log->settle_as = log->last_incarnation + 1;
	log->last_incarnation += STREAMS;
	arena_destroy(a);
	return r;
}

/* ---- the scan, on a pool thread */
static void
run_scan(void *arg)
{
	struct adoption *ad = arg;
	const struct folder *f = &ad->log->folder;

	ad->result = scan_folder(&ad->scan, f, ad->until, &ad->err);
	if (ad->result < 0 || ad->scan.newer)
		return;
	scan_keep_damage(&ad->scan, f, ad->spool->dir_fd);
	ad->result = settle_folder(&ad->scan, f, ad->settle_as, ad->spool->boot_id, &ad->err);
	if (ad->result <= 0)
		return;
	scan_close(&ad->scan);
	ad->result = scan_folder(&ad->scan, f, ad->until, &ad->err);
}

static int
attach_segment(struct log *log, const struct scan_segment *from, struct link *to, struct err *err)
{
	int fd = segment_open(&log->folder, from->file.use, from->file.incarnation, O_RDWR, err);
	struct segment *s;

	if (fd < 0)
		return -1;
	s = segment_create_in(
	    &log->streams[from->file.use], from->file.incarnation, fd, from->file.bytes);
	s->closed = true;
	s->failed = from->void_from != UINT32_MAX;
	list_add_last(&to[from->file.use], &s->link);
	return 0;
}

/* Which messages came from where is not known any more: from any of the old main segments. */
static void
keep_behind_sources(const struct link *main, struct link *deferred)
{
	uint64_t newest =
	    list_empty(main) ? 0 : list_member(main->prev, struct segment, link)->incarnation;

	LIST_EACH (at, deferred)
		list_member(at, struct segment, link)->newest_source = newest;
}

/* The old segments come before those that were begun since. */
static int
attach_segments(struct adoption *ad, struct err *err)
{
	struct link old[STREAMS], *l;
	int r = 0;

	for (int i = 0; i < STREAMS; i++)
		list_init(&old[i]);
	for (size_t i = 0; i < ad->scan.segment_count && r == 0; i++)
		if (ad->scan.segments[i].file.use < STREAMS)
			r = attach_segment(ad->log, &ad->scan.segments[i], old, err);
	keep_behind_sources(&old[SEGMENT_MAIN], &old[SEGMENT_DEFERRED]);
	for (int i = 0; i < STREAMS; i++)
		while ((l = old[i].prev) != &old[i]) {
			list_remove(l);
			list_add_first(&ad->log->streams[i].segments, l);
		}
	return r;
}

static struct segment *
find_segment(struct log *log, enum segment_use use, uint64_t incarnation)
{
	LIST_EACH (at, &log->streams[use].segments) {
		struct segment *s = list_member(at, struct segment, link);

		if (s->incarnation == incarnation)
			return s;
	}
	return NULL;
}

/* ---- a step: envelopes on a pool thread, messages on the loop */
static void
read_found(struct adoption *ad, struct found *f)
{
	const struct folder *folder = &ad->log->folder;
	const struct scan_entry *e = f->entry;
	struct log_record record;
	int fd = segment_open(folder, e->stream, e->commit.incarnation, O_RDONLY, NULL);

	f->arena = arena_create(NULL);
	f->envelope = arena_alloc(f->arena, sizeof *f->envelope);
	if (fd < 0)
		return;
	f->good = read_record(fd, e->commit, f->arena, &record, NULL) == 0 &&
		  record_get_commit(record.payload, &f->commit) == 0 &&
		  scan_envelope(folder, e, f->arena, f->envelope, NULL) == 0;
	f->payload = record.payload;
	close(fd);
}

static void
run_step(void *arg)
{
	struct adoption *ad = arg;

	for (size_t i = 0; i < ad->step_count; i++)
		read_found(ad, &ad->step[i]);
}

static bool
is_unsettled(const struct adoption *ad, const struct scan_entry *e, const struct scan_mark *m)
{
	return log_place_compare(m->place, ad->scan.settled[e->stream]) >= 0;
}

static void
note_bodies(struct adoption *ad, const struct record_commit *commit)
{
	for (size_t i = 0; i < commit->piece_count; i++)
		if (commit->pieces[i].text.p == NULL)
			map_set(ad->bodies, str_of(commit->pieces[i].file), ad);
}

/* Make the message; true: the arena belongs to it now. */
static bool
adopt(struct adoption *ad, struct found *f)
{
	const struct scan_entry *e = f->entry;
	bool live = envelope_is_live(f->envelope), unsettled = false;
	struct segment *s = find_segment(ad->log, e->stream, e->commit.incarnation);
	struct message *m;

	for (const struct scan_mark *mark = e->stored; mark != NULL; mark = mark->next)
		unsettled |= is_unsettled(ad, e, mark);
	if ((!live && !unsettled) || s == NULL || strlen(e->id) >= MESSAGE_ID_MAX)
		return false;
	m = message_create(ad->spool, f->envelope, s, e->commit.block, e->generation);
	note_bodies(ad, &f->commit);
	if (e->state.incarnation != 0) {
		m->state_segment = find_segment(ad->log, e->stream, e->state.incarnation);
		m->state_block = e->state.block;
	}
	message_activate(m, f->arena, f->envelope);
	message_set_pieces(m, &f->commit, f->payload);
	for (const struct scan_mark *mark = e->stored; mark != NULL; mark = mark->next)
		if (is_unsettled(ad, e, mark))
			ledger_add(ad->spool, m, &mark->record.mark);
	m->changed = e->marks != NULL;
	m->final = m->durable = !live;
	if (!live)
		return true;
	/* At rest at once, where the log holds all there is to know. */
	if (!m->changed)
		message_rest(m);
	ad->spool->found(m, ad->spool->found_arg);
	return true;
}

static void
on_step(void *arg, enum work_result result)
{
	struct adoption *ad = arg;

	ad->busy = false;
	if (result == WORK_LATE)
		return; /* its thread may still use it; the log stays as it is */
	for (size_t i = 0; i < ad->step_count; i++) {
		struct found *f = &ad->step[i];

		if (!f->good)
			log_error(
			    "message %s in %s cannot be read", f->entry->id, ad->log->folder.name);
		if (!f->good || ad->spool->closing || !adopt(ad, f))
			arena_destroy(f->arena);
	}
	ad->step_count = 0;
	next_step(ad);
}

/* ---- the end of a log: what no message refers to goes */
static void
remove_orphans(struct adoption *ad)
{
	int copy = openat(ad->log->folder.body_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' &&
		    strncmp(e->d_name, ad->spool->body_prefix, strlen(ad->spool->body_prefix)) !=
			0 &&
		    map_get(ad->bodies, str_of(e->d_name)) == NULL)
			unlinkat(ad->log->folder.body_fd, e->d_name, 0);
	closedir(dir);
}

static void
end_log(struct adoption *ad)
{
	struct log *log = ad->log;

	remove_orphans(ad);
	map_destroy(ad->bodies);
	scan_close(&ad->scan);
	ad->scanning = false;
	ad->log = NULL;
	log->settled = true;
	log_keep(log);
	checkpoint_soon(ad->spool);
	next_log(ad);
}

static void
next_step(struct adoption *ad)
{
	if (ad->spool->closing)
		return;
	for (; ad->next != NULL && ad->step_count < STEP; ad->next = ad->next->next)
		ad->step[ad->step_count++] = (struct found){ .entry = ad->next };
	if (ad->step_count == 0) {
		end_log(ad);
		return;
	}
	ad->busy = work_start(ad->spool->disk, ad, run_step, on_step, ad) == 0;
}

static void
give_up_log(struct adoption *ad, const char *why)
{
	log_error("the spool folder %s is left as it is: %s", ad->log->folder.name, why);
	map_destroy(ad->bodies);
	scan_close(&ad->scan);
	ad->scanning = false;
	if (ad->log->adopted)
		log_destroy(ad->log);
	ad->log = NULL;
	timer_set(&ad->look, LOOK_AGAIN_MS);
}

static void
on_scan(void *arg, enum work_result result)
{
	struct adoption *ad = arg;

	ad->busy = false;
	if (result == WORK_LATE) {
		log_error("the disk under the spool does not answer");
		return;
	}
	if (ad->spool->closing)
		return;
	if (ad->result < 0)
		give_up_log(ad, ad->err.text);
	else if (ad->scan.newer)
		give_up_log(ad, "it was written by a newer version");
	else if (attach_segments(ad, &ad->err) < 0)
		give_up_log(ad, ad->err.text);
	else {
		ad->next = ad->scan.entries;
		next_step(ad);
	}
}

static void
begin_log(struct adoption *ad, struct log *log)
{
	ad->log = log;
	ad->bodies = map_create();
	ad->scanning = true;
	ad->scan = (struct scan){ .arena = NULL };
	/* What settling writes comes before all that this life writes. */
	ad->settle_as = log->settle_as;
	ad->until = log->settle_as + STREAMS;
	ad->busy = work_start(ad->spool->disk, ad, run_scan, on_scan, ad) == 0;
}

/* ---- the next log */
static int
try_folder(const char *name, void *arg)
{
	struct adoption *ad = arg;
	struct folder f;
	struct log *log;

	if (folder_open(ad->spool->dir_fd, name, FOLDER_LOCK, &f, NULL) != 1)
		return 0;
	if (folder_is_newer(&f)) {
		if (!ad->looked)
			log_error(
			    "the spool folder %s was written by a newer version: it is left alone",
			    name);
		folder_close(&f);
		return 0;
	}
	log = log_attach(ad->spool, &f, true);
	if (log_learn(log, &ad->err) < 0) {
		log_error("%s", ad->err.text);
		log_destroy(log);
		return 0;
	}
	log_info("the spool folder %s had no owner: its messages are served here", name);
	begin_log(ad, log);
	return 1;
}

static void
next_log(struct adoption *ad)
{
	if (ad->spool->closing)
		return;
	if (!ad->spool->own->settled) {
		begin_log(ad, ad->spool->own);
		return;
	}
	if (spool_dir_each(ad->spool->dir_fd, try_folder, ad, &ad->err) < 0)
		log_error("%s", ad->err.text);
	if (ad->log != NULL)
		return;
	ad->looked = true;
	timer_set(&ad->look, LOOK_AGAIN_MS);
}

static void
on_look(void *arg)
{
	struct adoption *ad = arg;

	if (ad->log == NULL)
		next_log(ad);
}

void
adoption_begin(struct spool *spool)
{
	struct adoption *ad = arena_alloc(spool->arena, sizeof *ad);

	ad->spool = spool;
	spool->adoption = ad;
	timer_init(&ad->look, spool->loop, on_look, ad);
	next_log(ad);
}

void
adoption_end(struct spool *spool)
{
	struct adoption *ad = spool->adoption;

	timer_stop(&ad->look);
	if (ad->log == NULL)
		return;
	for (size_t i = 0; i < ad->step_count; i++)
		if (ad->step[i].arena != NULL)
			arena_destroy(ad->step[i].arena);
	map_destroy(ad->bodies);
	if (ad->scan.arena != NULL)
		scan_close(&ad->scan);
}
