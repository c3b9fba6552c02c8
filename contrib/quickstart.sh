#!/bin/sh
# SPDX-License-Identifier: MIT
# quickstart.sh -- from a clean clone to a running server, or to all tests, on Debian 12.
set -eu

usage() {
	cat <<'EOF'
Usage: contrib/quickstart.sh demo [OPTION ...]
       contrib/quickstart.sh check [--all]

demo    Install what is missing, build, and run a complete mail server in a folder
        (build/demo): no root, no network, only on this machine. The options go to
        `postern demo`, for example --base 20000.
check   Install what is missing, build with AddressSanitizer, and run all tests.
        --all: the heavier suites too (lint, system, interop, crash).

Run it twice and nothing is done twice. Packages are installed as root only; where none
is missing, neither root nor network is needed.
EOF
}

# What each command needs and no more.
BUILD="autoconf automake libtool libltdl-dev pkg-config gcc make libc6-dev libuv1-dev libssl-dev liblua5.4-dev
	libunbound-dev nettle-dev libevent-dev libjansson-dev libidn2-dev libargon2-dev libgsasl-dev libcap-ng-dev libcrypt-dev"
CHECK="libcunit1-dev python3 openssl"
HEAVY="git clang libclang-rt-14-dev clang-format clang-tidy lua-check strace swaks libnet-ssleay-perl curl mpop msmtp fetchmail
	dovecot-pop3d e2fsprogs util-linux"

top=$(cd "$(dirname "$0")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

say() {
	printf '\n== %s\n' "$*"
}

missing() {
	for p in "$@"; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

# Servers among the packages must not start by themselves.
install_packages() {
	want=$(missing "$@")
	[ -n "$want" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "quickstart.sh: these packages are missing; install them, or run this as root:" $want >&2
		exit 77
	fi
	say "installing" $want
	rc=/usr/sbin/policy-rc.d
	[ -e $rc ] || { printf '#!/bin/sh\nexit 101\n' >$rc && chmod 755 $rc && trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -y --no-install-recommends install $want >/tmp/quickstart-apt.log 2>&1 ||
		{ apt-get -q update && apt-get -q -y --no-install-recommends install $want; } >/tmp/quickstart-apt.log 2>&1 ||
		{ tail -n 20 /tmp/quickstart-apt.log >&2; exit 1; }
}

# build FOLDER CONFIGURE-OPTION ...
build() {
	folder=$1
	shift
	cd "$top"
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		say "making configure"
		./autogen.sh >autogen.log 2>&1 || { tail -n 20 autogen.log >&2; exit 1; }
	fi
	mkdir -p "$folder"
	cd "$folder"
	if [ ! -f Makefile ] || [ ../configure -nt config.status ]; then
		say "configuring $folder"
		../configure -q "$@" >configure.log 2>&1 || { tail -n 20 configure.log >&2; exit 1; }
	fi
	say "building $folder"
	make -s -j"$jobs"
}

case ${1:-} in
demo)
	shift
	install_packages $BUILD
	build build
	say "starting the demonstration (interrupt it with Ctrl-C)"
	case " $* " in
	*" --dir "*) exec ./postern demo "$@" ;;
	*) exec ./postern demo --dir "$top/build/demo" "$@" ;;
	esac
	;;
check)
	suites="check"
	if [ "${2:-}" = --all ]; then
		install_packages $BUILD $CHECK $HEAVY
		suites="check-all"
	else
		install_packages $BUILD $CHECK
	fi
	build build-check --enable-asan --enable-ubsan --enable-werror CFLAGS='-O1 -g'
	say "testing"
	exec make -s $suites
	;;
-h | --help | help)
	usage
	;;
*)
	usage >&2
	exit 64
	;;
esac
