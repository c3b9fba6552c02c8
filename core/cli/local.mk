# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/cli.c %D%/cli.h %D%/commands.h \
	%D%/demo.c %D%/demo.h \
	%D%/demo_files.c \
	%D%/demo_users.c \
	%D%/options.c \
	%D%/run.c \
	%D%/server.c %D%/server.h \
	%D%/status.c \
	%D%/stop.c \
	%D%/user.c \
	%D%/test.c \
	%D%/version.c
dist_man_MANS += %D%/postern-test.1
libcore_a_SOURCES += %D%/modules.c
dist_man_MANS += %D%/postern-modules.8
