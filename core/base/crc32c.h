/* SPDX-License-Identifier: MIT */
/* crc32c -- the checksum of spool records and stored messages (Castagnoli; RFC 3720, appendix B.4). */
#ifndef CORE_BASE_CRC32C_H
#define CORE_BASE_CRC32C_H

#pragma GCC visibility push(default)

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 at the start) over `len` more bytes. */
uint32_t crc32c(uint32_t crc, const void *, size_t len);

#pragma GCC visibility pop
#endif
