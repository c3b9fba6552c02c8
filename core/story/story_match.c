/* SPDX-License-Identifier: MIT */
/* story_match -- patterns of stories: `*`, `$name`, and escapes. */
#include "core/base/arena.h"
#include "core/story/story.h"

#include <string.h>

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* The name behind a `$`, or an empty one. */
static struct str
name_at(struct str s)
{
	size_t len = 0;

	while (len < s.len && s.p[len] >= 'a' && s.p[len] <= 'z')
		len++;
	return (struct str){ s.p, len };
}

static struct story_pair *
find_word(struct story_pair *p, struct str name)
{
	while (p != NULL && !str_eq(p->name, name))
		p = p->next;
	return p;
}

static bool match(struct story_words *, struct str pattern, struct str line);

/* The longest word first, so that `$id` takes the whole of it. */
static bool
match_word(struct story_words *w, struct str name, struct str pattern, struct str line)
{
	struct story_pair *known = find_word(w->first, name), *fresh, *before = w->first;
	size_t len = 0;

	if (known != NULL)
		return str_starts(line, known->value) &&
		       match(w, pattern, str_from(line, known->value.len));
	while (len < line.len && is_word(line.p[len]))
		len++;
	for (; len > 0; len--) {
		fresh = arena_alloc(w->arena, sizeof *fresh);
		fresh->name = str_copy(w->arena, name);
		fresh->value = str_copy(w->arena, (struct str){ line.p, len });
		fresh->next = before;
		w->first = fresh;
		if (match(w, pattern, str_from(line, len)))
			return true;
		w->first = before;
	}
	return false;
}

static bool
match(struct story_words *w, struct str pattern, struct str line)
{
	struct str name;

	while (pattern.len > 0) {
		char c = pattern.p[0];

		if (c == '*') {
			pattern = str_from(pattern, 1);
			for (size_t i = 0; i <= line.len; i++)
				if (match(w, pattern, str_from(line, i)))
					return true;
			return false;
		}
		if (c == '$' && (name = name_at(str_from(pattern, 1))).len > 0)
			return match_word(w, name, str_from(pattern, name.len + 1), line);
		if (c == '\\' && pattern.len > 1)
			pattern = str_from(pattern, 1);
		if (line.len == 0 || line.p[0] != pattern.p[0])
			return false;
		pattern = str_from(pattern, 1);
		line = str_from(line, 1);
	}
	return line.len == 0;
}

bool
story_match(struct story_words *w, struct str pattern, struct str line)
{
	struct story_pair *before = w->first;

	if (match(w, pattern, line))
		return true;
	w->first = before;
	return false;
}

struct str
story_fill(struct story_words *w, struct str text)
{
	struct buf out;
	struct str name, made;
	struct story_pair *word;

	if (str_find(text, '$') < 0)
		return text;
	buf_init(&out, STORY_MAX);
	for (; text.len > 0; text = str_from(text, 1)) {
		name = text.p[0] == '$' ? name_at(str_from(text, 1)) : (struct str){ "", 0 };
		word = name.len > 0 ? find_word(w->first, name) : NULL;
		if (word == NULL) {
			buf_add_byte(&out, text.p[0]);
			continue;
		}
		buf_add_str(&out, word->value);
		text = str_from(text, name.len);
	}
	made = str_copy(w->arena, buf_str(&out));
	buf_free(&out);
	return made;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

struct str
story_unescape(struct arena *a, struct str text)
{
	char *out = arena_alloc(a, text.len + 1);
	size_t len = 0;

	for (; text.len > 0; text = str_from(text, 1)) {
		char c = text.p[0];

		if (c == '\\' && text.len > 1) {
			text = str_from(text, 1);
			c = text.p[0];
			c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
			if (c == 'x' && text.len > 2 && hex_digit(text.p[1]) >= 0 &&
			    hex_digit(text.p[2]) >= 0) {
				c = (char)(hex_digit(text.p[1]) * 16 + hex_digit(text.p[2]));
				text = str_from(text, 2);
			}
		}
		out[len++] = c;
	}
	return (struct str){ out, len };
}
