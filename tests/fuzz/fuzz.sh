#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh -- runs the named fuzzers of the build folder for FUZZ_SECONDS each, from their corpus.
set -u
passed=0
failed=0
for name; do
	found=tests/fuzz/found/$name
	words=$srcdir/tests/fuzz/$name.dict
	mkdir -p "$found"
	[ -f "$words" ] && words=-dict=$words || words=
	if "./tests/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$found." $words "$found" "$srcdir/tests/fuzz/corpus/$name" >"$found.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") inputs"
	else
		failed=$((failed + 1))
		echo "FAIL $name:"
		tail -n 60 "$found.log"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
