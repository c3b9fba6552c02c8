/* SPDX-License-Identifier: MIT */
/* story_read -- from a file to a struct story: one table of directives. */
#include "core/story/story.h"
#include "core/base/arena.h"
#include "core/text/date.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct reader {
	struct arena *arena;
	struct story *story;
	struct err *err;
	int line;
	struct str rest; /* the lines not yet read */
};

static int
wrong(struct reader *r, const char *format, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return err_set(r->err, "%s:%d: %s", r->story->path, r->line, text);
}

static int
add_step(struct reader *r, enum step_kind kind, unsigned connection, struct str text)
{
	struct story *s = r->story;
	struct story_step *grown;

	if (s->step_count == STORY_STEPS_MAX)
		return wrong(r, "more than %d lines of dialogue", STORY_STEPS_MAX);
	if (s->step_count == s->step_room) {
		s->step_room = s->step_room > 0 ? s->step_room * 2 : 32;
		grown = arena_alloc(r->arena, s->step_room * sizeof *grown);
		if (s->step_count > 0)
			memcpy(grown, s->steps, s->step_count * sizeof *grown);
		s->steps = grown;
	}
	s->steps[s->step_count++] =
	    (struct story_step){ kind, connection, r->line, str_copy(r->arena, text) };
	return 0;
}

/* Behind the last one, so that the order of the file is kept. */
static int
add_pair(struct reader *r, struct story_pair **first, struct str text)
{
	struct story_pair *p = arena_alloc(r->arena, sizeof *p);
	struct str rest = text, name;

	str_cut(&rest, ' ', &name);
	p->name = str_copy(r->arena, name);
	p->value = str_copy(r->arena, str_trim(rest));
	while (*first != NULL)
		first = &(*first)->next;
	*first = p;
	return 0;
}

static int
on_config(struct reader *r, struct str text)
{
	return buf_printf(&r->story->config, "%.*s\n", STR_FMT(text));
}

static int
on_listen(struct reader *r, struct str text)
{
	return add_pair(r, &r->story->listens, text);
}

static int
on_module(struct reader *r, struct str text)
{
	struct str rest = text, name;

	str_cut(&rest, ' ', &name);
	return buf_printf(&r->story->uses, "use \"%.*s\" { %.*s }\n", STR_FMT(name), STR_FMT(rest));
}

static int
on_policy(struct reader *r, struct str text)
{
	if (str_find(text, '(') >= 0)
		return buf_printf(&r->story->script, "%.*s\n", STR_FMT(text));
	return add_pair(r, &r->story->scripts, text);
}

static int
on_option(struct reader *r, struct str text)
{
	struct str rest = text, name;

	if (!str_cut(&rest, ' ', &name))
		return wrong(r, "option needs a name and a value");
	rest = str_trim(rest);
	return buf_printf(&r->story->options, ", %.*s = \"%.*s\"", STR_FMT(name), STR_FMT(rest));
}

static int
on_user(struct reader *r, struct str text)
{
	return add_pair(r, &r->story->users, text);
}

static int
on_mail(struct reader *r, struct str text)
{
	return add_pair(r, &r->story->mails, text);
}

static int
on_dns(struct reader *r, struct str text)
{
	return add_pair(r, &r->story->dns, text);
}

static int
on_clock(struct reader *r, struct str text)
{
	int64_t seconds;

	r->story->needs_fake_clock = true;
	if (text.len > 0 && text.p[0] == '+')
		return add_step(r, STORY_CLOCK, 0, str_from(text, 1));
	if (!date_parse_rfc3339(text, &seconds))
		return wrong(r, "clock needs a time like 2026-11-21T07:30:00Z, or +90s");
	r->story->clock_ns = seconds * 1000000000;
	return 0;
}

static int
on_segments(struct reader *r, struct str text)
{
	if (!str_eq(text, STR("whole")))
		return wrong(r, "segments can only be whole");
	r->story->whole_only = true;
	return 0;
}

static int
on_client(struct reader *r, struct str text)
{
	return add_step(r, STORY_CLIENT, 0, text);
}

static int
on_client2(struct reader *r, struct str text)
{
	return add_step(r, STORY_CLIENT, 1, text);
}

static int
on_tls(struct reader *r, struct str text)
{
	return add_step(r, STORY_TLS, 0, text);
}

static int
on_tls2(struct reader *r, struct str text)
{
	return add_step(r, STORY_TLS, 1, text);
}

static int
on_expect(struct reader *r, struct str text)
{
	return add_step(r, STORY_EXPECT_WORLD, 0, text);
}

static int on_repeat(struct reader *r, struct str text);

/* clang-format off */
static const struct directive {
	const char *name;
	int (*fn)(struct reader *, struct str text);
} directives[] = {
	{ "client",   on_client },
	{ "client2",  on_client2 },
	{ "clock",    on_clock },
	{ "config",   on_config },
	{ "dns",      on_dns },
	{ "expect",   on_expect },
	{ "listen",   on_listen },
	{ "mail",     on_mail },
	{ "module",   on_module },
	{ "option",   on_option },
	{ "policy",   on_policy },
	{ "repeat",   on_repeat },
	{ "segments", on_segments },
	{ "tls",      on_tls },
	{ "tls2",     on_tls2 },
	{ "user",     on_user },
};

