# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/auth.c %D%/auth.h \
	%D%/auth_service.c %D%/auth_service.h \
	%D%/auth_wire.c %D%/auth_wire.h \
	%D%/counters.c %D%/counters.h \
	%D%/generation.c %D%/generation.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/lookup.h \
	%D%/privilege.c %D%/privilege.h
