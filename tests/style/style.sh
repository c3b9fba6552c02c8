#!/bin/sh
# SPDX-License-Identifier: MIT
# style.sh -- what a machine can check of how the code reads: layers, calls we do without, file heads.
set -u
cd "${srcdir:-$(dirname "$0")/../..}" || exit 2
sources=$(find core modules filters tests/unit tests/lib tests/fuzz tests/bench contrib -name '*.[ch]' | sort)

# rule NAME: the offending lines come on standard input; none means that the rule is kept. It runs
# at the end of a pipe, in a shell of its own, so what it found is counted in a file.
counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
rule() {
	found=$(cat)
	if [ -z "$found" ]; then
		echo passed >>"$counted"
		return
	fi
	echo failed >>"$counted"
	echo "FAIL $1:"
	echo "$found" | head -n 20
}

# A layer may include itself and what is named behind it (DESIGN: dependencies point one way).
layer() {
	folder=$1
	shift
	allowed=$(echo "$folder $*" | tr ' ' '|')
	grep -nE '#include "core/' core/"$folder"/*.[ch] 2>/dev/null | grep -vE "#include \"core/($allowed)/"
}

layer base | rule 'base includes only base'
layer text base | rule 'text includes only base and text'
layer loop base text | rule 'loop includes only base, text and loop'
grep -lE '#include <uv\.h>' $(echo "$sources" | grep -v '^core/loop/') /dev/null | rule '<uv.h> stands in core/loop only'
grep -nE '#include "core/' $(find modules filters contrib -name '*.[ch]') /dev/null |
	grep -vE '"core/(module|session/intake)\.h"' | rule 'modules include core/module.h (protocols: and core/session/intake.h)'
grep -nE '(^|[^a-z_.>])(malloc|calloc|realloc|free)\(' $(echo "$sources" | grep -E '^(core|modules|filters)/' | grep -vE '^core/(base|loop)/') |
	grep -vE 'json|free\(text\)' | rule 'malloc and free stand in base and loop only'
grep -nE '(^|[^a-z_])(sprintf|strcpy|strcat|strncat|gets|system|popen|alloca|strtok|atoi|atol|vfork|mktemp)\(' $(echo "$sources" | grep -E '^(core|modules|filters)/') |
	rule 'calls that we do without'
grep -nE '(^|[^a-z_])open(at)?\([^;]*O_' $(echo "$sources" | grep -E '^(core|modules|filters)/') |
	grep -vE 'O_CLOEXEC|SAFELY' | rule 'every descriptor is opened close-on-exec'
for f in $sources; do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f: no SPDX line"
done | rule 'each file begins with its licence'
for f in $(echo "$sources" | grep -E '^(core|modules|filters)/'); do
	name=$(basename "$f" | sed 's/\.[ch]$//')
	head -n 4 "$f" | grep -qE "^(/\*| \*) $name -- [a-zA-Z<]" || echo "$f: the head does not say '$name -- one sentence'"
done | rule 'each file says in one sentence what it is'
grep -nE '\b(TODO|FIXME|HACK)\b' $(git ls-files 2>/dev/null | grep -vE '^tests/(style|fuzz/corpus)|\.eml$') /dev/null | rule 'nothing is left to be done later'
awk '/clang-format off/ { table = 1 } /clang-format on/ { table = 0 } FNR == 1 { table = 0 }
	length($0) > 110 && !table { print FILENAME ":" FNR ": " substr($0, 1, 80) }' $sources |
	rule 'no line is longer than 110 columns, but for tables'
for d in core/*/ modules/*/ tests/*/ scripts/ contrib/; do
	[ -f "$d/README.md" ] || { [ -n "$(find "$d" -maxdepth 1 -type f | grep -v local.mk)" ] && echo "$d has no README.md"; }
done | rule 'each folder has a README'
passed=$(grep -c passed "$counted")
failed=$(grep -c failed "$counted")
echo "style: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
