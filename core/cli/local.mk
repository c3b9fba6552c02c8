# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/cli.c %D%/cli.h %D%/commands.h \
	%D%/options.c \
	%D%/version.c
