# SPDX-License-Identifier: MIT
module_LTLIBRARIES += modules/pop3.la
modules_pop3_la_SOURCES = %D%/commands.c %D%/login.c %D%/output.c %D%/pop3.c %D%/pop3.h
modules_pop3_la_LDFLAGS = $(PLUGIN)
EXTRA_DIST += %D%/README.md
