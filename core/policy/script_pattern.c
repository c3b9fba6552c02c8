/* SPDX-License-Identifier: MIT */
/*
 * script_pattern -- Lua's patterns (Lua 5.4 manual, 6.4.1): read into items, then tried with
 * backtracking. How deep it goes is bounded by the number of items, how long by the steps.
 */
#include "core/policy/script_pattern.h"

#include <string.h>

enum kind {
	ITEM_BYTE,     /* a */
	ITEM_ANY,      /* . */
	ITEM_CLASS,    /* %a */
	ITEM_SET,      /* [a-z] */
	ITEM_OPEN,     /* ( */
	ITEM_POSITION, /* () */
	ITEM_CLOSE,    /* ) */
	ITEM_BACK,     /* %1 */
	ITEM_BALANCE,  /* %b() */
	ITEM_FRONTIER, /* %f[a-z] */
	ITEM_END       /* $ at the end */
};

enum repeat { ONCE, ANY_MOST, SOME_MOST, ANY_LEAST, MAYBE }; /* - * + - ? */

/* ---- classes */

static bool
in_class(unsigned char c, unsigned char class)
{
	unsigned char lower = c | 0x20, kind = class | 0x20;
	bool letter = lower >= 'a' && lower <= 'z', digit = c >= '0' && c <= '9', in;

	switch (kind) {
	case 'a':
		in = letter;
		break;
	case 'c':
		in = c < ' ' || c == 0x7f;
		break;
	case 'd':
		in = digit;
		break;
	case 'g':
		in = c > ' ' && c < 0x7f;
		break;
	case 'l':
		in = c >= 'a' && c <= 'z';
		break;
	case 'p':
		in = c > ' ' && c < 0x7f && !letter && !digit;
		break;
	case 's':
		in = c == ' ' || (c >= '\t' && c <= '\r');
		break;
	case 'u':
		in = c >= 'A' && c <= 'Z';
		break;
	case 'w':
		in = letter || digit;
		break;
	case 'x':
		in = digit || (lower >= 'a' && lower <= 'f');
		break;
	case 'z': /* no longer in the manual, but in Lua */
		in = c == '\0';
		break;
	default: /* %. and the like: the byte itself */
		return c == class;
	}
	return class == kind ? in : !in; /* upper case: all others */
}

static bool
in_set(const uint32_t *set, unsigned char c)
{
	return (set[c / 32] >> (c % 32) & 1) != 0;
}

/* ---- reading a pattern */

struct reader {
	struct pattern *p;
	struct str rest;
	const char *wrong;
	size_t captures, open; /* so far, and of them those without their ')' */
};

static int
next_byte(struct reader *r)
{
	unsigned char c;

	if (r->rest.len == 0)
		return -1;
	c = (unsigned char)r->rest.p[0];
	r->rest = str_from(r->rest, 1);
	return c;
}

static int
peek(const struct reader *r)
{
	return r->rest.len > 0 ? (unsigned char)r->rest.p[0] : -1;
}

static void
add_to_set(uint32_t *set, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set[c / 32] |= 1u << (c % 32);
}

/* What follows '[', up to its ']'. A ']' that comes first is one of the set. */
static uint8_t
read_set(struct reader *r)
{
	uint32_t *set;
	bool negated = false, first = true;
	int c;

	if (r->p->set_count == PATTERN_SETS_MAX) {
		r->wrong = "pattern has too many sets";
		return 0;
	}
	set = r->p->sets[r->p->set_count];
	memset(set, 0, sizeof r->p->sets[0]);
	if (peek(r) == '^') {
		negated = true;
		next_byte(r);
	}
	while ((c = next_byte(r)) != ']' || first) {
		first = false;
		if (c == '%' && (c = next_byte(r)) >= 0) {
			for (unsigned i = 0; i < 256; i++)
				if (in_class((unsigned char)i, (unsigned char)c))
					add_to_set(set, i, i);
		} else if (c >= 0 && peek(r) == '-' && r->rest.len > 1 && r->rest.p[1] != ']') {
			next_byte(r);
			add_to_set(set, (unsigned)c, (unsigned)next_byte(r));
		} else if (c >= 0) {
			add_to_set(set, (unsigned)c, (unsigned)c);
		} else {
			r->wrong = "malformed pattern (missing ']')";
			return 0;
		}
	}
	for (unsigned i = 0; negated && i < 8; i++)
		set[i] = ~set[i];
	return (uint8_t)r->p->set_count++;
}

