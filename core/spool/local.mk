# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/envelope.c %D%/envelope.h \
	%D%/field.c %D%/field.h \
	%D%/log.c %D%/log.h \
	%D%/record.c %D%/record.h \
	%D%/scan.c %D%/scan.h \
	%D%/segment.c %D%/segment.h \
	%D%/spool.h
