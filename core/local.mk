# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/module.h %D%/module_find.c %D%/module_load.c %D%/module_load.h %D%/module_options.c \
	%D%/module_trust.c %D%/module_trust.h
