/* SPDX-License-Identifier: MIT */
/*
 * The input is a series of records without headers: kind (1 byte), length (2 bytes), payload. They
 * are sealed here, so that what is behind the checksum is reached; kind 0 leaves a damaged block.
 */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/spool/scan.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

enum { INCARNATION = 7 };

static void
add_record(struct buf *to, unsigned kind, struct str payload)
{
	size_t room = (size_t)log_blocks(payload.len) * LOG_BLOCK;
	struct log_place place = { INCARNATION, (uint32_t)(to->len / LOG_BLOCK) };
	char *record = buf_room(to, room);

	memset(record, 0, room);
	memcpy(record + LOG_HEADER, payload.p, payload.len);
	log_seal(record, (enum log_kind)kind, payload.len, place);
	if (kind == 0)
		record[payload.len % LOG_BLOCK] ^= 1;
	buf_grow(to, room);
}

static void
apply_all(const struct scan_entry *e)
{
	struct arena *a = arena_create(NULL);
	struct envelope_rcpt rcpts[2] = { { .attempts = 0 } };
	struct envelope envelope = { .rcpts = rcpts, .rcpt_count = 2 };

	for (const struct scan_mark *m = e->marks; m != NULL; m = m->next) {
		assert(strcmp(m->record.id, e->id) == 0);
		envelope_apply(a, &envelope, &m->record.mark);
	}
	arena_destroy(a);
}

FUZZ(log)
{
	struct segment_file file = { SEGMENT_MAIN, INCARNATION, 0 };
	struct str in = { (const char *)input, size };
	struct buf bytes;
	struct scan scan;

	buf_init(&bytes, 64 << 20);
	while (in.len >= 3 && bytes.len < 1 << 20) {
		size_t len = (unsigned char)in.p[1] | (size_t)(unsigned char)in.p[2] << 8;
		struct str payload = { in.p + 3, len < in.len - 3 ? len : in.len - 3 };

		add_record(&bytes, (unsigned char)in.p[0], payload);
		in = str_from(in, 3 + payload.len);
	}
	scan_memory(&scan, &file, buf_str(&bytes));
	for (const struct scan_entry *e = scan.entries; e != NULL; e = e->next)
		apply_all(e);
	scan_close(&scan);
	scan_memory(&scan, &file, (struct str){ (const char *)input, size });
	scan_close(&scan);
	buf_free(&bytes);
	return 0;
}