static void
read_escape(struct reader *r, struct pattern_item *item)
{
	int c = next_byte(r), a, b;

	switch (c) {
	case -1:
		r->wrong = "malformed pattern (ends with '%')";
		return;
	case 'b':
		a = next_byte(r);
		b = next_byte(r);
		if (b < 0)
			r->wrong = "malformed pattern (missing arguments to '%b')";
		*item =
		    (struct pattern_item){ .kind = ITEM_BALANCE, .a = (uint8_t)a, .b = (uint8_t)b };
		return;
	case 'f':
		if (next_byte(r) != '[')
			r->wrong = "missing '[' after '%f' in pattern";
		else
			*item = (struct pattern_item){ .kind = ITEM_FRONTIER, .set = read_set(r) };
		return;
	default:
		if (c >= '0' && c <= '9') {
			*item = (struct pattern_item){ .kind = ITEM_BACK, .a = (uint8_t)(c - '0') };
			if (c == '0' || (size_t)(c - '0') > r->captures)
				r->wrong = "invalid capture index in pattern";
		} else {
			*item = (struct pattern_item){ .kind = ITEM_CLASS, .a = (uint8_t)c };
		}
	}
}

static void
read_repeat(struct reader *r, struct pattern_item *item)
{
	static const char signs[] = "*+-?";
	const char *at = peek(r) > 0 ? strchr(signs, peek(r)) : NULL;

	if (item->kind > ITEM_SET || at == NULL)
		return;
	item->repeat = (uint8_t)(ANY_MOST + (at - signs));
	next_byte(r);
}

static void
read_item(struct reader *r, struct pattern_item *item)
{
	int c = next_byte(r);

	*item = (struct pattern_item){ .kind = ITEM_BYTE, .a = (uint8_t)c };
	switch (c) {
	case '(':
		item->kind = peek(r) == ')' ? ITEM_POSITION : ITEM_OPEN;
		if (item->kind == ITEM_POSITION)
			next_byte(r);
		else
			r->open++;
		if (r->captures++ == PATTERN_CAPTURES_MAX)
			r->wrong = "too many captures";
		return;
	case ')':
		item->kind = ITEM_CLOSE;
		if (r->open-- == 0)
			r->wrong = "invalid pattern capture (a ')' too many)";
		return;
	case '$':
		if (r->rest.len > 0)
			break;
		item->kind = ITEM_END;
		return;
	case '.':
		item->kind = ITEM_ANY;
		break;
	case '[':
		item->kind = ITEM_SET;
		item->set = read_set(r);
		break;
	case '%':
		read_escape(r, item);
		break;
	default:
		break;
	}
	read_repeat(r, item);
}

const char *
pattern_compile(struct pattern *p, struct str text, bool anchor)
{
	struct reader r = { .p = p, .rest = text };

	p->anchored = anchor && peek(&r) == '^';
	if (p->anchored)
		next_byte(&r);
	p->count = p->set_count = 0;
	while (r.rest.len > 0 && r.wrong == NULL) {
		if (p->count == PATTERN_ITEMS_MAX)
			return "pattern too long";
		read_item(&r, &p->items[p->count++]);
	}
	return r.wrong == NULL && r.open > 0 ? "unfinished capture (missing ')')" : r.wrong;
}

/* ---- matching */

static void
count_step(struct pattern_match *m)
{
	if (++m->steps < PATTERN_STEPS)
		return;
	m->steps = 0;
	m->charge(m->arg, PATTERN_STEPS);
}

static const char *
subject_end(const struct pattern_match *m)
{
	return m->subject.p + m->subject.len;
}

/* Whether one byte at `s` fits an item of one byte. */
static bool
fits(const struct pattern *p, const struct pattern_item *item, struct pattern_match *m,
    const char *s)
{
	unsigned char c;

	count_step(m);
	if (s == NULL || s >= subject_end(m))
		return false;
	c = (unsigned char)*s;
	switch (item->kind) {
	case ITEM_ANY:
		return true;
	case ITEM_CLASS:
		return in_class(c, item->a);
	case ITEM_SET:
		return in_set(p->sets[item->set], c);
	default:
		return c == item->a;
	}
}

