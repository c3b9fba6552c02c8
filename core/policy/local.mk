# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/script_sandbox.c %D%/script_sandbox.h
libcore_a_SOURCES += %D%/option.h %D%/policy.c %D%/policy.h %D%/stage.c %D%/stage.h %D%/trace.c %D%/trace.h \
	%D%/verdict.c %D%/verdict.h
dist_man_MANS += %D%/postern-policy.7
libcore_a_SOURCES += %D%/script.c %D%/script.h \
	%D%/script_api.c %D%/script_api.h \
	%D%/script_budget.c %D%/script_budget.h \
	%D%/script_freeze.c \
	%D%/script_library.c \
	%D%/script_lint.c \
	%D%/script_load.c %D%/script_parts.h \
	%D%/script_pattern.c %D%/script_pattern.h \
	%D%/script_strings.c \
	%D%/script_verdict.c \
	%D%/script_wait.c