static const struct dialogue {
	char who, mark;
	enum step_kind kind;
} dialogues[] = {
	{ 'C', ':', STORY_SEND },
	{ 'C', '=', STORY_SEND_RAW },
	{ 'C', '-', STORY_CLIENT_CLOSES },
	{ 'S', ':', STORY_EXPECT_LINE },
	{ 'S', '*', STORY_EXPECT_SKIPPING },
	{ 'S', '!', STORY_EXPECT_NO_LINE },
	{ 'S', '-', STORY_SERVER_CLOSES },
};
/* clang-format on */

/* "C: ", "S2* " and the like: 1 it was one, 0 it is none, -1 failed. */
static int
read_dialogue(struct reader *r, struct str line)
{
	bool second = line.len > 1 && line.p[1] == '2';
	size_t at = second ? 2 : 1;

	if (line.len <= at || (line.p[0] != 'C' && line.p[0] != 'S'))
		return 0;
	for (size_t i = 0; i < sizeof dialogues / sizeof dialogues[0]; i++) {
		const struct dialogue *d = &dialogues[i];

		if (d->who != line.p[0] || d->mark != line.p[at])
			continue;
		line = str_from(line, at + 1);
		if (line.len > 0 && line.p[0] == ' ')
			line = str_from(line, 1);
		return add_step(r, d->kind, second, line) < 0 ? -1 : 1;
	}
	return 0;
}

static int
read_line(struct reader *r, struct str line)
{
	struct str rest, name;
	int r1;

	if (str_trim(line).len == 0 || line.p[0] == '#') {
		if (r->story->sentence.len == 0 && line.len > 2)
			r->story->sentence = str_copy(r->arena, str_trim(str_from(line, 1)));
		return 0;
	}
	if ((r1 = read_dialogue(r, line)) != 0)
		return r1 < 0 ? -1 : 0;
	rest = str_trim(line);
	str_cut(&rest, ' ', &name);
	rest = str_trim(rest);
	for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
		if (str_eq(name, str_of(directives[i].name)))
			return directives[i].fn(r, rest) < 0
				   ? (r->err->text[0] != '\0' ? -1 : wrong(r, "too long"))
				   : 0;
	return wrong(
	    r, "\"%.*s\" is neither a directive nor a line of the dialogue", STR_FMT(name));
}

static bool
next_line(struct reader *r, struct str *line)
{
	if (r->rest.len == 0)
		return false;
	str_cut(&r->rest, '\n', line);
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	r->line++;
	return true;
}

/* The line with the number in place of each %i. */
static struct str
numbered(struct reader *r, struct str line, uint64_t number)
{
	struct buf out;
	struct str made;

	buf_init(&out, STORY_MAX);
	for (; line.len > 0; line = str_from(line, 1)) {
		if (!str_starts(line, STR("%i"))) {
			buf_add_byte(&out, line.p[0]);
			continue;
		}
		buf_printf(&out, "%llu", (unsigned long long)number);
		line = str_from(line, 1);
	}
	made = str_copy(r->arena, buf_str(&out));
	buf_free(&out);
	return made;
}

static int
on_repeat(struct reader *r, struct str text)
{
	struct str body = r->rest, line;
	int first = r->line;
	uint64_t times;

	if (!str_number(text, STORY_STEPS_MAX, &times))
		return wrong(r, "repeat needs a number");
	for (uint64_t i = 1; i <= times; i++) {
		r->rest = body;
		r->line = first;
		while (next_line(r, &line) && !str_eq(str_trim(line), STR("end")))
			if (read_line(r, numbered(r, line, i)) < 0)
				return -1;
	}
	return 0;
}

static int
read_file(struct arena *a, const char *path, struct str *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b;
	char *room;
	ssize_t got;

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	buf_init(&b, STORY_MAX);
	while ((room = buf_room(&b, 4096)) != NULL && (got = read(fd, room, 4096)) > 0)
		buf_grow(&b, (size_t)got);
	close(fd);
	*text = str_copy(a, buf_str(&b));
	buf_free(&b);
	return room != NULL ? 0 : err_set(err, "%s is longer than %d bytes", path, STORY_MAX);
}

static void
free_buffers(void *arg)
{
	struct story *s = arg;

	buf_free(&s->config);
	buf_free(&s->uses);
	buf_free(&s->script);
	buf_free(&s->options);
}

struct story *
story_read(struct arena *a, const char *path, struct err *err)
{
	struct story *s = arena_alloc(a, sizeof *s);
	struct reader r = { .arena = a, .story = s, .err = err };
	const char *slash = strrchr(path, '/');
	struct str line;

	err->text[0] = '\0';
	s->path = arena_strdup(a, path);
	s->folder = slash != NULL ? arena_copy(a, path, (size_t)(slash - path)) : ".";
	buf_init(&s->config, STORY_MAX);
	buf_init(&s->uses, STORY_MAX);
	buf_init(&s->script, STORY_MAX);
	buf_init(&s->options, STORY_MAX);
	arena_cleanup(a, free_buffers, s);
	if (read_file(a, path, &r.rest, err) < 0)
		return NULL;
	while (next_line(&r, &line))
		if (read_line(&r, line) < 0)
			return NULL;
	if (s->step_count == 0)
		return wrong(&r, "there is no dialogue in it") < 0 ? NULL : s;
	return s;
}