/* Behind the part from `s` that starts with `a` and ends with the `b` that balances it, or NULL. */
static const char *
balanced(const struct pattern_item *item, struct pattern_match *m, const char *s)
{
	size_t depth = 1;

	if (s >= subject_end(m) || (uint8_t)*s != item->a)
		return NULL;
	for (s++; s < subject_end(m); s++) {
		count_step(m);
		if ((uint8_t)*s == item->b && --depth == 0)
			return s + 1;
		if ((uint8_t)*s == item->a)
			depth++;
	}
	return NULL;
}

/* What a capture holds, again; its number was checked when the pattern was read. */
static const char *
repeated(const struct pattern_item *item, struct pattern_match *m, const char *s)
{
	const struct pattern_capture *c;
	size_t len;

	if (m->captures[item->a - 1].len < 0)
		return NULL;
	c = &m->captures[item->a - 1];
	len = (size_t)c->len;
	if ((size_t)(subject_end(m) - s) < len)
		return NULL;
	for (size_t i = 0; i < len; i += 64)
		count_step(m);
	return memcmp(c->start, s, len) == 0 ? s + len : NULL;
}

static bool
at_frontier(const struct pattern *p, const struct pattern_item *item, const struct pattern_match *m,
    const char *s)
{
	unsigned char before = s > m->subject.p ? (unsigned char)s[-1] : 0;
	unsigned char here = s < subject_end(m) ? (unsigned char)*s : 0;

	return !in_set(p->sets[item->set], before) && in_set(p->sets[item->set], here);
}

static const char *match(const struct pattern *, struct pattern_match *, size_t at, const char *s);

static const char *
match_repeat(const struct pattern *p, struct pattern_match *m, size_t at, const char *s)
{
	const struct pattern_item *item = &p->items[at];
	ptrdiff_t least = item->repeat == SOME_MOST ? 1 : 0, count = 0;
	const char *end;

	if (item->repeat == ANY_LEAST) {
		while ((end = match(p, m, at + 1, s)) == NULL && fits(p, item, m, s))
			s++;
		return end;
	}
	while ((item->repeat != MAYBE || count < 1) && fits(p, item, m, s + count))
		count++;
	for (; count >= least; count--)
		if ((end = match(p, m, at + 1, s + count)) != NULL)
			return end;
	return NULL;
}

static const char *
match_open(const struct pattern *p, struct pattern_match *m, size_t at, const char *s)
{
	bool position = p->items[at].kind == ITEM_POSITION;
	const char *end;

	m->captures[m->capture_count++] =
	    (struct pattern_capture){ s, position ? CAPTURE_POSITION : CAPTURE_OPEN };
	end = match(p, m, at + 1, s);
	if (end == NULL)
		m->capture_count--;
	return end;
}

static const char *
match_close(const struct pattern *p, struct pattern_match *m, size_t at, const char *s)
{
	struct pattern_capture *c = NULL;
	const char *end;

	for (size_t i = m->capture_count; i > 0 && c == NULL; i--)
		if (m->captures[i - 1].len == CAPTURE_OPEN)
			c = &m->captures[i - 1];
	if (c == NULL)
		return NULL;
	c->len = s - c->start;
	end = match(p, m, at + 1, s);
	if (end == NULL)
		c->len = CAPTURE_OPEN;
	return end;
}

/* Match the items from `at` on; the end of what matched, or NULL. */
static const char *
match(const struct pattern *p, struct pattern_match *m, size_t at, const char *s)
{
	for (; at < p->count; at++) {
		const struct pattern_item *item = &p->items[at];

		count_step(m);
		switch (item->kind) {
		case ITEM_OPEN:
		case ITEM_POSITION:
			return match_open(p, m, at, s);
		case ITEM_CLOSE:
			return match_close(p, m, at, s);
		case ITEM_END:
			return s == subject_end(m) ? s : NULL;
		case ITEM_BACK:
			if ((s = repeated(item, m, s)) == NULL)
				return NULL;
			break;
		case ITEM_BALANCE:
			if ((s = balanced(item, m, s)) == NULL)
				return NULL;
			break;
		case ITEM_FRONTIER:
			if (!at_frontier(p, item, m, s))
				return NULL;
			break;
		default:
			if (item->repeat != ONCE)
				return match_repeat(p, m, at, s);
			if (!fits(p, item, m, s))
				return NULL;
			s++;
		}
	}
	return s;
}

bool
pattern_try(const struct pattern *p, struct pattern_match *m, const char *start)
{
	m->capture_count = 0;
	m->end = match(p, m, 0, start);
	return m->end != NULL;
}
