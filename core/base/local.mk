# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/arena.c %D%/arena.h \
	%D%/buf.c %D%/buf.h \
	%D%/crc32c.c %D%/crc32c.h \
	%D%/err.c %D%/err.h \
	%D%/ip.c %D%/ip.h \
	%D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/map.c %D%/map.h \
	%D%/mem.c %D%/mem.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/random.c %D%/random.h \
	%D%/ref.c %D%/ref.h \
	%D%/str.c %D%/str.h \
	%D%/utf8.c %D%/utf8.h
