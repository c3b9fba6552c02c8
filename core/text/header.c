/* SPDX-License-Identifier: MIT */
/*
 * header -- the fields at the head of a message (RFC 5322, 2.2 and 3.6.8).
 *
 *	field      = field-name *WSP ":" unstructured CRLF
 *	field-name = 1*ftext
 *	ftext      = %d33-57 / %d59-126          any printable character but ":"
 *
 * Bytes go to `text` as they come; at the end of each line, and only there, it is looked at once.
 */
#include "core/text/header.h"
#include "core/base/arena.h"
#include "core/base/mem.h"

#include <string.h>

enum { SMALLEST = 32, FOLD_AT = 78 };

/* Offsets in `text`. */
struct place {
	size_t start, colon, end;
	size_t name_len;
};

struct header_index {
	struct place *places;
	size_t count, cap;
	size_t line_start;
};

void
header_init(struct header *h)
{
	*h = (struct header){ .index = mem_alloc(sizeof *h->index) };
	buf_init(&h->text, HEADER_MAX);
}

void
header_free(struct header *h)
{
	if (h->index != NULL)
		mem_free(h->index->places);
	mem_free(h->index);
	buf_free(&h->text);
	h->index = NULL;
}

static void
end(struct header *h, size_t body_start)
{
	h->complete = true;
	h->body_start = body_start;
}

static void
give_up(struct header *h)
{
	h->too_large = true;
	end(h, h->text.len);
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_ftext(char c)
{
	return c > ' ' && c <= '~' && c != ':';
}

static struct str
without_line_end(struct str line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void
add_place(struct header *h, struct place place)
{
	struct header_index *x = h->index;

	if (x->count == HEADER_FIELDS_MAX) {
		give_up(h);
		return;
	}
	if (x->count == x->cap) {
		size_t cap = x->cap > 0 ? x->cap * 2 : SMALLEST;

		x->places =
		    mem_grow(x->places, x->cap * sizeof *x->places, cap * sizeof *x->places);
		x->cap = cap;
	}
	x->places[x->count++] = place;
}

/* The length of the name that the line begins with; 0: the line is no field. */
static size_t
name_of(struct str line, size_t *colon)
{
	size_t n = 0, name_len;

	while (n < line.len && is_ftext(line.p[n]))
		n++;
	name_len = n;
	while (n < line.len && is_wsp(line.p[n]))
		n++;
	*colon = n;
	return n < line.len && line.p[n] == ':' && name_len <= HEADER_NAME_MAX ? name_len : 0;
}

/* The line from line_start to the end of the text is whole. */
static void
end_line(struct header *h)
{
	struct header_index *x = h->index;
	struct str line = str_from(buf_str(&h->text), x->line_start);
	size_t start = x->line_start, colon, name_len;

	h->touched += line.len;
	x->line_start = h->text.len;
	if (without_line_end(line).len == 0 && line.p[line.len - 1] == '\n') {
		end(h, h->text.len);
	} else if (is_wsp(line.p[0]) && x->count > 0) {
		x->places[x->count - 1].end = h->text.len;
	} else if ((name_len = name_of(line, &colon)) > 0) {
		add_place(h, (struct place){ start, start + colon, h->text.len, name_len });
	} else {
		buf_truncate(&h->text, start);
		end(h, start);
	}
}

size_t
header_add(struct header *h, const char *p, size_t len)
{
	size_t used = 0;

	while (used < len && !h->complete) {
		const char *newline = memchr(p + used, '\n', len - used);
		size_t piece = newline != NULL ? (size_t)(newline - p) + 1 - used : len - used;

		h->touched += piece;
		if (buf_add(&h->text, p + used, piece) < 0) {
			give_up(h);
			break;
		}
		used += piece;
		if (newline != NULL)
			end_line(h);
	}
	return used;
}

void
header_end(struct header *h)
{
	if (!h->complete && h->index->line_start < h->text.len)
		end_line(h);
	if (!h->complete)
		end(h, h->text.len);
}

size_t
header_count(struct header *h)
{
	return h->index->count;
}

bool
header_field(struct header *h, size_t i, struct header_field *field)
{
	const char *text = h->text.p;
	struct place at;

	if (i >= h->index->count)
		return false;
	at = h->index->places[i];
	field->raw = (struct str){ text + at.start, at.end - at.start };
	field->name = (struct str){ text + at.start, at.name_len };
	field->value = without_line_end((struct str){ text + at.colon + 1, at.end - at.colon - 1 });
	return true;
}

bool
header_find(struct header *h, struct str name, size_t nth, struct header_field *field)
{
	for (size_t i = 0; header_field(h, i, field); i++)
		if (str_eq_nocase(field->name, name) && nth-- == 0)
			return true;
	return false;
}

size_t
header_count_of(struct header *h, struct str name)
{
	struct header_field field;
	size_t count = 0;

	for (size_t i = 0; header_field(h, i, &field); i++)
		count += str_eq_nocase(field.name, name);
	return count;
}

struct str
header_unfold(struct arena *a, struct str value)
{
	char *p = arena_alloc(a, value.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n')
			p[len++] = value.p[i];
	return str_trim((struct str){ p, len });
}

bool
header_name_is_valid(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_ftext(name.p[i]))
			return false;
	return name.len > 0 && name.len <= HEADER_NAME_MAX;
}

bool
header_value_is_valid(struct str value)
{
	struct str line;
	bool first = true, more = true;

	for (; more; first = false) {
		more = str_cut(&value, '\n', &line);
		if (more && (line.len == 0 || line.p[--line.len] != '\r'))
			return false;
		if (!first && (line.len == 0 || !is_wsp(line.p[0])))
			return false;
		if (str_find(line, '\r') >= 0 || str_find(line, '\0') >= 0)
			return false;
		if (!first && str_trim(line).len == 0)
			return false;
	}
	return true;
}

/* The white space at the start, and the word behind it. */
static struct str
next_word(struct str s)
{
	size_t n = 0;

	while (n < s.len && is_wsp(s.p[n]))
		n++;
	while (n < s.len && !is_wsp(s.p[n]))
		n++;
	return (struct str){ s.p, n };
}

/* Not before the first word: a first line with nothing but the name confuses old readers. */
static void
add_folded(struct buf *to, struct str value, size_t column)
{
	struct str word;

	for (bool first = true; value.len > 0; first = false) {
		word = next_word(value);
		if (!first && column + word.len > FOLD_AT) {
			buf_add_text(to, "\r\n");
			column = 0;
		}
		buf_add_str(to, word);
		column += word.len;
		value = str_from(value, word.len);
	}
}

int
header_print(struct buf *to, struct str name, struct str value)
{
	size_t start = to->len;

	if (!header_name_is_valid(name) || !header_value_is_valid(value))
		return -1;
	buf_add_str(to, name);
	buf_add_text(to, ": ");
	if (str_find(value, '\n') >= 0)
		buf_add_str(to, value);
	else
		add_folded(to, str_trim(value), name.len + 2);
	buf_add_text(to, "\r\n");
	if (!to->over)
		return 0;
	buf_truncate(to, start);
	return -1;
}
