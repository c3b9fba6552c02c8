# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/session.c %D%/session.h %D%/protocol.c %D%/protocol.h %D%/listener.c %D%/listener.h
