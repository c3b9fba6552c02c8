/* SPDX-License-Identifier: MIT */
/*
 * maildir -- what the files of this module share.
 *
 *	ROOT/.postern-mail-root              the root is mounted; without it everything is deferred
 *	ROOT/example.test/alice/             the user's Maildir: INBOX
 *		tmp/ new/ cur/               a message: 1763712000.I0aQ3xR0.postern,S=812,W=830:2,S
 *		.Archive.2026/               the mailbox Archive/2026 (Maildir++)
 *		postern-uidlist              UIDs (uidlist.h)
 *		postern-lock                 byte 0: the uidlist is being written; byte 1: POP3 has the mailbox
 *		postern-expunged             what was expunged lately: "1763712000 BASENAME" (expunged.c)
 *
 * Files have LF line ends; S= is their size, W= the size with CRLF, as read.
 */
#ifndef MODULES_MAILDIR_MAILDIR_H
#define MODULES_MAILDIR_MAILDIR_H

#include <sys/types.h>

#include "modules/maildir/uidlist.h"

struct maildir {
	const char *root;
	/* as the mail root has them: group bits where it has them, so that workers of several users share it */
	mode_t dir_mode, file_mode;
	bool must_chmod; /* the process' umask takes bits of these away */
};

enum { MAILDIR_PATH_MAX = 1024, MAILDIR_COPY = 64 * 1024 };

#define MAILDIR_MARKER ".postern-mail-root"
#define MAILDIR_UIDLIST "postern-uidlist"
#define MAILDIR_LOCK "postern-lock"
#define MAILDIR_EXPUNGED "postern-expunged"
#define MAILDIR_HOST "postern"

/* Where reading of a message stopped: reads go on there mostly. */
struct cursor {
	uint32_t uid; /* 0: nothing is open */
	int fd;
	uint64_t offset; /* with CRLF */
	uint64_t file_offset;
	bool after_cr; /* the byte before was a CR */
};

struct mailbox {
	struct arena *arena;
	const struct maildir *set;
	const char *path; /* absolute */
	int fd;           /* of the Maildir */
	int lock_fd;      /* or -1 */
	bool read_only;

	struct arena *uid_arena; /* of `uids`: replaced when the file was */
	struct uidlist uids;
	int uid_fd;         /* of the file that `uids` was read from, or -1 */
	uint64_t uid_read;  /* bytes of it that `uids` has */
	bool uid_torn;      /* behind them stands a line without an end */
	struct arena *look; /* names of the last look */
	struct cursor cursor;
};

enum lock_byte { LOCK_UIDS, LOCK_POP3 };

/* ---- names.c: names of users and mailboxes as names of folders; injective */
/* "example.test/alice"; "." for INBOX, ".Archive.2026"; -1: there can be none of that name. */
int name_of_user(struct str user, char *to, size_t size);
int name_of_mailbox(struct str name, char *to, size_t size);
/* And back, of a name that begins with '.'. */
int name_to_mailbox(struct str dir, struct buf *);

/* ---- path.c: nothing below the mail root is reached over a symbolic link */
int path_open(int dir, const char *path, int flags, mode_t);
int path_open_root(const struct maildir *, struct err *); /* -1 also where the marker is missing */
int path_make_root(const struct maildir *, struct err *); /* where there is none */
int path_make_maildir(const struct maildir *, int root, const char *path, struct err *);
int path_create(const struct maildir *, int dir, const char *name, int flags);
bool path_is_message(int fd, struct err *);             /* a regular file of ours, linked once */
int path_sync(int dir, const char *name, struct err *); /* a folder of it */
int path_lock(struct mailbox *, enum lock_byte, bool wait, struct err *);
void path_unlock(struct mailbox *, enum lock_byte);
int path_read(int fd, uint64_t from, struct buf *);
int path_write(int fd, struct str);                                        /* all of it */
int path_read_file(int dir, const char *name, struct buf *, struct err *); /* 1; 0: there is none */

/* ---- folder.c: which messages there are */
int folder_look(struct mailbox *, bool assign, struct err *);
/* As "new/..." or "cur/...". */
int folder_find(struct mailbox *, struct str base, char *name, size_t size, struct err *);
struct str folder_base(struct str file_name);
bool folder_is_ours(struct str base);
int64_t folder_size_in_name(struct str base, char letter); /* of ",W=830"; -1: it does not say */
int64_t folder_date_in_name(struct str base);
uint32_t folder_flags(struct str info);
const char *folder_flag_letters(uint32_t flags, char to[8]);

/* ---- uidfile.c: the uidlist on disk; all but the first under the lock */
int uidfile_load(struct mailbox *, struct err *);
int uidfile_load_to_write(struct mailbox *, struct err *);
/* Entries from `first` on; durable. */
int uidfile_append(struct mailbox *, size_t first, struct err *);
/* Without those that are gone. */
int uidfile_rewrite(struct mailbox *, struct err *);
/* There is none that can be read: take over another's, or begin a new one. */
int uidfile_begin(struct mailbox *, struct err *);

/* ---- append.c, message.c, expunged.c */
int append_message(struct mailbox *, struct storage_append *, struct err *);
int64_t
message_read_at(struct mailbox *, uint32_t uid, uint64_t offset, void *, size_t len, struct err *);
int message_change(struct mailbox *, const uint32_t *uids, size_t count, uint32_t add,
    uint32_t remove, bool expunge, struct err *);
int message_size_of(int fd, uint64_t *size, struct err *); /* with CRLF */
void cursor_close(struct cursor *);
int expunged_add(struct mailbox *, const struct str *names, size_t count, struct err *);
bool expunged_has(struct mailbox *, struct str base);

#endif
