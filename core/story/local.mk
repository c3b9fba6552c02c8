# SPDX-License-Identifier: MIT
libcore_a_SOURCES += \
	%D%/story.h %D%/story_read.c %D%/story_match.c %D%/story_run.c \
	%D%/story_expect.c %D%/story_expect.h \
	%D%/story_peer.c %D%/story_peer.h \
	%D%/world.c %D%/world.h \
	%D%/world_files.c %D%/world_files.h \
	%D%/world_process.c %D%/world_process.h
EXTRA_DIST += %D%/README.md
