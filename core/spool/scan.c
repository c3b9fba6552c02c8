/* SPDX-License-Identifier: MIT */
/* scan -- what a log folder says: its messages, where they stand, and what became of them. */
#include "core/spool/scan.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENT_MOST = 1 << 30, PAGE = 4096 };

/* What is passed along while one segment is read. */
struct reading {
	struct scan *scan;
	struct scan_segment *segment;
	bool collecting_aborts;
};

static bool
is_reader_too_old(const struct log_record *r)
{
	struct record_start start;

	return r->kind == LOG_START && record_get_start(r->payload, &start) == 0 &&
	       start.reads > LOG_VERSION;
}

/* ---- aborts, newest segment first */
static void
take_abort(struct scan *scan, const struct scan_segment *from, struct str payload)
{
	struct log_place place;

	if (record_get_place(payload, &place) < 0)
		return;
	for (size_t i = 0; i < scan->segment_count; i++) {
		struct scan_segment *s = &scan->segments[i];

		if (s->file.use == from->file.use && s->file.incarnation == place.incarnation &&
		    place.incarnation < from->file.incarnation && place.block < s->void_from)
			s->void_from = place.block;
	}
}

/* ---- messages, oldest segment first */
static void
clear_marks(struct scan_entry *e)
{
	e->marks = NULL;
	e->marks_end = &e->marks;
	e->state.incarnation = 0;
}

static struct scan_entry *
add_entry(struct scan *scan, const char *id)
{
	struct scan_entry *e = arena_alloc(scan->arena, sizeof *e);

	memcpy(e->id, id, sizeof e->id);
	*scan->entries_end = e;
	scan->entries_end = &e->next;
	scan->entry_count++;
	map_set(scan->by_id, str_of(e->id), e);
	return e;
}

/* The envelope of a COMMIT or STATE is read here for its id only. */
static bool
find_id(struct str encoded, char id[SPOOL_ID_MAX])
{
	struct arena *a = arena_create(NULL);
	struct envelope e;
	bool good = envelope_decode(a, encoded, &e, NULL) == 0;

	if (good)
		memcpy(id, e.id, SPOOL_ID_MAX);
	arena_destroy(a);
	return good;
}

static void
take_mark(struct reading *to, const struct record_mark *mark, struct log_place place)
{
	struct scan_entry *e = map_get(to->scan->by_id, str_of(mark->id));
	struct arena *a = to->scan->arena;
	struct scan_mark *m;

	if (e == NULL || e->stream != to->segment->file.use)
		return;
	m = arena_alloc(a, sizeof *m);
	m->place = place;
	m->record = *mark;
	m->record.boot = str_copy(a, mark->boot);
	m->record.mark.text = str_copy(a, mark->mark.text);
	m->record.mark.mailbox = str_copy(a, mark->mark.mailbox);
	m->record.mark.base_name = str_copy(a, mark->mark.base_name);
	*e->marks_end = m;
	e->marks_end = &m->next;
	if (mark->mark.kind == MARK_DONE && mark->mark.mailbox.len > 0) {
		struct scan_mark *stored = arena_copy(a, m, sizeof *m);

		*e->stored_end = stored;
		e->stored_end = &stored->next;
	}
}

static void
take_marks(struct reading *to, struct str payload, struct log_place place)
{
	struct record_mark mark;

	while (record_next_mark(&payload, &mark) == 1)
		take_mark(to, &mark, place);
}

static void
take_commit(struct reading *to, const struct log_record *r)
{
	struct record_commit commit;
	char id[SPOOL_ID_MAX];
	struct scan_entry *e;

	if (record_get_commit(r->payload, &commit) < 0 || !find_id(commit.envelope, id))
		return;
	e = map_get(to->scan->by_id, str_of(id));
	if (e == NULL)
		e = add_entry(to->scan, id);
	else if (commit.generation < e->generation)
		return;
	e->stream = to->segment->file.use;
	e->generation = commit.generation;
	e->commit = r->place;
	clear_marks(e);
	e->stored = NULL;
	e->stored_end = &e->stored;
	take_marks(to, commit.marks, r->place);
}

static void
take_state(struct reading *to, const struct log_record *r)
{
	struct record_commit state;
	char id[SPOOL_ID_MAX];
	struct scan_entry *e;

	if (record_get_commit(r->payload, &state) < 0 || !find_id(state.envelope, id))
		return;
	e = map_get(to->scan->by_id, str_of(id));
	if (e == NULL || e->stream != to->segment->file.use || e->generation != state.generation)
		return;
	clear_marks(e);
	e->state = r->place;
}

static void
take_record(struct reading *to, const struct log_record *r)
{
	enum segment_use stream = to->segment->file.use;
	struct log_place place;

	if (to->collecting_aborts) {
		if (r->kind == LOG_ABORT)
			take_abort(to->scan, to->segment, r->payload);
		return;
	}
	switch (r->kind) {
	case LOG_COMMIT:
		take_commit(to, r);
		break;
	case LOG_STATE:
		take_state(to, r);
		break;
	case LOG_MARKS:
		take_marks(to, r->payload, r->place);
		break;
	case LOG_CHECKPOINT:
		if (record_get_place(r->payload, &place) == 0 &&
		    log_place_compare(place, r->place) <= 0 &&
		    log_place_compare(place, to->scan->settled[stream]) > 0)
			to->scan->settled[stream] = place;
		break;
	case LOG_START:
	case LOG_ABORT:
		break;
	}
}

