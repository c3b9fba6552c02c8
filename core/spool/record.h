/* SPDX-License-Identifier: MIT */
/*
 * record -- the payloads of the log as structs: written, read, and applied to an envelope.
 *
 * The fields and their tags are listed in log.h.
 */
#ifndef CORE_SPOOL_RECORD_H
#define CORE_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/spool/envelope.h"
#include "core/spool/log.h"
#include "core/spool/spool.h"

struct arena;
struct buf;

enum { RECORD_PIECES_MAX = 4, BODY_NAME_MAX = 40 };

/* A part of a message's text. */
struct record_piece {
	struct str text;          /* inline bytes; where p is NULL, in the file: */
	char file[BODY_NAME_MAX]; /* in the folder body/ */
	uint64_t skip, length;
	uint32_t crc; /* of the file's first skip + length bytes */
};

struct record_mark {
	char id[SPOOL_ID_MAX];
	struct str boot;
	struct spool_mark mark; /* its message is NULL */
};

struct record_commit {
	uint32_t generation;
	struct str envelope; /* encoded */
	struct record_piece pieces[RECORD_PIECES_MAX];
	size_t piece_count;
	struct str marks; /* the payload, again: for record_next_mark */
};

/* START */
struct record_start {
	uint32_t reads;
	struct str boot;
	int64_t created_ns;
};

void record_put_start(struct buf *, const struct record_start *);
int record_get_start(struct str payload, struct record_start *);

/* COMMIT, and STATE where there are no pieces. Marks are added behind by record_put_mark. */
void record_put_envelope(struct buf *, uint32_t generation, const struct envelope *);
/* The same with an envelope that is encoded already. */
void record_put_encoded(struct buf *, uint32_t generation, struct str envelope);
void record_put_text(struct buf *, struct str);
void record_put_file(struct buf *, const struct record_piece *);
int record_get_commit(struct str payload, struct record_commit *);

/* One mark, in COMMIT or MARKS. */
void record_put_mark(struct buf *, const char *id, const struct spool_mark *, const char *boot);
/* The next mark of a payload that makes sense: 1; 0 at the end; -1 damaged. Its texts are borrowed. */
int record_next_mark(struct str *rest, struct record_mark *);

/* ABORT and CHECKPOINT */
void record_put_place(struct buf *, struct log_place);
int record_get_place(struct str payload, struct log_place *);

/* Change the envelope as the mark says; its text is copied into the arena. */
void envelope_apply(struct arena *, struct envelope *, const struct spool_mark *);
enum rcpt_state mark_becomes(enum mark_kind);
bool rcpt_is_final(enum rcpt_state);
/* Whether a recipient is left to serve or to keep. */
bool envelope_is_live(const struct envelope *);
/* When the next attempt is due; INT64_MAX: none. */
int64_t envelope_next_ns(const struct envelope *);

#endif
