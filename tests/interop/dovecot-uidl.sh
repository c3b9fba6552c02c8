#!/bin/sh
# SPDX-License-Identifier: MIT
# dovecot-uidl.sh -- a Maildir that comes from Dovecot keeps its UIDs: POP3 clients fetch nothing twice.
#
# Run in the build folder. Dovecot's own POP3 server serves a Maildir; what it calls the messages
# is what Postern calls them, from a copy: with UIDs, with names that Dovecot has saved, and after
# messages went and came.
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
dovecot=/usr/lib/dovecot
work=$(mktemp -d /tmp/postern-dovecot-XXXXXX)
base=$((20000 + $$ % 20000))
server=
passed=0
failed=0

finish() {
	[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT

# same SENTENCE FILE FILE
same() {
	if [ -s "$2" ] && cmp -s "$2" "$3"; then
		echo "ok $1"
		passed=$((passed + 1))
	else
		echo "FAIL $1"
		diff "$2" "$3" | sed 's/^/    /' | head -20
		failed=$((failed + 1))
	fi
}

if ! [ -x "$dovecot/pop3" ]; then
	echo "dovecot-uidl: 0 passed, 0 failed (skipped: Dovecot is not installed)"
	exit 0
fi

# Dovecot serves nobody's mail as root.
user=$(id -un)
as=
if [ "$user" = root ]; then
	user=nobody
	as="setpriv --reuid nobody --regid $(id -gn nobody) --clear-groups"
fi

cat >"$work/dovecot.conf" <<EOF
base_dir = $work/run
state_dir = $work/run
log_path = $work/dovecot.log
ssl = no
mail_uid = $user
mail_gid = $(id -gn "$user")
first_valid_uid = 1
mail_location = maildir:$work/theirs
EOF

# ask_dovecot FILE OPTION...: what UIDL says, without the numbers.
ask_dovecot() {
	file=$1
	shift
	chown -R "$user" "$work/theirs" "$work/run" 2>/dev/null
	printf 'UIDL\r\nQUIT\r\n' | $as env USER="$user" HOME="$work" "$dovecot/pop3" -c "$work/dovecot.conf" "$@" 2>>"$work/dovecot.err" |
		sed -n 's/^[0-9][0-9]* \(.*\)\r$/\1/p' >"$file"
}

# ask_postern FILE
ask_postern() {
	curl -s --max-time 20 -u alice:postern "pop3://127.0.0.1:$((base + 110))/" -X UIDL |
		sed -n 's/^[0-9][0-9]* \(.*\)\r$/\1/p' >"$1"
}

add_mail() {
	for i in $1; do
		printf 'Subject: %s\nFrom: ann@remote.test\n\nnumber %s\n.dot\n' "$i" "$i" >"$work/theirs/new/17000000$i.M$i.theirs"
	done
}

move_in() {
	rm -rf "$data/mail/example.test/alice"
	mkdir -p "$data/mail/example.test"
	cp -r "$work/theirs" "$data/mail/example.test/alice"
	chown -R "$(stat -c %U "$data/mail")" "$data/mail/example.test"
}

chmod 755 "$work"
mkdir -p "$work/theirs/new" "$work/theirs/cur" "$work/theirs/tmp" "$work/run"
data=$work/demo
./postern demo --dir "$data" --base "$base" >"$work/out" 2>&1 &
server=$!
for _ in $(seq 200); do
	grep -q '^ready' "$work/out" && break
	sleep 0.1
done

add_mail "11 12 13 14 15"
ask_dovecot "$work/want"
move_in
ask_postern "$work/got"
same "the names of a Maildir from Dovecot are kept" "$work/want" "$work/got"
ask_postern "$work/got"
same "and are the same the next time" "$work/want" "$work/got"

rm -f "$work"/theirs/cur/1700000012.* "$work"/theirs/new/1700000012.*
add_mail "21 22"
ask_dovecot "$work/want"
move_in
ask_postern "$work/got"
same "also where messages have gone and others have come" "$work/want" "$work/got"

# Dovecot was told to say something else, and to remember it.
ask_dovecot "$work/want" -o pop3_uidl_format=%f -o pop3_save_uidl=yes
move_in
ask_postern "$work/got"
same "names that Dovecot has saved are said again" "$work/want" "$work/got"

echo "dovecot-uidl: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq 4 ]
