/* SPDX-License-Identifier: MIT */
/*
 * folder -- which messages there are: new/ and cur/ read, and matched with the uidlist.
 *
 * Other programs add, move and remove files at any time. A message that another moves while the
 * folder is being read can be missed, so nothing is taken for gone before a second look.
 */
#include "modules/maildir/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	struct str base, info;
	bool in_new;
};

/* ---- names */

struct str
folder_base(struct str file_name)
{
	struct str base;

	str_cut(&file_name, ':', &base);
	return base;
}

int64_t
folder_size_in_name(struct str base, char letter)
{
	struct str field;
	uint64_t size;

	str_cut(&base, ',', &field);
	for (bool more = base.len > 0; more;) {
		more = str_cut(&base, ',', &field);
		if (field.len > 2 && field.p[0] == letter && field.p[1] == '=' &&
		    str_number(str_from(field, 2), INT64_MAX, &size))
			return (int64_t)size;
	}
	return -1;
}

/* The names that we make begin with the internal date; in others it is when somebody delivered. */
bool
folder_is_ours(struct str base)
{
	struct str unique;

	str_cut(&base, ',', &unique);
	return str_ends_nocase(unique, STR("." MAILDIR_HOST));
}

int64_t
folder_date_in_name(struct str base)
{
	struct str seconds;
	uint64_t n;

	str_cut(&base, '.', &seconds);
	return str_number(seconds, INT64_MAX / 1000000000, &n) ? (int64_t)n : 0;
}

static const struct {
	char letter;
	uint32_t flag;
} flags[] = {
	{ 'D', STORAGE_DRAFT },
	{ 'F', STORAGE_FLAGGED },
	{ 'P', STORAGE_FORWARDED },
	{ 'R', STORAGE_ANSWERED },
	{ 'S', STORAGE_SEEN },
	{ 'T', STORAGE_DELETED },
};

/* Of ":2,RS". Lower-case letters are keywords of `dovecot-keywords`: kept where they stand. */
uint32_t
folder_flags(struct str info)
{
	uint32_t found = 0;

	if (!str_starts(info, STR(":2,")))
		return 0;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (str_find(str_from(info, 3), flags[i].letter) >= 0)
			found |= flags[i].flag;
	return found;
}

/* In the order of ASCII, as Maildir wants them. */
const char *
folder_flag_letters(uint32_t set, char to[8])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if ((set & flags[i].flag) != 0)
			to[n++] = flags[i].letter;
	to[n] = '\0';
	return to;
}

/* ---- one look */

