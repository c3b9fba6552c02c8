/* SPDX-License-Identifier: MIT */
/* auth_wire -- questions and answers between workers and the auth process, as bytes. */
#include "core/process/auth_wire.h"

#include "core/base/buf.h"
#include "core/process/lookup.h"

static int
put(struct buf *b, uint32_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_add_byte(b, (char)(number >> 8 * i & 0xff));
	return b->over ? -1 : 0;
}

static bool
take(struct str *rest, unsigned bytes, uint32_t *number)
{
	if (rest->len < bytes)
		return false;
	*number = 0;
	for (unsigned i = 0; i < bytes; i++)
		*number |= (uint32_t)(unsigned char)rest->p[i] << 8 * i;
	*rest = str_from(*rest, bytes);
	return true;
}

int
auth_encode(const struct auth_message *m, struct buf *b)
{
	put(b, m->id.slot, 4);
	put(b, m->id.generation, 4);
	put(b, (uint32_t)m->kind, 1);
	put(b, m->result, 1);
	for (int i = 0; i < 3; i++) {
		if (m->text[i].len > AUTH_TEXT_MAX)
			return -1;
		put(b, (uint32_t)m->text[i].len, 2);
		buf_add_str(b, m->text[i]);
	}
	return b->over ? -1 : 0;
}

static bool
take_text(struct str *rest, struct str *text)
{
	uint32_t len;

	if (!take(rest, 2, &len) || len > AUTH_TEXT_MAX || rest->len < len)
		return false;
	*text = (struct str){ rest->p, len };
	*rest = str_from(*rest, len);
	return true;
}

bool
auth_decode(struct str rest, struct auth_message *m)
{
	uint32_t kind, result;

	if (!take(&rest, 4, &m->id.slot) || !take(&rest, 4, &m->id.generation))
		return false;
	if (!take(&rest, 1, &kind) || !take(&rest, 1, &result) || kind > AUTH_FIND ||
	    result > AUTH_UNAVAILABLE)
		return false;
	m->kind = (enum auth_kind)kind;
	m->result = (uint8_t)result;
	for (int i = 0; i < 3; i++)
		if (!take_text(&rest, &m->text[i]))
			return false;
	return rest.len == 0;
}
