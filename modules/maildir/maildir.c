/* SPDX-License-Identifier: MIT */
/*
 * maildir -- mail in Maildir++ folders, one file for each message, shared with other software.
 */
#include "modules/maildir/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option options[] = {
	OPTION_PATH(struct maildir, root, "mail",
	    "folder of all mailboxes; must hold the file .postern-mail-root"),
	OPTION_END
};

/* Files and folders get the mail root's group bits; how much of that the umask would take is found
 * once. */
static int
start(void *conf, struct err *err)
{
	struct maildir *set = conf;
	struct stat st;
	mode_t mask = umask(077);

	umask(mask);
	set->dir_mode = 0700;
	set->file_mode = 0600;
	if (path_make_root(set, err) < 0)
		return -1;
	if (stat(set->root, &st) == 0 && (st.st_mode & S_IWGRP) != 0) {
		set->dir_mode = 02770;
		set->file_mode = 0660;
	}
	set->must_chmod = (set->file_mode & mask) != 0 || (set->dir_mode & 02000) != 0;
	return 0;
}

/* "example.test/alice/.Archive" */
static int
mailbox_path(struct str user, struct str name, char *to, size_t size, struct err *err)
{
	char owner[600], folder[256];

	if (name_of_user(user, owner, sizeof owner) < 0 ||
	    name_of_mailbox(name, folder, sizeof folder) < 0) {
		err_set(err, "there can be no mailbox %.*s of %.*s", STR_FMT(name), STR_FMT(user));
		if (err != NULL)
			err->code = EINVAL;
		return -1;
	}
	snprintf(to, size, "%s%s%s", owner, folder[1] == '\0' ? "" : "/",
	    folder[1] == '\0' ? "" : folder);
	return 0;
}

/* Whoever makes a Maildir makes cur last: without it another is at work on it, or died over it. */
static bool
is_whole(int fd)
{
	return faccessat(fd, "cur", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
open_folder(const struct maildir *set, const char *path, unsigned how, struct err *err)
{
	int root = path_open_root(set, err), fd;
	bool is_missing;

	if (root < 0)
		return -1;
	fd = path_open(root, path, O_RDONLY | O_DIRECTORY, 0);
	is_missing = fd >= 0 ? !is_whole(fd) : errno == ENOENT;
	if (is_missing && (how & STORAGE_CREATE) != 0) {
		if (fd >= 0)
			close(fd);
		fd = path_make_maildir(set, root, path, err);
	} else if (fd < 0) {
		err_errno(err, "cannot open mailbox %s", path);
	}
	close(root);
	return fd;
}

static void
maildir_close(struct mailbox *box)
{
	cursor_close(&box->cursor);
	if (box->lock_fd >= 0)
		close(box->lock_fd);
	if (box->uid_fd >= 0)
		close(box->uid_fd);
	close(box->fd);
	uidlist_free(&box->uids);
	arena_destroy(box->arena);
}

static int
maildir_open(void *conf, struct str user, struct str name, unsigned how, struct mailbox **out,
    struct err *err)
{
	const struct maildir *set = conf;
	struct arena *arena;
	struct mailbox *box;
	char path[MAILDIR_PATH_MAX];
	int fd;

	if (mailbox_path(user, name, path, sizeof path, err) < 0)
		return -1;
	fd = open_folder(set, path, how, err);
	if (fd < 0)
		return -1;
	arena = arena_create(NULL);
	box = arena_alloc(arena, sizeof *box);
	*box = (struct mailbox){
		.arena = arena, .set = set, .fd = fd, .lock_fd = -1, .uid_fd = -1, .cursor.fd = -1
	};
	box->path = arena_printf(arena, "%s/%s", set->root, path);
	box->read_only = (how & STORAGE_READ_ONLY) != 0;
	box->uid_arena = arena_create(arena);
	box->look = arena_create(arena);
	uidlist_init(&box->uids, box->uid_arena);
	if ((how & STORAGE_EXCLUSIVE) != 0 && path_lock(box, LOCK_POP3, false, err) < 0) {
		maildir_close(box);
		return -1;
	}
	*out = box;
	return 0;
}

static int
maildir_make(void *conf, struct str user, struct str name, struct err *err)
{
	char path[MAILDIR_PATH_MAX];
	int fd = -1;

	if (mailbox_path(user, name, path, sizeof path, err) == 0)
		fd = open_folder(conf, path, STORAGE_CREATE, err);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

/* INBOX, and each folder that has the name of one. */
static int
maildir_list(
    void *conf, struct str user, int (*fn)(struct str name, void *arg), void *arg, struct err *err)
{
	char path[MAILDIR_PATH_MAX];
	int fd = -1, result;
	struct dirent *at;
	struct buf name;
	DIR *dir;

	if (mailbox_path(user, STR("INBOX"), path, sizeof path, err) == 0)
		fd = open_folder(conf, path, 0, err);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL)
		return -1;
	buf_init(&name, 4096);
	result = fn(STR("INBOX"), arg);
	while (result == 0 && (at = readdir(dir)) != NULL)
		if ((at->d_type == DT_DIR || at->d_type == DT_UNKNOWN) &&
		    name_to_mailbox(str_of(at->d_name), &name) == 0)
			result = fn(buf_str(&name), arg);
	buf_free(&name);
	closedir(dir);
	return result;
}

static int
remove_files(int dir, const char *name)
{
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *at;

	if (files == NULL)
		return -1;
	while ((at = readdir(files)) != NULL)
		if (strcmp(at->d_name, ".") != 0 && strcmp(at->d_name, "..") != 0)
			unlinkat(fd, at->d_name, 0);
	closedir(files);
	return 0;
}

static int
maildir_remove(void *conf, struct str user, struct str name, struct err *err)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	char path[MAILDIR_PATH_MAX];
	int fd, root, result;

	if (mailbox_path(user, name, path, sizeof path, err) < 0)
		return -1;
	if (str_eq_nocase(name, STR("INBOX")))
		return err_set(err, "INBOX cannot be removed");
	fd = open_folder(conf, path, 0, err);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < 3; i++)
		if (remove_files(fd, parts[i]) == 0)
			unlinkat(fd, parts[i], AT_REMOVEDIR);
	remove_files(fd, ".");
	close(fd);
	root = path_open_root(conf, err);
	if (root < 0)
		return -1;
	result = unlinkat(root, path, AT_REMOVEDIR);
	if (result < 0)
		err_errno(err, "cannot remove %s", path);
	close(root);
	return result;
}

