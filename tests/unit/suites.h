/* SPDX-License-Identifier: MIT */
/* One line per suite: the test_x.c that defines suite_x(). */
SUITE(arena)
SUITE(unit)
SUITE(cli)
SUITE(nearest)
SUITE(counters)
SUITE(verdict)
SUITE(module_options)
SUITE(encode)
SUITE(address)
