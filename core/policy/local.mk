# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/script_sandbox.c %D%/script_sandbox.h
libcore_a_SOURCES += %D%/option.h %D%/policy.c %D%/policy.h %D%/stage.c %D%/stage.h %D%/trace.c %D%/trace.h \
	%D%/verdict.c %D%/verdict.h
dist_man_MANS += %D%/postern-policy.7
