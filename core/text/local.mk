# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/unit.c %D%/unit.h
