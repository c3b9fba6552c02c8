/* SPDX-License-Identifier: MIT */
/* users -- the text file that passwd reads: one user a line, read again whenever it has changed. */
#include "modules/passwd/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

void
users_open(struct users *u, const char *path)
{
	u->path = path;
	pthread_mutex_init(&u->lock, NULL);
	u->arena = arena_create(NULL);
}

void
users_close(struct users *u)
{
	arena_destroy(u->arena);
	pthread_mutex_destroy(&u->lock);
}

/* ---- reading */

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

static int
read_all(int fd, struct buf *text)
{
	ssize_t got;
	char *room;

	while ((room = buf_room(text, 64 * 1024)) != NULL) {
		got = read(fd, room, 64 * 1024);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		buf_grow(text, (size_t)got);
	}
	errno = EFBIG;
	return -1;
}

/* The file's text and what stat says of it: 1; 0: there is no such file; -1. */
static int
read_file(const char *path, struct buf *text, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, "cannot open %s", path);
	result = fstat(fd, st) < 0 || read_all(fd, text) < 0
		     ? err_errno(err, "cannot read %s", path)
		     : 1;
	close(fd);
	return result;
}

/* One line, without its end. False: it is none that names a user. */
static bool
parse_line(struct arena *arena, struct str line, struct user *user)
{
	struct str name, hash, keys, home;

	if (!str_cut(&line, ':', &name) || str_find(name, '@') <= 0)
		return false;
	if (!str_cut(&line, ':', &hash))
		line = (struct str){ "", 0 };
	if (!str_cut(&line, ':', &keys))
		line = (struct str){ "", 0 };
	str_cut(&line, ':', &home);
	user->locked = hash.len > 0 && hash.p[0] == '!';
	user->name = str_lower(arena, name).p;
	user->hash = str_copy(arena, user->locked ? str_from(hash, 1) : hash).p;
	user->keys = str_copy(arena, keys).p;
	user->home = str_copy(arena, home).p;
	return true;
}

static void
parse(struct users *u, struct str text)
{
	struct str line;
	size_t lines = 1, number = 0;
	bool more = true;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	u->items = arena_alloc(u->arena, lines * sizeof *u->items);
	u->count = 0;
	while (more) {
		more = str_cut(&text, '\n', &line);
		number++;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		if (parse_line(u->arena, line, &u->items[u->count]))
			u->count++;
		else
			log_warning(
			    "%s:%zu: not a line of the form name@domain:hash", u->path, number);
	}
	qsort(u->items, u->count, sizeof *u->items, compare);
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Make the table that of the present file; under the lock. */
static int
refresh(struct users *u, struct err *err)
{
	struct stat st = { 0 };
	struct buf text;
	int result;

	if (stat(u->path, &st) < 0)
		return err_errno(err, "cannot find %s", u->path);
	if (u->items != NULL && same_file(&st, &u->seen))
		return 0;
	buf_init(&text, FILE_MAX);
	result = read_file(u->path, &text, &st, err);
	if (result == 0)
		result = err_set(err, "%s has just gone", u->path);
	if (result == 1) {
		if ((st.st_mode & 07) != 0)
			log_warning(
			    "%s has password hashes and can be read by everyone: chmod o= it",
			    u->path);
		arena_reset(u->arena);
		parse(u, buf_str(&text));
		u->seen = st;
	}
	if (text.p != NULL)
		explicit_bzero(text.p, text.len);
	buf_free(&text);
	return result == 1 ? 0 : -1;
}

/* What somebody who is not there is checked against, so that it takes as long. */
static const char *
any_hash(const struct users *u)
{
	for (size_t i = 0; i < u->count; i++)
		if (strncmp(u->items[i].hash, "$argon2id$", 10) == 0)
			return u->items[i].hash;
	return u->count > 0 ? u->items[0].hash : "";
}

int
users_find(struct users *u, struct arena *arena, struct str local, struct str domain,
    struct user *user, struct err *err)
{
	struct str name = str_of(arena_printf(arena, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain)));
	struct user wanted = { .name = str_lower(arena, name).p };
	const struct user *found = NULL;
	int result;

	pthread_mutex_lock(&u->lock);
	result = refresh(u, err);
	if (result == 0) {
		if (u->count > 0)
			found = bsearch(&wanted, u->items, u->count, sizeof *u->items, compare);
		*user = found != NULL ? *found : wanted;
		user->hash = arena_strdup(arena, found != NULL ? found->hash : any_hash(u));
		user->name = arena_strdup(arena, user->name);
		user->keys = arena_strdup(arena, found != NULL ? found->keys : "");
		user->home = arena_strdup(arena, found != NULL ? found->home : "");
		result = found != NULL;
	}
	pthread_mutex_unlock(&u->lock);
	return result;
}

