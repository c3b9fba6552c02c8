/* SPDX-License-Identifier: MIT */
/* One line per target: the fuzz_x.c that defines FUZZ(x). */
