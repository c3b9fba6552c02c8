# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/auth.c %D%/auth.h \
	%D%/auth_service.c %D%/auth_service.h \
	%D%/auth_wire.c %D%/auth_wire.h \
	%D%/control.c %D%/control.h \
	%D%/control_ask.c %D%/control_ask.h \
	%D%/control_socket.c %D%/control_socket.h \
	%D%/counters.c %D%/counters.h \
	%D%/generation.c %D%/generation.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/lookup.h \
	%D%/master.c %D%/master.h %D%/master_inner.h \
	%D%/master_log.c \
	%D%/master_prepare.c \
	%D%/master_workers.c \
	%D%/member.c %D%/member.h \
	%D%/notify.c %D%/notify.h \
	%D%/place.c %D%/place.h \
	%D%/privilege.c %D%/privilege.h \
	%D%/proc.c %D%/proc.h \
	%D%/role.c %D%/role.h \
	%D%/role_auth.c \
	%D%/role_once.c \
	%D%/role_worker.c \
	%D%/server.c %D%/server.h \
	%D%/sockets.c %D%/sockets.h
