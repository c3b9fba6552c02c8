/* SPDX-License-Identifier: MIT */
/* world_files -- the folder of a story: configuration, certificate, users, policy, mail. */
#ifndef CORE_STORY_WORLD_FILES_H
#define CORE_STORY_WORLD_FILES_H

#include "core/story/story.h"

enum { WORLD_LISTENS = 16 };

struct world_listen {
	struct str endpoint;
	uint16_t port; /* 0 in process, where nothing listens */
};

struct world_files {
	char folder[128]; /* postern.lua, cert.pem, dns.json, policy/, data/ */
	size_t listen_count;
	struct world_listen listens[WORLD_LISTENS];
};

/* Make the folder with all that the story says; over TCP also choose free ports. */
int world_files_make(
    struct world_files *, struct arena *, const struct story *, bool tcp, struct err *);
void world_files_remove(struct world_files *);

/* The index of the endpoint among the listens, or -1. */
int world_files_listen(const struct world_files *, struct str endpoint);

#endif
