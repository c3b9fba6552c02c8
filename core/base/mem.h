/* SPDX-License-Identifier: MIT */
/*
 * mem -- memory for base/ and loop/, which own everything else's.
 *
 * Zeroed, never NULL: out of memory ends the process, because limits on input come first.
 */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include <stddef.h>

enum { MEM_LARGE = 1024 * 1024 };

void *mem_alloc(size_t size);
void *mem_grow(void *, size_t old_size, size_t new_size); /* the new part is zeroed */
void mem_free(void *);

/*
 * Give pieces of MEM_LARGE bytes and more back to the system when they are freed, always. Otherwise
 * the C library keeps what was freed once, and a burst of logins or large messages stays for ever.
 */
void mem_return_large(void);

#endif
