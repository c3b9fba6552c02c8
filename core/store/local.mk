# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/storage.h %D%/store.c %D%/store.h
EXTRA_DIST += %D%/README.md
