/* SPDX-License-Identifier: MIT */
/* log -- headers of records: sealed, and found again. The format is described in log.h. */
#include "core/spool/log.h"
#include "core/base/crc32c.h"
#include "core/spool/field.h"

#include <string.h>

static const char magic[4] = "Pstn";

/* Where each part of the header begins. */
enum {
	HEAD_VERSION = 4,
	HEAD_KIND = 5,
	HEAD_FLAGS = 6,
	HEAD_INCARNATION = 8,
	HEAD_BLOCK = 16,
	HEAD_LENGTH = 20,
	HEAD_CRC = 24,
	HEAD_ZERO = 28
};

int
log_place_compare(struct log_place a, struct log_place b)
{
	if (a.incarnation != b.incarnation)
		return a.incarnation < b.incarnation ? -1 : 1;
	return a.block < b.block ? -1 : a.block > b.block;
}

uint32_t
log_blocks(size_t length)
{
	return (uint32_t)((length + LOG_HEADER + LOG_BLOCK - 1) / LOG_BLOCK);
}

static uint32_t
checksum(const char *record, size_t length, uint64_t incarnation)
{
	char seed[8];
	uint32_t crc;

	put_le(seed, incarnation, 8);
	crc = crc32c(0, seed, 8);
	crc = crc32c(crc, record, HEAD_CRC);
	return crc32c(crc, record + LOG_HEADER, length);
}

void
log_seal(char *record, enum log_kind kind, size_t length, struct log_place place)
{
	memcpy(record, magic, sizeof magic);
	put_le(record + HEAD_VERSION, LOG_VERSION, 1);
	put_le(record + HEAD_KIND, kind, 1);
	put_le(record + HEAD_FLAGS, LOG_NEEDED, 2);
	put_le(record + HEAD_INCARNATION, place.incarnation, 8);
	put_le(record + HEAD_BLOCK, place.block, 4);
	put_le(record + HEAD_LENGTH, length, 4);
	put_le(record + HEAD_ZERO, 0, 4);
	put_le(record + HEAD_CRC, checksum(record, length, place.incarnation), 4);
}

uint32_t
log_length(const char *header)
{
	return (uint32_t)get_le(header + HEAD_LENGTH, 4);
}

static bool
is_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* What a whole record of this incarnation means to a reader of our version. */
static enum log_found
judge(const char *record)
{
	unsigned version = (unsigned char)record[HEAD_VERSION],
		 kind = (unsigned char)record[HEAD_KIND];

	if (version == LOG_VERSION && kind >= LOG_START && kind <= LOG_CHECKPOINT)
		return LOG_VALID;
	return get_le(record + HEAD_FLAGS, 2) & LOG_NEEDED ? LOG_NEWER : LOG_UNKNOWN;
}

enum log_found
log_read_one(struct str bytes, struct log_place place, struct log_record *found)
{
	const char *record = bytes.p;
	size_t length;

	if (bytes.len < LOG_BLOCK)
		return LOG_EMPTY;
	if (memcmp(record, magic, sizeof magic) != 0)
		return is_zero(record, LOG_BLOCK) ? LOG_EMPTY : LOG_STALE;
	if (get_le(record + HEAD_INCARNATION, 8) != place.incarnation)
		return LOG_STALE;
	length = log_length(record);
	if (get_le(record + HEAD_BLOCK, 4) != place.block || length > bytes.len - LOG_HEADER)
		return LOG_DAMAGED;
	if (get_le(record + HEAD_CRC, 4) != checksum(record, length, place.incarnation))
		return LOG_DAMAGED;
	*found = (struct log_record){
		.kind = (enum log_kind)(unsigned char)record[HEAD_KIND],
		.place = place,
		.payload = { record + LOG_HEADER, length },
		.blocks = log_blocks(length),
	};
	return judge(record);
}

enum log_found
log_read(struct str segment, struct log_place place, struct log_record *found)
{
	size_t offset = (size_t)place.block * LOG_BLOCK;

	if (offset >= segment.len)
		return LOG_EMPTY;
	return log_read_one(str_from(segment, offset), place, found);
}
