#!/bin/sh
# SPDX-License-Identifier: MIT
# clang.sh -- the whole tree with the other compiler, optimised, without a warning.
set -u
src=${srcdir:-.}
mkdir -p clang && cd clang || exit 1
if [ ! -f Makefile ]; then
	"$src/configure" -q CC=clang --enable-werror CFLAGS='-O2 -g' >configure.log 2>&1 || { tail configure.log; exit 1; }
fi
if make -s -j"$(nproc)" all tests/unit/run >make.log 2>&1; then
	echo "clang: 1 passed, 0 failed"
else
	grep -E 'error|warning' make.log
	echo "clang: 0 passed, 1 failed"
fi
