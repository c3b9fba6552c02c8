/* SPDX-License-Identifier: MIT */
/* Questions to the auth process: what is read is what would be written. */
#include "core/base/buf.h"
#include "core/process/auth_wire.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

FUZZ(auth_wire)
{
	struct str in = { (const char *)input, size };
	struct auth_message m;
	struct buf b;

	if (!auth_decode(in, &m))
		return 0;
	buf_init(&b, AUTH_WIRE_MAX);
	assert(auth_encode(&m, &b) == 0);
	assert(str_eq(buf_str(&b), (in)));
	buf_free(&b);
	return 0;
}