static void
note_damage(struct reading *to, uint32_t from, uint32_t until, int code)
{
	struct scan_damage *d;

	if (to->collecting_aborts && code == 0)
		return;
	d = arena_alloc(to->scan->arena, sizeof *d);
	*d = (struct scan_damage){ to->scan->damage, to->segment->file, from, until, code };
	to->scan->damage = d;
}

/*
 * Walk over the records. What lies between two of them is damage; what lies behind the last one
 * is what a crash left of an unfinished write.
 */
static void
walk(struct reading *to, struct str bytes)
{
	uint32_t blocks = (uint32_t)(bytes.len / LOG_BLOCK), at = 0, end = 0;
	struct log_record r;

	while (at < blocks && at < to->segment->void_from) {
		struct log_place place = { to->segment->file.incarnation, at };
		enum log_found found = log_read(bytes, place, &r);

		if (found == LOG_NEWER || (found == LOG_VALID && is_reader_too_old(&r)))
			to->scan->newer = true;
		if (found != LOG_VALID && found != LOG_UNKNOWN) {
			at++;
			continue;
		}
		if (at > end)
			note_damage(to, end, at, 0);
		if (found == LOG_VALID)
			take_record(to, &r);
		at = end = at + r.blocks;
	}
	to->segment->end = end;
}

/* Read the segment's bytes; pages that cannot be read become zeros, and are noted. */
static struct str
read_segment(struct reading *to, int fd, struct buf *b)
{
	uint64_t bytes =
	    to->segment->file.bytes < SEGMENT_MOST ? to->segment->file.bytes : SEGMENT_MOST;
	char *p;
	int64_t got;

	buf_clear(b);
	p = buf_room(b, bytes);
	got = read_all(fd, p, bytes, 0);
	if (got >= 0)
		return (struct str){ p, (size_t)got };
	for (uint64_t at = 0; at < bytes; at += PAGE) {
		size_t len = bytes - at < PAGE ? bytes - at : PAGE;

		if (read_all(fd, p + at, len, at) == (int64_t)len)
			continue;
		memset(p + at, 0, len);
		note_damage(
		    to, (uint32_t)(at / LOG_BLOCK), (uint32_t)((at + len) / LOG_BLOCK), errno);
	}
	return (struct str){ p, bytes };
}

static int
read_one(struct reading *to, const struct folder *f, struct buf *b, struct err *err)
{
	const struct segment_file *file = &to->segment->file;
	int fd;

	fd = segment_open(f, file->use, file->incarnation, O_RDONLY, err);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* freed since we listed it */
	walk(to, read_segment(to, fd, b));
	close(fd);
	return 0;
}

static int
read_all_segments(struct scan *scan, const struct folder *f, struct buf *b, struct err *err)
{
	struct reading to = { .scan = scan, .collecting_aborts = true };

	for (size_t i = scan->segment_count; i-- > 0;) {
		to.segment = &scan->segments[i];
		if (read_one(&to, f, b, err) < 0)
			return -1;
	}
	to.collecting_aborts = false;
	for (size_t i = 0; i < scan->segment_count; i++) {
		to.segment = &scan->segments[i];
		if (read_one(&to, f, b, err) < 0)
			return -1;
	}
	return 0;
}

static void
scan_init(struct scan *scan)
{
	*scan = (struct scan){ .arena = arena_create(NULL), .by_id = map_create() };
	scan->entries_end = &scan->entries;
}

void
scan_memory(struct scan *scan, const struct segment_file *file, struct str bytes)
{
	struct reading to = { .scan = scan, .collecting_aborts = true };

	scan_init(scan);
	scan->segments = arena_alloc(scan->arena, sizeof *scan->segments);
	scan->segments[0] = (struct scan_segment){ .file = *file, .void_from = UINT32_MAX };
	scan->segment_count = 1;
	to.segment = &scan->segments[0];
	walk(&to, bytes);
	to.collecting_aborts = false;
	walk(&to, bytes);
}

int
scan_folder(struct scan *scan, const struct folder *f, uint64_t until, struct err *err)
{
	struct segment_file *files;
	size_t count;
	struct buf b;
	int r;

	scan_init(scan);
	if (folder_list(f, scan->arena, &files, &count, err) < 0)
		return -1;
	scan->segments = arena_alloc(scan->arena, count * sizeof *scan->segments);
	for (size_t i = 0; i < count; i++)
		if (files[i].use < STREAMS && (until == 0 || files[i].incarnation < until))
			scan->segments[scan->segment_count++] =
			    (struct scan_segment){ .file = files[i], .void_from = UINT32_MAX };
	buf_init(&b, (size_t)SEGMENT_MOST + 1);
	r = read_all_segments(scan, f, &b, err);
	buf_free(&b);
	return r;
}

