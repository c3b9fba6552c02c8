# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/README.md
libcore_a_SOURCES += \
	%D%/accept.c \
	%D%/batch.c \
	%D%/body.c \
	%D%/check.c \
	%D%/checkpoint.c \
	%D%/clean.c \
	%D%/commit.c \
	%D%/envelope.c %D%/envelope.h \
	%D%/field.c %D%/field.h \
	%D%/keep.c \
	%D%/log.c %D%/log.h \
	%D%/mailfile.c %D%/mailfile.h \
	%D%/message.c \
	%D%/record.c %D%/record.h \
	%D%/recovery.c \
	%D%/scan.c %D%/scan.h \
	%D%/segment.c %D%/segment.h \
	%D%/settle.c %D%/settle.h \
	%D%/spool.c %D%/spool.h %D%/spool_inner.h
