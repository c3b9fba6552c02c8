#!/bin/sh
# SPDX-License-Identifier: MIT
# pop3.sh -- real programs send and fetch: curl and swaks by SMTP, submission and submissions;
# curl and mpop by POP3, POP3 with STLS and POP3S.
#
# Run in the build folder. What comes out is what went in, byte for byte behind the trace fields.
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d /tmp/postern-pop3-XXXXXX)
base=$((20000 + $$ % 20000))
server=
passed=0
failed=0

finish() {
	[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

# run SENTENCE COMMAND...: passes when the command does.
run() {
	sentence=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok $sentence"
		passed=$((passed + 1))
	else
		echo "FAIL $sentence"
		sed 's/^/    /' "$work/log" | tail -20
		failed=$((failed + 1))
	fi
}

# The message behind the fields that servers add before it.
strip() {
	sed -n '/^X-Begins: here/,$p' "$1"
}

stat_is() {
	[ "$(curl -s --max-time 20 -u alice:postern "pop3://127.0.0.1:$((base + 110))/" | grep -c '^[0-9]')" -eq "$1" ]
}

wait_for() {
	for _ in $(seq 200); do
		stat_is "$1" && return 0
		sleep 0.05
	done
	return 1
}

# A message with all that can go wrong in it: dots, empty lines, long lines, 8 bits, 300 kB.
{
	printf 'X-Begins: here\r\nSubject: all sorts\r\nFrom: ann@remote.test\r\nTo: alice@example.test\r\n\r\n'
	printf '.\r\n..\r\n.dot\r\n\r\n\r\nGr\303\274\303\237e\r\n'
	head -c 900 /dev/zero | tr '\0' 'x'
	printf '\r\n'
	seq -f '. line %.0f of many, many lines' 9000 | sed 's/$/\r/'
	printf 'the end\r\n\r\n'
} >"$work/message"

./postern demo --dir "$work/demo" --base "$base" >"$work/out" 2>&1 &
server=$!
for _ in $(seq 200); do
	grep -q '^ready' "$work/out" && break
	sleep 0.1
done


run "curl sends by SMTP" curl -s --max-time 20 "smtp://127.0.0.1:$((base + 25))" --mail-from ann@remote.test \
	--mail-rcpt alice@example.test --upload-file "$work/message"
run "it arrives" wait_for 1
run "curl fetches it by POP3" curl -s --max-time 20 -u alice:postern -o "$work/got" "pop3://127.0.0.1:$((base + 110))/1"
strip "$work/got" >"$work/stripped"
run "byte for byte" cmp "$work/message" "$work/stripped"
run "curl fetches it by STLS" curl -s --max-time 20 -k --ssl-reqd -u alice@example.test:postern -o "$work/got" \
	"pop3://127.0.0.1:$((base + 110))/1"
strip "$work/got" >"$work/stripped"
run "byte for byte under TLS" cmp "$work/message" "$work/stripped"
run "curl fetches it by POP3S" curl -s --max-time 20 -k -u alice:postern --login-options AUTH=PLAIN -o "$work/got" \
	"pop3s://127.0.0.1:$((base + 995))/1"
strip "$work/got" >"$work/stripped"
run "byte for byte by POP3S" cmp "$work/message" "$work/stripped"

printf 'From: bob@example.test\r\nTo: alice@example.test\r\nSubject: short\r\n\r\nhello\r\n' >"$work/short"
for how in "smtp://127.0.0.1:$((base + 587)) --ssl-reqd" "smtps://127.0.0.1:$((base + 465))"; do
	# shellcheck disable=SC2086
	run "curl sends to $how" curl -s --max-time 20 -k $how -u bob:postern --mail-from bob@example.test \
		--mail-rcpt alice@example.test --upload-file "$work/short"
done
run "both arrive" wait_for 3

# swaks has TLS only with Net::SSLeay.
if command -v swaks >/dev/null; then
	tls="--tls"
	swaks --support 2>/dev/null | grep -q 'Basic TLS.*available' || tls=
	# shellcheck disable=SC2086
	run "swaks sends to the submission port${tls:+ by STARTTLS}" swaks --silent 2 --timeout 20 --from bob@example.test \
		--to alice@example.test --server 127.0.0.1 --port "$((base + 587))" --data "@$work/short" $tls --auth PLAIN \
		--auth-user bob --auth-password postern
	run "that arrives" wait_for 4
fi

if command -v mpop >/dev/null; then
	mkdir -p "$work/box/new" "$work/box/cur" "$work/box/tmp"
	cat >"$work/mpoprc" <<EOF
account default
host 127.0.0.1
port $((base + 995))
tls on
tls_starttls off
tls_certcheck off
user alice
password postern
auth plain
received_header off
keep off
uidls_file $work/uidls
delivery maildir $work/box
EOF
	chmod 600 "$work/mpoprc"
	count=$(curl -s -u alice:postern "pop3://127.0.0.1:$((base + 110))/" | grep -c '^[0-9]')
	run "mpop fetches all" mpop -C "$work/mpoprc" -q
	run "every one" test "$(find "$work/box/new" -type f | wc -l)" -eq "$count"
	for f in "$work"/box/new/*; do
		grep -q '^Subject: all sorts' "$f" && strip "$f" | sed 's/\r*$/\r/' >"$work/stripped"
	done
	run "byte for byte by mpop" cmp "$work/message" "$work/stripped"
	run "and removes them" stat_is 0
	run "no file is left" test -z "$(find "$work/demo/mail" -path '*alice*' \( -path '*/new/*' -o -path '*/cur/*' \) -type f)"
fi

echo "pop3: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
