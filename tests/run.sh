#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- runs the named test suites in the build folder and adds up what they say.
#
# Each suite is a program whose last line is "name: N passed, N failed"; one that ends without
# that line, or not with the exit code that fits it, counts as one failure more.
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
export srcdir
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

command_of() {
	case $1 in
	unit) echo ./tests/unit/run ;;
	fuzz) echo ./tests/fuzz/replay "$srcdir/tests/fuzz/corpus" ;;
	style) echo sh "$srcdir/tests/style/style.sh" ;;
	stories) echo ./postern test "$srcdir/tests/stories" "$srcdir/scripts" ;;
	crash-spool) echo "$srcdir/tests/crash/spool_sweep.py" --quick ;;
	stories-tcp) echo ./postern test --tcp "$srcdir/tests/stories" "$srcdir/scripts" ;;
	*) [ -f "$srcdir/tests/$1" ] && echo "$srcdir/tests/$1" ;;
	esac
}

for suite; do
	command=$(command_of "$suite")
	if [ -z "$command" ]; then
		echo "run.sh: no suite is called $suite" >&2
		exit 64
	fi
	echo "== $suite"
	$command >"$log" 2>&1
	code=$?
	last=$(grep -E '^[a-z0-9-]+: [0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	p=$(echo "$last" | sed -n 's/.*: \([0-9]*\) passed, .*/\1/p')
	f=$(echo "$last" | sed -n 's/.*passed, \([0-9]*\) failed.*/\1/p')
	if [ -z "$last" ] || { [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; }; then
		f=$((${f:-0} + 1))
		tail -n 60 "$log"
		echo "$suite: ended with exit code $code"
	elif [ "$f" -gt 0 ]; then
		grep -vE '^(ok|PASS)' "$log" | tail -n 200
	else
		grep -E '^SKIP' "$log"
		echo "$last"
	fi
	passed=$((passed + ${p:-0}))
	failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
