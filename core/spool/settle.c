/* SPDX-License-Identifier: MIT */
/* settle -- what an earlier boot left unknown becomes known (DESIGN.md 8, recovery). */
#include "core/spool/settle.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/spool/mailfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PAYLOAD_MAX = 1 << 28 };

struct settling {
	const struct scan *scan;
	const struct folder *folder;
	const char *boot_id;
	struct buf marks[STREAMS];
	size_t unknown[STREAMS];
	struct log_place end[STREAMS]; /* behind the newest record */
};

/* ---- one delivery: 1 settled, 0 to be delivered again, -1 cannot tell */
static int
settle_one(const struct spool_mark *m, struct err *err)
{
	char path[MAILFILE_PATH_MAX];
	int found = mailfile_find(m->mailbox.p, m->base_name.p, path), r;

	if (found < 0)
		return err_errno(err, "cannot look into %s", m->mailbox.p);
	if (found == 0) {
		r = mailfile_is_expunged(m->mailbox.p, m->base_name.p);
		return r >= 0
			   ? r
			   : err_errno(err, "cannot read the expunge record of %s", m->mailbox.p);
	}
	r = mailfile_is_whole(path, m->size, m->crc);
	if (r == 0) {
		log_warning("%s is damaged: it is set aside and delivered again", path);
		r = mailfile_set_aside(m->mailbox.p, path);
	}
	return r >= 0 ? r : err_errno(err, "cannot settle %s", path);
}

static void
redeliver(struct settling *s, const struct scan_entry *e, const struct scan_mark *m)
{
	struct spool_mark again = { .kind = MARK_REDELIVER,
		.rcpt = m->record.mark.rcpt,
		.text = STR("lost with the system's crash") };

	record_put_mark(&s->marks[e->stream], e->id, &again, s->boot_id);
}

static int
settle_entry(struct settling *s, const struct scan_entry *e, struct err *err)
{
	for (const struct scan_mark *m = e->stored; m != NULL; m = m->next) {
		int r;

		if (!scan_is_unknown(s->scan, e, m, s->boot_id))
			continue;
		s->unknown[e->stream]++;
		r = settle_one(&m->record.mark, err);
		if (r < 0)
			return -1;
		if (r == 0)
			redeliver(s, e, m);
	}
	return 0;
}

/* ---- what was found, durable */
static void
add_record(struct buf *to, enum log_kind kind, struct str payload, uint64_t incarnation)
{
	uint32_t block = (uint32_t)(to->len / LOG_BLOCK);
	size_t size = (size_t)log_blocks(payload.len) * LOG_BLOCK;
	char *record = buf_room(to, size);

	memset(record, 0, size);
	if (payload.len > 0)
		memcpy(record + LOG_HEADER, payload.p, payload.len);
	log_seal(record, kind, payload.len, (struct log_place){ incarnation, block });
	buf_grow(to, size);
}

static int
write_segment(struct settling *s, int stream, uint64_t incarnation, struct err *err)
{
	struct buf bytes, payload;
	char name[40];
	int fd, r;

	buf_init(&bytes, PAYLOAD_MAX * 2);
	buf_init(&payload, PAYLOAD_MAX);
	record_put_start(
	    &payload, &(struct record_start){ .reads = LOG_VERSION, .boot = str_of(s->boot_id) });
	add_record(&bytes, LOG_START, buf_str(&payload), incarnation);
	if (s->marks[stream].len > 0)
		add_record(&bytes, LOG_MARKS, buf_str(&s->marks[stream]), incarnation);
	buf_clear(&payload);
	record_put_place(&payload, s->end[stream]);
	add_record(&bytes, LOG_CHECKPOINT, buf_str(&payload), incarnation);
	segment_name(SEGMENT_SPARE, incarnation, name);
	fd = openat(s->folder->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 || write_all(fd, bytes.p, bytes.len, 0) < 0 || fsync(fd) < 0
		? err_errno(err, "cannot write %s", name)
		: 0;
	if (fd >= 0)
		close(fd);
	if (r == 0) {
		fd = segment_take(
		    s->folder, incarnation, (enum segment_use)stream, incarnation, err);
		r = fd < 0 ? -1 : close(fd);
	}
	buf_free(&bytes);
	buf_free(&payload);
	return r;
}

static void
find_ends(struct settling *s)
{
	for (size_t i = 0; i < s->scan->segment_count; i++) {
		const struct scan_segment *seg = &s->scan->segments[i];

		if (seg->file.use < STREAMS)
			s->end[seg->file.use] =
			    (struct log_place){ seg->file.incarnation, seg->end };
	}
}

int
settle_folder(const struct scan *scan, const struct folder *f, uint64_t incarnation,
    const char *boot_id, struct err *err)
{
	struct settling s = { .scan = scan, .folder = f, .boot_id = boot_id };
	int r = 0, wrote = 0;

	for (int i = 0; i < STREAMS; i++)
		buf_init(&s.marks[i], PAYLOAD_MAX / 2);
	find_ends(&s);
	for (const struct scan_entry *e = scan->entries; e != NULL && r == 0; e = e->next)
		r = settle_entry(&s, e, err);
	for (int i = 0; i < STREAMS && r == 0; i++) {
		if (s.unknown[i] == 0)
			continue;
		log_info(
		    "%s: %zu deliveries of an earlier boot are settled", f->name, s.unknown[i]);
		r = write_segment(&s, i, incarnation + (uint64_t)i, err);
		wrote = 1;
	}
	for (int i = 0; i < STREAMS; i++)
		buf_free(&s.marks[i]);
	return r < 0 ? -1 : wrote;
}