void
scan_close(struct scan *scan)
{
	map_destroy(scan->by_id);
	arena_destroy(scan->arena);
	*scan = (struct scan){ .arena = NULL };
}

int
read_record(int fd, struct log_place place, struct arena *a, struct log_record *r, struct err *err)
{
	uint64_t offset = (uint64_t)place.block * LOG_BLOCK;
	char header[LOG_BLOCK], *bytes;
	size_t len;

	if (read_all(fd, header, sizeof header, offset) != sizeof header)
		return err_errno(err, "cannot read a record of the spool");
	len = (size_t)log_blocks(log_length(header)) * LOG_BLOCK;
	if (len > SEGMENT_MOST)
		return err_set(err, "a record of the spool is damaged");
	bytes = arena_alloc(a, len);
	if (read_all(fd, bytes, len, offset) != (int64_t)len)
		return err_errno(err, "cannot read a record of the spool");
	if (log_read_one((struct str){ bytes, len }, place, r) != LOG_VALID)
		return err_set(err, "a record of the spool is damaged");
	return 0;
}

/* Read the envelope that stands in the record at `place`. */
static int
read_envelope(const struct folder *f, enum segment_use use, struct log_place place, struct arena *a,
    struct envelope *e, struct err *err)
{
	int fd = segment_open(f, use, place.incarnation, O_RDONLY, err), r;
	struct record_commit commit;
	struct log_record record = { 0 };

	if (fd < 0)
		return -1;
	r = read_record(fd, place, a, &record, err);
	close(fd);
	if (r < 0)
		return -1;
	if (record_get_commit(record.payload, &commit) < 0)
		return err_set(err, "a record of the spool is no message");
	return envelope_decode(a, commit.envelope, e, err);
}

int
scan_envelope(const struct folder *f, const struct scan_entry *entry, struct arena *a,
    struct envelope *e, struct err *err)
{
	struct log_place place = entry->state.incarnation != 0 ? entry->state : entry->commit;

	if (read_envelope(f, entry->stream, place, a, e, err) < 0)
		return -1;
	for (const struct scan_mark *m = entry->marks; m != NULL; m = m->next)
		envelope_apply(a, e, &m->record.mark);
	return 0;
}

bool
scan_is_unknown(const struct scan *scan, const struct scan_entry *e, const struct scan_mark *m,
    const char *boot_id)
{
	return log_place_compare(m->place, scan->settled[e->stream]) >= 0 &&
	       !str_eq(m->record.boot, str_of(boot_id));
}

/* ---- versions, and what is damaged */
bool
segment_is_newer(int fd, uint64_t incarnation)
{
	char block[LOG_BLOCK];
	struct log_record r;
	enum log_found found;

	if (read_all(fd, block, sizeof block, 0) != sizeof block)
		return false;
	found = log_read_one(
	    (struct str){ block, sizeof block }, (struct log_place){ incarnation, 0 }, &r);
	return found == LOG_NEWER || (found == LOG_VALID && is_reader_too_old(&r));
}

bool
folder_is_newer(const struct folder *f)
{
	struct arena *a = arena_create(NULL);
	struct segment_file *files;
	size_t count = 0;
	bool newer = false;

	if (folder_list(f, a, &files, &count, NULL) < 0)
		count = 0;
	for (size_t i = 0; i < count && !newer; i++) {
		int fd = files[i].use < STREAMS
			     ? segment_open(f, files[i].use, files[i].incarnation, O_RDONLY, NULL)
			     : -1;

		newer = fd >= 0 && segment_is_newer(fd, files[i].incarnation);
		if (fd >= 0)
			close(fd);
	}
	arena_destroy(a);
	return newer;
}

static void
keep_one(const struct scan_damage *d, const struct folder *f, int corrupt_fd)
{
	char name[40], copy[128], block[LOG_BLOCK];
	int from = segment_open(f, d->file.use, d->file.incarnation, O_RDONLY, NULL), to;

	snprintf(copy, sizeof copy, "%s-%s-%u", f->name,
	    segment_name(d->file.use, d->file.incarnation, name), d->from);
	to = openat(corrupt_fd, copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to >= 0)
		log_error("%s/%s: blocks %u to %u are damaged; kept as corrupt/%s", f->name, name,
		    d->from, d->to, copy);
	for (uint32_t at = d->from; at < d->to && from >= 0 && to >= 0; at++)
		if (read_all(from, block, sizeof block, (uint64_t)at * LOG_BLOCK) == sizeof block &&
		    write_all(to, block, sizeof block, (uint64_t)(at - d->from) * LOG_BLOCK) < 0)
			break;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
}

void
scan_keep_damage(const struct scan *scan, const struct folder *f, int dir_fd)
{
	int corrupt_fd;

	if (scan->damage == NULL)
		return;
	mkdirat(dir_fd, "corrupt", 0700);
	corrupt_fd = openat(dir_fd, "corrupt", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	for (const struct scan_damage *d = scan->damage; d != NULL && corrupt_fd >= 0; d = d->next)
		keep_one(d, f, corrupt_fd);
	if (corrupt_fd >= 0)
		close(corrupt_fd);
}
