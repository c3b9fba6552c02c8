# SPDX-License-Identifier: MIT
module_LTLIBRARIES += modules/maxrcpt.la
modules_maxrcpt_la_SOURCES = %D%/maxrcpt.c
modules_maxrcpt_la_LDFLAGS = $(PLUGIN)

module_LTLIBRARIES += modules/passwd.la
modules_passwd_la_SOURCES = %D%/passwd/passwd.c %D%/passwd/secret.c %D%/passwd/secret.h %D%/passwd/users.c %D%/passwd/users.h
modules_passwd_la_CFLAGS = $(AM_CFLAGS) $(ARGON_CFLAGS) $(GSASL_CFLAGS)
modules_passwd_la_LIBADD = $(ARGON_LIBS) $(GSASL_LIBS) -lcrypt
modules_passwd_la_LDFLAGS = $(PLUGIN)
module_LTLIBRARIES += modules/trace.la
modules_trace_la_SOURCES = %D%/trace.c
modules_trace_la_LDFLAGS = $(PLUGIN)

module_LTLIBRARIES += modules/local.la
modules_local_la_SOURCES = %D%/local.c
modules_local_la_LDFLAGS = $(PLUGIN)
