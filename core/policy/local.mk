# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/option.h %D%/stage.c %D%/stage.h %D%/verdict.c %D%/verdict.h
libcore_a_SOURCES += %D%/script_sandbox.c %D%/script_sandbox.h
