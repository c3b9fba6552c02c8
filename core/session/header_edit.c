/* SPDX-License-Identifier: MIT */
/* header_edit -- a message's header with the edits of a policy made, in their order. */
#include "core/session/header_edit.h"
#include "core/base/arena.h"
#include "core/base/list.h"
#include "core/session/tx_parts.h"

/* One field of the header as it stands now. */
struct line {
	struct link link;
	struct str name;
	struct str raw; /* as it came; empty: print the value */
	struct str value;
};

static bool
is_of_header(const struct edit *e)
{
	return e->kind == EDIT_ADD_HEADER || e->kind == EDIT_SET_HEADER ||
	       e->kind == EDIT_DELETE_HEADER;
}

bool
header_edit_any(const struct edit *e)
{
	for (; e != NULL; e = e->next)
		if (is_of_header(e))
			return true;
	return false;
}

static struct line *
make_line(struct arena *arena, const struct edit *e)
{
	struct line *l = arena_alloc(arena, sizeof *l);

	l->name = e->name;
	l->value = e->value;
	return l;
}

/* Take away all lines of that name; what stood behind the first of them, or NULL. */
static struct link *
remove_lines(struct link *lines, struct str name)
{
	struct link *place = NULL;

	LIST_EACH (at, lines) {
		struct link *behind = at->next;

		if (!str_eq_nocase(list_member(at, struct line, link)->name, name))
			continue;
		/* What stood behind goes too: then what is behind that. */
		if (place == NULL || place == at)
			place = behind;
		list_remove(at);
	}
	return place;
}

static void
make_edit(struct arena *arena, struct link *lines, const struct edit *e)
{
	struct link *place;

	switch (e->kind) {
	case EDIT_ADD_HEADER:
		list_add_first(lines, &make_line(arena, e)->link);
		break;
	case EDIT_SET_HEADER:
		place = remove_lines(lines, e->name);
		list_add_before(place != NULL ? place : lines, &make_line(arena, e)->link);
		break;
	case EDIT_DELETE_HEADER:
		remove_lines(lines, e->name);
		break;
	default:
		break;
	}
}

int
header_edit_print(struct arena *arena, struct header *h, const struct edit *e, struct buf *to)
{
	size_t count = header_count(h);
	struct line *given = arena_alloc(arena, (count + 1) * sizeof *given);
	struct header_field field;
	struct link lines;

	list_init(&lines);
	for (size_t i = 0; i < count && header_field(h, i, &field); i++) {
		given[i].name = field.name;
		given[i].raw = field.raw;
		list_add_last(&lines, &given[i].link);
	}
	for (; e != NULL; e = e->next)
		make_edit(arena, &lines, e);
	LIST_EACH (at, &lines) {
		struct line *l = list_member(at, struct line, link);

		if (l->raw.len > 0)
			buf_add_str(to, l->raw);
		else
			header_print(to, l->name, l->value);
	}
	buf_add_text(to, "\r\n");
	return to->over ? -1 : 0;
}
