/* SPDX-License-Identifier: MIT */
/*
 * expunged -- what was expunged lately: the file `postern-expunged`, lines "1763712000 BASENAME".
 *
 * After a loss of power the spool looks for messages whose delivery was not on disk for certain,
 * and delivers again what it misses; what stands here was missed because its owner wanted so. Only
 * names that local delivery made are recorded, and forgotten after 30 days: the spool's checkpoint
 * is seconds behind.
 */
#include "modules/maildir/maildir.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEEP_SECONDS = 30 * 24 * 3600, PRUNE_BYTES = 256 * 1024, EXPUNGED_MAX = 256 * 1024 * 1024 };

static int
read_lines(struct mailbox *box, struct buf *text, struct err *err)
{
	buf_init(text, EXPUNGED_MAX);
	return path_read_file(box->fd, MAILDIR_EXPUNGED, text, err);
}

bool
expunged_has(struct mailbox *box, struct str base)
{
	struct str rest, line, seconds;
	struct buf text;
	bool has = false;

	if (read_lines(box, &text, NULL) > 0) {
		rest = buf_str(&text);
		while (!has && str_cut(&rest, '\n', &line))
			has = str_cut(&line, ' ', &seconds) && str_eq(line, base);
	}
	buf_free(&text);
	return has;
}

static void
copy_recent(struct str rest, time_t now, struct buf *to)
{
	struct str line, name, seconds;
	uint64_t when;

	while (str_cut(&rest, '\n', &line)) {
		name = line;
		if (!str_cut(&name, ' ', &seconds) || !str_number(seconds, INT64_MAX, &when) ||
		    (time_t)when < now - KEEP_SECONDS)
			continue;
		buf_add_str(to, line);
		buf_add_byte(to, '\n');
	}
}

/* Written anew without what is old. A failure is no harm: it is only longer than it has to be. */
static void
prune(struct mailbox *box, time_t now)
{
	static const char fresh[] = MAILDIR_EXPUNGED ".new";
	struct buf text, kept;
	int fd;

	if (read_lines(box, &text, NULL) > 0) {
		buf_init(&kept, EXPUNGED_MAX);
		copy_recent(buf_str(&text), now, &kept);
		fd = path_create(box->set, box->fd, fresh, O_WRONLY | O_TRUNC);
		if (fd >= 0 && path_write(fd, buf_str(&kept)) == 0 && fsync(fd) == 0)
			renameat(box->fd, fresh, box->fd, MAILDIR_EXPUNGED);
		if (fd >= 0)
			close(fd);
		buf_free(&kept);
	}
	buf_free(&text);
}

static int
add_lines(struct mailbox *box, struct str lines, time_t now, struct err *err)
{
	int fd = path_create(box->set, box->fd, MAILDIR_EXPUNGED, O_WRONLY | O_APPEND);
	struct stat st;
	int result = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && path_write(fd, lines) == 0 && fdatasync(fd) == 0)
		result = st.st_size > 0 ? 0 : fsync(box->fd);
	if (result < 0)
		err_errno(err, "cannot write %s/" MAILDIR_EXPUNGED, box->path);
	else if (st.st_size > PRUNE_BYTES)
		prune(box, now);
	if (fd >= 0)
		close(fd);
	return result;
}

/* Under the lock, because another may be pruning. Each batch begins with a line end: the last line
 * may be torn. */
int
expunged_add(struct mailbox *box, const struct str *names, size_t count, struct err *err)
{
	time_t now = time(NULL);
	struct buf lines;
	int result = 0;

	buf_init(&lines, EXPUNGED_MAX);
	buf_add_byte(&lines, '\n');
	for (size_t i = 0; i < count; i++)
		if (folder_is_ours(names[i]) && folder_date_in_name(names[i]) > now - KEEP_SECONDS)
			buf_printf(&lines, "%lld %.*s\n", (long long)now, STR_FMT(names[i]));
	if (lines.len > 1) {
		result = path_lock(box, LOCK_UIDS, true, err);
		if (result == 0) {
			result = add_lines(box, buf_str(&lines), now, err);
			path_unlock(box, LOCK_UIDS);
		}
	}
	buf_free(&lines);
	return result;
}
