/* SPDX-License-Identifier: MIT */
/* random -- bytes that nobody can guess, from the kernel. */
#include "core/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
random_bytes(void *to, size_t len)
{
	char *p = to;

	while (len > 0) {
		ssize_t got = getrandom(p, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* a kernel without getrandom is older than what we need anyway */
		p += got;
		len -= (size_t)got;
	}
}

uint64_t
random_number(void)
{
	uint64_t n;

	random_bytes(&n, sizeof n);
	return n;
}