/* The folder itself and those below it: ".a" takes ".a.b" with it. */
static int
rename_folders(int dir, const char *from, const char *to, struct err *err)
{
	DIR *names = fdopendir(dup(dir));
	size_t len = strlen(from);
	struct dirent *at;
	int result = 0;

	if (names == NULL)
		return err_errno(err, "cannot read a mailbox");
	while (result == 0 && (at = readdir(names)) != NULL) {
		char target[600];

		if (strncmp(at->d_name, from, len) != 0 ||
		    (at->d_name[len] != '\0' && at->d_name[len] != '.'))
			continue;
		snprintf(target, sizeof target, "%s%s", to, at->d_name + len);
		result = renameat2(dir, at->d_name, dir, target, RENAME_NOREPLACE);
		if (result < 0)
			err_errno(err, "cannot rename %s to %s", at->d_name, target);
	}
	closedir(names);
	return result;
}

static int
maildir_rename(void *conf, struct str user, struct str from, struct str to, struct err *err)
{
	char path[MAILDIR_PATH_MAX], old[256], fresh[256];
	int fd, result;

	if (name_of_mailbox(from, old, sizeof old) < 0 ||
	    name_of_mailbox(to, fresh, sizeof fresh) < 0 || old[1] == '\0' || fresh[1] == '\0')
		return err_set(err, "%.*s cannot be renamed to %.*s", STR_FMT(from), STR_FMT(to));
	if (mailbox_path(user, STR("INBOX"), path, sizeof path, err) < 0)
		return -1;
	fd = open_folder(conf, path, 0, err);
	if (fd < 0)
		return -1;
	result = rename_folders(fd, old, fresh, err);
	if (result == 0 && fsync(fd) < 0)
		result = err_errno(err, "cannot sync %s", path);
	close(fd);
	return result;
}

/* What the uidlist and the name tell; nothing is opened. */
static void
describe(const struct uid_entry *e, struct storage_message *m)
{
	int64_t said = folder_size_in_name(e->name, 'W');

	m->uid = e->uid;
	m->size = said >= 0 ? (uint64_t)said : e->size;
	m->flags = folder_flags(e->info);
	m->date_ns = 1000000000 * (e->date != 0 ? e->date : folder_date_in_name(e->name));
	m->name = e->name;
	m->pop3_uid = e->pop3;
}

static int
maildir_messages(struct mailbox *box, struct arena *arena, struct storage_message **messages,
    size_t *count, uint32_t *uid_validity, uint32_t *uid_next, struct err *err)
{
	size_t all;

	if (folder_look(box, true, err) < 0)
		return -1;
	all = uidlist_count(&box->uids);
	*messages = arena_alloc(arena, (all + 1) * sizeof **messages);
	*count = 0;
	for (size_t i = 0; i < all; i++) {
		struct uid_entry *e = uidlist_at(&box->uids, i);

		if (e->where != UID_GONE)
			describe(e, &(*messages)[(*count)++]);
	}
	*uid_validity = box->uids.validity;
	*uid_next = box->uids.next;
	return 0;
}

static const struct storage storage = {
	.size = sizeof(struct storage),
	.open = maildir_open,
	.close = maildir_close,
	.list = maildir_list,
	.make = maildir_make,
	.remove = maildir_remove,
	.rename = maildir_rename,
	.append = append_message,
	.messages = maildir_messages,
	.read = message_read_at,
	.change = message_change,
};

MODULE(maildir) = {
	.abi = MODULE_ABI,
	.summary = "keep mail in Maildir++ folders",
	.conf_size = sizeof(struct maildir),
	.options = options,
	.start = start,
	.storage = &storage,
};
