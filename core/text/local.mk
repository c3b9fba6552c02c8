# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/unit.c %D%/unit.h
libcore_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/domain.c %D%/domain.h \
	%D%/encode.c %D%/encode.h