const char *const *
users_names(struct users *u, struct arena *arena, size_t *count, struct err *err)
{
	const char **names = NULL;

	pthread_mutex_lock(&u->lock);
	if (refresh(u, err) == 0) {
		names = arena_alloc(arena, (u->count + 1) * sizeof *names);
		*count = u->count;
		for (size_t i = 0; i < u->count; i++)
			names[i] = arena_strdup(arena, u->items[i].name);
	}
	pthread_mutex_unlock(&u->lock);
	return names;
}

/* ---- changing */

/* Is this the line of `name`? */
static bool
is_of(struct str line, const char *name)
{
	struct str before;

	return str_cut(&line, ':', &before) && str_eq_nocase(before, str_of(name));
}

/* The new text in `to`: 1, 0 where the change does not apply, -1 where it is too large. */
static int
edit(struct buf *to, struct str text, enum users_change change, const char *name, const char *rest)
{
	struct str line;
	bool found = false;

	while (text.len > 0) {
		str_cut(&text, '\n', &line);
		if (line.p + line.len == text.p + text.len)
			text.len = 0;
		if (!is_of(line, name)) {
			buf_printf(to, "%.*s\n", STR_FMT(line));
			continue;
		}
		found = true;
		if (change == USERS_ADD)
			return 0;
		if (change == USERS_REPLACE)
			buf_printf(to, "%s:%s\n", name, rest);
	}
	if (change == USERS_ADD)
		buf_printf(to, "%s:%s\n", name, rest);
	else if (!found)
		return 0;
	return to->over ? -1 : 1;
}

static int
write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.p, text.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text = str_from(text, (size_t)put);
	}
	return fsync(fd);
}

/* The name stands durably only when its folder does. */
static int
sync_folder(struct arena *arena, const char *path)
{
	struct str folder = str_of(path);
	ptrdiff_t slash = str_find_last(folder, '/');
	int fd, result;

	folder.len = slash > 0 ? (size_t)slash : 1;
	fd = open(slash < 0 ? "." : str_copy(arena, folder).p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	close(fd);
	return result;
}

/* Put `text` in the place of the file, with the owner that the old one had. */
static int
replace(
    struct arena *arena, const char *path, const struct stat *old, struct str text, struct err *err)
{
	const char *tmp = arena_printf(arena, "%s.new", path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, "cannot make %s", tmp);
	if ((old->st_nlink > 0 && fchown(fd, old->st_uid, old->st_gid) < 0) ||
	    (old->st_nlink > 0 && fchmod(fd, old->st_mode & 0640) < 0) || write_all(fd, text) < 0) {
		err_errno(err, "cannot write %s", tmp);
		close(fd);
		unlink(tmp);
		return -1;
	}
	close(fd);
	if (rename(tmp, path) < 0)
		return err_errno(err, "cannot rename %s", tmp);
	return sync_folder(arena, path) < 0 ? err_errno(err, "cannot sync the folder of %s", path)
					    : 0;
}

/* Nobody else changes the file while the descriptor is open. */
static int
lock_file(struct arena *arena, const char *path, struct err *err)
{
	const char *name = arena_printf(arena, "%s.lock", path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return err_errno(err, "cannot open %s", name);
	if (fcntl(fd, F_OFD_SETLKW, &whole) == 0)
		return fd;
	err_errno(err, "cannot lock %s", name);
	close(fd);
	return -1;
}

int
users_change(
    struct users *u, enum users_change change, const char *name, const char *rest, struct err *err)
{
	struct arena *arena = arena_create(NULL);
	struct stat old = { 0 };
	struct buf before, after;
	int fd = lock_file(arena, u->path, err), result = -1;

	buf_init(&before, FILE_MAX);
	buf_init(&after, FILE_MAX);
	if (fd >= 0 && read_file(u->path, &before, &old, err) >= 0) {
		result = edit(&after, buf_str(&before), change, name, rest);
		if (result < 0)
			err_set(err, "%s would be too large", u->path);
		if (result == 1 && replace(arena, u->path, &old, buf_str(&after), err) < 0)
			result = -1;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&before);
	buf_free(&after);
	arena_destroy(arena);
	return result;
}
