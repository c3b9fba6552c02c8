/* SPDX-License-Identifier: MIT */
/* What is read as a snapshot is written and read again as the same. */
#include "core/base/arena.h"
#include "core/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

FUZZ(config_json)
{
	struct arena *arena = arena_create(NULL);
	struct config *c = config_from_json(arena, (struct str){ (const char *)input, size }, NULL),
		      *again;
	char *first, *second;

	if (c != NULL) {
		first = config_to_json(c);
		again = config_from_json(arena, str_of(first), NULL);
		assert(again != NULL);
		second = config_to_json(again);
		assert(strcmp(first, second) == 0);
		free(first);
		free(second);
	}
	arena_destroy(arena);
	return 0;
}
