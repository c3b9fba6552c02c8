# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/cli.c %D%/cli.h %D%/commands.h \
	%D%/options.c \
	%D%/run.c \
	%D%/server.c %D%/server.h \
	%D%/status.c \
	%D%/stop.c \
	%D%/version.c
