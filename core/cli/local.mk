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
libcore_a_SOURCES += %D%/queue.c %D%/queue_read.c %D%/queue_read.h %D%/spool.c
dist_man_MANS += %D%/postern-queue.8 %D%/postern-spool.8
libcore_a_SOURCES += %D%/check.c
dist_man_MANS += %D%/postern-check.8
dist_man_MANS += %D%/postern-run.8
dist_man_MANS += %D%/postern-stop.8
dist_man_MANS += %D%/postern-status.8
dist_man_MANS += %D%/postern-user.8
dist_man_MANS += %D%/postern-demo.8
dist_man_MANS += %D%/postern.8 %D%/postern-version.8
