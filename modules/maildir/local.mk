# SPDX-License-Identifier: MIT
module_LTLIBRARIES += modules/maildir.la
maildir_parts = %D%/append.c %D%/expunged.c %D%/folder.c %D%/maildir.c %D%/maildir.h %D%/message.c %D%/names.c \
	%D%/path.c %D%/uidfile.c %D%/uidlist.c %D%/uidlist.h
modules_maildir_la_SOURCES = $(maildir_parts)
modules_maildir_la_LDFLAGS = $(PLUGIN)
EXTRA_DIST += %D%/README.md
