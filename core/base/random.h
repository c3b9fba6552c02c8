/* SPDX-License-Identifier: MIT */
/* random -- bytes that nobody can guess, from the kernel. */
#ifndef CORE_BASE_RANDOM_H
#define CORE_BASE_RANDOM_H

#pragma GCC visibility push(default)

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *, size_t len);
uint64_t random_number(void);

#pragma GCC visibility pop
#endif
