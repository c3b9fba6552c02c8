#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh -- clang-format, clang-tidy and luacheck over everything, from the build folder.
set -u
src=${srcdir:-.}
passed=0
failed=0
judge() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $1"
	fi
}
sources=$(cd "$src" && find core modules filters tests contrib -name '*.[ch]' | sort)
(cd "$src" && clang-format --dry-run -Werror $sources)
judge clang-format $?
flags=$(pkg-config --cflags libuv openssl lua5.4 libunbound jansson libidn2 cunit libgsasl)
(cd "$src" && echo "$sources" | grep -E '^(core|modules|filters)/.*\.c$' |
	xargs -P 2 -n 8 sh -c 'clang-tidy -quiet --warnings-as-errors="*" "$@" -- -std=gnu11 -D_GNU_SOURCE -I. -DPACKAGE_VERSION=\"\" -DMODULE_DIR=\"/\" -DSCRIPT_DIR=\"/\" -DSYSCONF_DIR=\"/\" '"$flags"' 2>/dev/null' lint)
judge clang-tidy $?
(cd "$src" && luacheck -q --std lua54 --config .luacheckrc scripts tests)
judge luacheck $?
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
