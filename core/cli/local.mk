# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/cli.c %D%/cli.h %D%/commands.h \
	%D%/options.c \
	%D%/run.c \
	%D%/server.c %D%/server.h \
	%D%/status.c \
	%D%/stop.c \
	%D%/test.c \
	%D%/version.c
dist_man_MANS += %D%/postern-test.1
libcore_a_SOURCES += %D%/modules.c
dist_man_MANS += %D%/postern-modules.8
