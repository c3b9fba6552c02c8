# SPDX-License-Identifier: MIT
module_LTLIBRARIES += modules/smtp.la
modules_smtp_la_SOURCES = %D%/smtp.c %D%/smtp.h %D%/verbs.c %D%/ehlo.c %D%/body.c %D%/auth.c %D%/reply.c \
	%D%/data.c %D%/data.h %D%/parse.c %D%/parse.h
modules_smtp_la_LDFLAGS = $(PLUGIN)
EXTRA_DIST += %D%/README.md
