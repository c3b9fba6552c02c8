#!/bin/sh
# SPDX-License-Identifier: MIT
# clang.sh -- the whole tree with the other compiler, optimised, without a warning; then the unit tests.
set -u
src=${srcdir:-.}
mkdir -p clang && cd clang || exit 1
if [ ! -f Makefile ]; then
	"$src/configure" -q CC=clang --enable-werror CFLAGS='-O2 -g' >configure.log 2>&1 || { tail configure.log; exit 1; }
fi
if make -s -j"$(nproc)" all tests/unit/run >make.log 2>&1; then
	./tests/unit/run >unit.log 2>&1
	grep FAIL unit.log
	sed -n 's/^unit: /clang: /p' unit.log
else
	grep -E 'error|warning' make.log
	echo "clang: 0 passed, 1 failed"
fi
