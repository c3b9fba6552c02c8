/* SPDX-License-Identifier: MIT */
/* story_expect -- the world after the dialogue: log, spool, mailboxes. */
#include "core/story/story_expect.h"
#include "core/base/arena.h"
#include "core/spool/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct expecting {
	struct world *world;
	struct story_words *words;
	struct str text; /* the arguments */
	struct buf *got;
};

static bool
expect_log(struct expecting *e)
{
	struct str log = world_log(e->world), line;

	while (log.len > 0) {
		str_cut(&log, '\n', &line);
		if (story_match(e->words, e->text, line))
			return true;
	}
	buf_printf(e->got, "no such line in the log");
	return false;
}

/* `expect no log`: what a line was like, where there is one. */
static bool
expect_no_log(struct expecting *e)
{
	struct str log = world_log(e->world), line;

	while (log.len > 0) {
		str_cut(&log, '\n', &line);
		if (!story_match(e->words, e->text, line))
			continue;
		buf_printf(e->got, "%.*s", STR_FMT(line));
		return false;
	}
	return true;
}

/* A message counts while one of its recipients waits or is parked. */
static int
count_one(const struct envelope *envelope, const char *log, void *arg)
{
	size_t *count = arg;

	(void)log;
	for (size_t i = 0; i < envelope->rcpt_count; i++) {
		enum rcpt_state state = envelope->rcpts[i].state;

		if (state == RCPT_QUEUED || state == RCPT_PARKED)
			return ++*count, 0;
	}
	return 0;
}

static bool
expect_spool(struct expecting *e)
{
	char dir[200];
	size_t count = 0;
	uint64_t want = 0;
	struct err err;

	snprintf(dir, sizeof dir, "%s/spool", world_data(e->world));
	if (!str_number(e->text, 1000000, &want) || spool_scan(dir, count_one, &count, &err) < 0) {
		buf_printf(e->got, "cannot count the spool");
		return false;
	}
	buf_printf(e->got, "%zu messages in the spool", count);
	return count == want;
}

static void
box_path(struct expecting *e, struct str name, const char *folder, char *to, size_t size)
{
	struct str local, domain = name;

	str_cut(&domain, '@', &local);
	snprintf(to, size, "%s/mail/%.*s/%.*s/%s", world_data(e->world), STR_FMT(domain),
	    STR_FMT(local), folder);
}

/* Call for each message file of the mailbox; a true answer ends it and is returned. */
static bool
each_message(struct expecting *e, struct str name,
    bool (*fn)(struct expecting *, int dir, const char *file), size_t *count)
{
	static const char *const folders[] = { "new", "cur" };
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		char path[400];
		struct dirent *entry;
		DIR *dir;

		box_path(e, name, folders[i], path, sizeof path);
		if ((dir = opendir(path)) == NULL)
			continue;
		while (!found && (entry = readdir(dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			++*count;
			found = fn != NULL && fn(e, dirfd(dir), entry->d_name);
		}
		closedir(dir);
	}
	return found;
}

static bool
expect_mailbox(struct expecting *e)
{
	struct str rest = e->text, name;
	size_t count = 0;
	uint64_t want = 0;

	str_cut(&rest, ' ', &name);
	each_message(e, name, NULL, &count);
	buf_printf(e->got, "%zu messages", count);
	return str_number(str_trim(rest), 1000000, &want) && count == want;
}

static bool
any_line_matches(struct expecting *e, int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	struct buf text;
	struct str rest, line;
	char *room;
	ssize_t got;
	bool found = false;

	if (fd < 0)
		return false;
	buf_init(&text, STORY_MAX);
	while ((room = buf_room(&text, 4096)) != NULL && (got = read(fd, room, 4096)) > 0)
		buf_grow(&text, (size_t)got);
	close(fd);
	for (rest = buf_str(&text); !found && rest.len > 0;) {
		str_cut(&rest, '\n', &line);
		found = story_match(e->words, e->text, line);
	}
	if (!found)
		buf_printf(e->got, "%.*s", text.len > 2000 ? 2000 : (int)text.len, buf_text(&text));
	buf_free(&text);
	return found;
}

static bool
expect_mail(struct expecting *e)
{
	struct str name;
	size_t count = 0;

	str_cut(&e->text, ' ', &name);
	if (each_message(e, name, any_line_matches, &count))
		return true;
	buf_printf(e->got, "(%zu messages)", count);
	return false;
}

static bool
expect_no_mail(struct expecting *e)
{
	return !expect_mail(e);
}

/* clang-format off */
static const struct {
	const char *words;
	bool (*fn)(struct expecting *);
} kinds[] = {
	{ "log ",     expect_log },
	{ "no log ",  expect_no_log },
	{ "spool ",   expect_spool },
	{ "mailbox ", expect_mailbox },
	{ "mail ",    expect_mail },
	{ "no mail ", expect_no_mail },
};
/* clang-format on */

bool
story_expect(struct world *w, struct story_words *words, struct str text, struct buf *got)
{
	struct expecting e = { w, words, { "", 0 }, got };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!str_starts(text, str_of(kinds[i].words)))
			continue;
		for (unsigned attempt = 0;; attempt++) {
			e.text = str_from(text, strlen(kinds[i].words));
			buf_clear(got);
			if (kinds[i].fn(&e))
				return true;
			if (!world_try_again(w, attempt))
				return false;
		}
	}
	buf_printf(got, "this cannot be expected");
	return false;
}
