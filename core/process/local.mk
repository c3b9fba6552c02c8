# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/counters.c %D%/counters.h \
	%D%/ledger.c %D%/ledger.h
