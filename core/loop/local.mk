# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/acceptor.c %D%/acceptor.h \
	%D%/channel.c %D%/channel.h \
	%D%/child.c %D%/child.h \
	%D%/clock.c %D%/clock.h \
	%D%/conn.c %D%/conn.h %D%/conn_inner.h \
	%D%/conn_io.c \
	%D%/conn_tls.c \
	%D%/dns.c %D%/dns.h %D%/dns_inner.h \
	%D%/dns_cache.c \
	%D%/dns_fixture.c \
	%D%/dns_net.c \
	%D%/dns_wire.c \
	%D%/loop.c %D%/loop.h %D%/loop_inner.h \
	%D%/timer.c %D%/timer.h \
	%D%/tls.c %D%/tls.h \
	%D%/work.c %D%/work.h
