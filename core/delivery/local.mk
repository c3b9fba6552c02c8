# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/attempt.c %D%/attempt.h \
	%D%/bounce.c %D%/bounce.h \
	%D%/deliverer.h \
	%D%/delivery.c %D%/delivery.h %D%/delivery_inner.h %D%/delivery_outcome.c \
	%D%/dsn.c %D%/dsn.h \
	%D%/leaf.h \
	%D%/poison.c %D%/poison.h \
	%D%/queue.c %D%/queue.h \
	%D%/queue_heap.c \
	%D%/queue_control.c %D%/queue_inner.h \
	%D%/retry.c %D%/retry.h \
	%D%/route.c %D%/route.h
EXTRA_DIST += %D%/README.md
