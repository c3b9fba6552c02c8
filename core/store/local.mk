# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/storage.h %D%/store.h
