# SPDX-License-Identifier: MIT
libcore_a_SOURCES += %D%/session.c %D%/session.h %D%/protocol.c %D%/protocol.h %D%/listener.c %D%/listener.h
libcore_a_SOURCES += %D%/header_edit.c %D%/header_edit.h %D%/intake.c %D%/intake.h %D%/intake_body.c %D%/intake_commit.c \
	%D%/received.c %D%/received.h %D%/tx.c %D%/tx.h %D%/tx_core.h %D%/tx_edit.c %D%/tx_own.c %D%/tx_parts.h \
	%D%/tx_queued.c %D%/tx_run.c %D%/tx_wait.c
