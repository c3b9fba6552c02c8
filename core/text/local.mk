# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/unit.c %D%/unit.h
libcore_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/date.c %D%/date.h \
	%D%/domain.c %D%/domain.h \
	%D%/encode.c %D%/encode.h \
	%D%/header.c %D%/header.h \
	%D%/reply.c %D%/reply.h
