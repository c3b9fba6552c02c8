#!/bin/sh
# SPDX-License-Identifier: MIT
# module-template.sh -- a module built outside of the tree, against an installed Postern, is loaded;
# renamed it still is; with a missing symbol or another ABI it is refused in words.
#
# Run in the build folder. Installs into a temporary folder and builds there.
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d /tmp/postern-template-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

ok() {
	echo "ok $1"
	passed=$((passed + 1))
}

bad() {
	echo "FAIL $1"
	[ -f "$work/log" ] && sed 's/^/    /' "$work/log"
	failed=$((failed + 1))
}

# run SENTENCE COMMAND...: passes when the command does.
run() {
	sentence=$1
	shift
	if "$@" >"$work/log" 2>&1; then ok "$sentence"; else bad "$sentence"; fi
}

# refused SENTENCE FILE TEXT: loading the file fails with a line that has the text.
refused() {
	if "$postern" modules "$2" >"$work/log" 2>&1; then
		bad "$1 (it was loaded)"
	elif grep -qF "$3" "$work/log"; then
		ok "$1"
	else
		bad "$1 (not said: $3)"
	fi
}

run "it installs" make -s install DESTDIR="$work/root"
postern=$(find "$work/root" -type f -name postern -path '*/bin/*')
pc=$(find "$work/root" -name postern.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$(dirname "$pc")" PKG_CONFIG_SYSROOT_DIR="$work/root"
export POSTERN_MODULE_PATH="$work/mine:$libdir/postern"
PATH="$(dirname "$postern"):$PATH"
export PATH

cp -r "$srcdir/contrib/module-template" "$work/mine"
chmod -R u+w "$work/mine"
mine=$work/mine
sanitize=$(sed -n 's/^SANITIZE = *//p' Makefile)
export LDFLAGS="$sanitize"

run "the template builds with pkg-config and make" make -s -C "$mine" CFLAGS="-Wall -Wextra -Werror $sanitize"
run "it is loaded by its file" "$postern" modules "$mine/hello.so"
run "its options are printed" sh -c '"$1" modules hello | grep -q "names that no honest client has"' sh "$postern"
run "its story holds" make -s -C "$mine" check moduledir="$libdir/postern"

cp "$mine/hello.so" "$mine/renamed.so"
run "renamed it is loaded" "$postern" modules "$mine/renamed.so"

sed 's/return STEP_NEXT;/extern int there_is_no_such_function(void); return there_is_no_such_function();/' \
	"$mine/hello.c" >"$mine/missing.c"
run "with a call to a function that is nowhere it builds" make -s -C "$mine" NAME=missing missing.so
refused "but loading says which function" "$mine/missing.so" "undefined symbol: there_is_no_such_function"

sed 's/#include "core\/module.h"/&\n#undef MODULE_ABI_MAJOR\n#define MODULE_ABI_MAJOR 77/' "$mine/hello.c" >"$mine/other.c"
run "for another ABI it builds" make -s -C "$mine" NAME=other other.so
refused "but loading says which ABI" "$mine/other.so" "was built for ABI 77.0"

chmod 666 "$mine/renamed.so"
refused "writable by everyone it is refused" "$mine/renamed.so" "renamed.so is writable by everyone"
chmod 755 "$mine/renamed.so"
chmod 777 "$mine"
refused "in a folder that is writable by everyone too" "$mine/renamed.so" "mine is writable by everyone"

echo "module-template: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
