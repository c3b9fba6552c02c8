/* SPDX-License-Identifier: MIT */
/* entry -- what libFuzzer calls, compiled once for each target with -DTARGET=name. */
#include "tests/fuzz/fuzz.h"

#define JOIN(a, b) a##b
#define ENTRY(name) JOIN(fuzz_, name)

int ENTRY(TARGET)(const uint8_t *input, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	return ENTRY(TARGET)(input, size);
}
