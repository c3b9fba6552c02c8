/* SPDX-License-Identifier: MIT */
/* mem -- memory for base/ and loop/, which own everything else's. */
#include "core/base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
checked(void *p)
{
	static const char text[] = "postern: out of memory\n";

	if (p != NULL)
		return p;
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	abort();
}

void *
mem_alloc(size_t size)
{
	return checked(calloc(1, size > 0 ? size : 1));
}

void *
mem_grow(void *old, size_t old_size, size_t new_size)
{
	char *p = checked(realloc(old, new_size > 0 ? new_size : 1));

	if (new_size > old_size)
		memset(p + old_size, 0, new_size - old_size);
	return p;
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_return_large(void)
{
	mallopt(M_MMAP_THRESHOLD, MEM_LARGE);
}
