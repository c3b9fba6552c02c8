/* SPDX-License-Identifier: MIT */
/* random -- bytes that nobody can guess, from the kernel. */
#ifndef CORE_BASE_RANDOM_H
#define CORE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *, size_t len);
uint64_t random_number(void);

#endif
