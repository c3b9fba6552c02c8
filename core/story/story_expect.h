/* SPDX-License-Identifier: MIT */
/* story_expect -- the world after the dialogue: log, spool, mailboxes. */
#ifndef CORE_STORY_STORY_EXPECT_H
#define CORE_STORY_STORY_EXPECT_H

#include "core/story/world.h"

/* Whether it is as `text` says ("mailbox alice@here.test 1"); what is instead goes to `got`. */
bool story_expect(struct world *, struct story_words *, struct str text, struct buf *got);

#endif
