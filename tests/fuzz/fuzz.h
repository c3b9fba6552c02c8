/* SPDX-License-Identifier: MIT */
/*
 * fuzz -- one entry per parser: FUZZ(address) { ... return 0; } in fuzz_address.c.
 *
 * targets.h lists them; corpus/NAME/ holds the inputs that `make check` replays, NAME.dict the
 * words.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ(name) \
	int fuzz_##name(const uint8_t *input, size_t size); \
	int fuzz_##name(const uint8_t *input, size_t size)

#endif