static bool
is_regular(int dir, const struct dirent *at)
{
	struct stat st;

	if (at->d_type != DT_UNKNOWN)
		return at->d_type == DT_REG;
	return fstatat(dir, at->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int
read_folder(
    struct mailbox *box, const char *part, struct buf *files, struct arena *arena, struct err *err)
{
	int fd = path_open(box->fd, part, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *at;

	if (dir == NULL) {
		err_errno(err, "cannot read %s/%s", box->path, part);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((at = readdir(dir)) != NULL) {
		struct str name = str_of(at->d_name);
		struct file f = { .in_new = part[0] == 'n' };

		if (!uidlist_name_is_valid(name) || !is_regular(fd, at) ||
		    folder_base(name).len == 0)
			continue;
		name = str_copy(arena, name);
		f.base = folder_base(name);
		f.info = str_from(name, f.base.len);
		buf_add(files, &f, sizeof f);
	}
	closedir(dir);
	return 0;
}

static int
by_base(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int order = str_compare(x->base, y->base);

	return order != 0 ? order : (int)x->in_new - (int)y->in_new;
}

static struct file *
find_file(const struct buf *files, struct str base)
{
	struct file key = { .base = base };
	struct file *at = bsearch(&key, files->p, files->len / sizeof key, sizeof key, by_base);

	if (at != NULL)
		return at;
	key.in_new = true;
	return bsearch(&key, files->p, files->len / sizeof key, sizeof key, by_base);
}

/* Both folders, by name. new/ first: a file that moves to cur/ meanwhile is seen twice rather than
 * never. */
static int
read_both(struct mailbox *box, struct buf *files, struct arena *arena, struct err *err)
{
	buf_clear(files);
	if (read_folder(box, "new", files, arena, err) < 0 ||
	    read_folder(box, "cur", files, arena, err) < 0)
		return -1;
	if (files->len > 0)
		qsort(files->p, files->len / sizeof(struct file), sizeof(struct file), by_base);
	return 0;
}

/* Where the messages of the list are. Files that are found lose their name: the rest is new.
 * Returns how many were missed. */
static size_t
match(struct mailbox *box, const struct buf *files)
{
	size_t count = uidlist_count(&box->uids), missed = 0;

	for (size_t i = 0; i < count; i++) {
		struct uid_entry *e = uidlist_at(&box->uids, i);
		const struct file *f = files->len == 0 ? NULL : find_file(files, e->name);

		missed += f == NULL && e->where != UID_GONE;
		e->where = f == NULL ? UID_GONE : f->in_new ? UID_IN_NEW : UID_IN_CUR;
		e->info = f == NULL ? (struct str){ 0 } : f->info;
	}
	return missed;
}

static int
by_pointed_name(const void *a, const void *b)
{
	struct uid_entry *const *x = a, *const *y = b;

	return str_compare((*x)->name, (*y)->name);
}

/* Files that the list does not have, in `unknown` (pointers into `files`), oldest first. */
static int
by_age(const void *a, const void *b)
{
	struct file *const *x = a, *const *y = b;
	int64_t older = folder_date_in_name((*x)->base), newer = folder_date_in_name((*y)->base);

	return older != newer ? (older < newer ? -1 : 1) : str_compare((*x)->base, (*y)->base);
}

static void
find_unknown(struct mailbox *box, const struct buf *files, struct buf *unknown)
{
	size_t count = uidlist_count(&box->uids), total = files->len / sizeof(struct file), k = 0;
	struct file *all = (struct file *)(void *)files->p;
	struct buf sorted;
	struct uid_entry **known;

	buf_init(&sorted, SIZE_MAX / 2);
	for (size_t i = 0; i < count; i++) {
		struct uid_entry *e = uidlist_at(&box->uids, i);

		buf_add(&sorted, &e, sizeof(void *));
	}
	known = (struct uid_entry **)(void *)sorted.p;
	if (count > 0)
		qsort(known, count, sizeof *known, by_pointed_name);
	for (size_t i = 0; i < total; i++) {
		struct file *f = &all[i];

		if (i > 0 && str_eq(f->base, all[i - 1].base))
			continue;
		while (k < count && str_compare(known[k]->name, f->base) < 0)
			k++;
		if (k == count || !str_eq(known[k]->name, f->base))
			buf_add(unknown, &f, sizeof(void *));
	}
	if (unknown->len > 0)
		qsort(unknown->p, unknown->len / sizeof(void *), sizeof(void *), by_age);
	buf_free(&sorted);
}

/*
 * A power cut may leave the name of a message and not its bytes: until the spool has delivered it
 * again it has no UID, and nobody is shown an empty message.
 */
static bool
is_whole(struct mailbox *box, const char *path, struct str base)
{
	struct stat st;

	return fstatat(box->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_size == folder_size_in_name(base, 'S');
}

/* What the name of another's message does not tell is found in the file, once, and kept in the
 * list. */
static int
learn(struct mailbox *box, const struct file *f, uint64_t *size, int64_t *date)
{
	char path[300];
	struct stat st;
	int fd, result;

	*size = 0;
	*date = 0;
	snprintf(path, sizeof path, "%s/%.*s%.*s", f->in_new ? "new" : "cur", STR_FMT(f->base),
	    STR_FMT(f->info));
	if (folder_is_ours(f->base) && folder_size_in_name(f->base, 'W') >= 0)
		return is_whole(box, path, f->base) ? 0 : -1;
	fd = path_open(box->fd, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0 || !path_is_message(fd, NULL) || fstat(fd, &st) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	result = folder_size_in_name(f->base, 'W') >= 0 ? 0 : message_size_of(fd, size, NULL);
	if (st.st_mtim.tv_sec != folder_date_in_name(f->base) && st.st_mtim.tv_sec > 0)
		*date = st.st_mtim.tv_sec;
	close(fd);
	return result;
}

static int
assign_uids(struct mailbox *box, const struct buf *unknown, struct err *err)
{
	size_t count = unknown->len / sizeof(void *), first = uidlist_count(&box->uids);

	for (size_t i = 0; i < count; i++) {
		const struct file *f = ((struct file **)(void *)unknown->p)[i];
		struct uid_entry *e;
		uint64_t size;
		int64_t date;

		if (learn(box, f, &size, &date) < 0)
			continue; /* it went while we looked, or is not what it seems */
		e = uidlist_add(&box->uids, f->base, size, date, STR(""));
		if (e == NULL)
			return err_set(
			    err, "%s has no UIDs left: remove its " MAILDIR_UIDLIST, box->path);
		e->info = f->info;
		e->where = f->in_new ? UID_IN_NEW : UID_IN_CUR;
	}
	return uidfile_append(box, first, err);
}

/* New messages get their UIDs, under the lock: another may have given them meanwhile. */
static int
assign(struct mailbox *box, const struct buf *files, struct buf *unknown, struct err *err)
{
	int result = -1;

	if (path_lock(box, LOCK_UIDS, true, err) < 0)
		return -1;
	if (uidfile_load_to_write(box, err) == 0 &&
	    (box->uids.validity != 0 || uidfile_begin(box, err) == 0)) {
		match(box, files);
		buf_clear(unknown);
		find_unknown(box, files, unknown);
		result = assign_uids(box, unknown, err);
	}
	path_unlock(box, LOCK_UIDS);
	return result;
}

static bool
is_worth_tidying(const struct mailbox *box)
{
	size_t count = uidlist_count(&box->uids), gone = 0;

	for (size_t i = 0; i < count; i++)
		gone += uidlist_at(&box->uids, i)->where == UID_GONE;
	return !box->read_only && gone >= 1000 && gone >= count / 2;
}

/* Lines of messages that are gone go when they are most of the file; unless another has added to it
 * meanwhile. */
static int
tidy(struct mailbox *box, const struct buf *files, struct err *err)
{
	size_t count = uidlist_count(&box->uids);
	int result;

	if (path_lock(box, LOCK_UIDS, true, err) < 0)
		return -1;
	result = uidfile_load_to_write(box, err);
	match(box, files);
	if (result == 0 && uidlist_count(&box->uids) == count)
		result = uidfile_rewrite(box, err);
	match(box, files);
	path_unlock(box, LOCK_UIDS);
	return result;
}

/* Bring the list up to date with the files; with `give`, messages that have none get their UIDs. */
int
folder_look(struct mailbox *box, bool give, struct err *err)
{
	struct arena *look = arena_create(box->arena);
	struct buf files, unknown;
	int result;

	buf_init(&files, SIZE_MAX / 2);
	buf_init(&unknown, SIZE_MAX / 2);
	result = uidfile_load(box, err);
	if (result == 0)
		result = read_both(box, &files, look, err);
	if (result == 0 && match(box, &files) > 0) {
		result = read_both(box, &files, look, err);
		if (result == 0)
			match(box, &files);
	}
	if (result == 0)
		find_unknown(box, &files, &unknown);
	if (result == 0 && give && (unknown.len > 0 || box->uids.validity == 0))
		result = assign(box, &files, &unknown, err);
	if (result == 0 && give && is_worth_tidying(box))
		result = tidy(box, &files, err);
	arena_destroy(box->look);
	box->look = look;
	buf_free(&files);
	buf_free(&unknown);
	return result;
}

/* The present name of the file, "cur/1763712000.I0aQ3xR0.postern,S=8,W=9:2,S"; 1, 0 it is nowhere,
 * -1. */
int
folder_find(struct mailbox *box, struct str base, char *name, size_t size, struct err *err)
{
	struct arena *arena = arena_create(box->arena);
	struct buf files;
	int result;

	buf_init(&files, SIZE_MAX / 2);
	result = read_both(box, &files, arena, err);
	if (result == 0 && files.len > 0) {
		const struct file *f = find_file(&files, base);

		if (f != NULL) {
			snprintf(name, size, "%s/%.*s%.*s", f->in_new ? "new" : "cur",
			    STR_FMT(f->base), STR_FMT(f->info));
			result = 1;
		}
	}
	buf_free(&files);
	arena_destroy(arena);
	return result;
}
