/* SPDX-License-Identifier: MIT */
/* script_strings -- find, match, gmatch and gsub of scripts, over script_pattern. */
#include "core/policy/script_budget.h"
#include "core/policy/script_pattern.h"

#include <lauxlib.h>
#include <string.h>

static void
charge(void *arg, unsigned steps)
{
	budget_charge(arg, steps);
}

static struct str
check_str(lua_State *L, int at)
{
	struct str s;

	s.p = luaL_checklstring(L, at, &s.len);
	return s;
}

static void
compile(lua_State *L, struct pattern *p, struct str text, bool anchor)
{
	const char *wrong = pattern_compile(p, text, anchor);

	if (wrong != NULL)
		luaL_error(L, "%s", wrong);
	budget_charge(L, (unsigned)(text.len / 8 + 1));
}

static struct pattern_match
match_of(lua_State *L, struct str subject)
{
	struct pattern_match m;

	m.subject = subject;
	m.charge = charge;
	m.arg = L;
	m.steps = 0;
	m.capture_count = 0;
	return m;
}

/* Push capture `i`; where the pattern has none, the first is the whole match. */
static void
push_capture(lua_State *L, const struct pattern_match *m, size_t i, const char *start)
{
	const struct pattern_capture *c = &m->captures[i];

	if (i >= m->capture_count) {
		if (i > 0)
			luaL_error(L, "invalid capture index %%%d", (int)i + 1);
		lua_pushlstring(L, start, (size_t)(m->end - start));
		return;
	}
	if (c->len == CAPTURE_POSITION)
		lua_pushinteger(L, c->start - m->subject.p + 1);
	else if (c->len == CAPTURE_OPEN)
		luaL_error(L, "unfinished capture");
	else
		lua_pushlstring(L, c->start, (size_t)c->len);
}

/* All captures, or with `whole` the match where there are none. Returns how many. */
static int
push_captures(lua_State *L, const struct pattern_match *m, const char *start, bool whole)
{
	size_t count = m->capture_count == 0 && whole ? 1 : m->capture_count;

	luaL_checkstack(L, (int)count, "too many captures");
	for (size_t i = 0; i < count; i++)
		push_capture(L, m, i, start);
	return (int)count;
}

/* The optional start of a search at argument `at`, from 0; behind the end: one past it. */
static size_t
start_of(lua_State *L, int at, size_t len)
{
	lua_Integer from = luaL_optinteger(L, at, 1);

	if (from > 0)
		return (lua_Unsigned)from > len + 1 ? len + 1 : (size_t)from - 1;
	if (from == 0 || (lua_Unsigned)-from > len)
		return 0;
	return len - (size_t)-from;
}

static int
find_plain(lua_State *L, struct str s, struct str what, size_t from)
{
	const char *at = memmem(s.p + from, s.len - from, what.p, what.len);

	budget_charge(L, (unsigned)((s.len - from) / 64 + 1));
	if (at == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, at - s.p + 1);
	lua_pushinteger(L, at - s.p + (lua_Integer)what.len);
	return 2;
}

static bool
has_specials(struct str pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.p[i] != '\0' && strchr("^$*+?.([%-", pattern.p[i]) != NULL)
			return true;
	return false;
}

/* What find and match share. */
static int
search(lua_State *L, bool find)
{
	struct str s = check_str(L, 1), text = check_str(L, 2);
	size_t from = start_of(L, 3, s.len);
	struct pattern p;
	struct pattern_match m = match_of(L, s);

	if (from > s.len) {
		lua_pushnil(L);
		return 1;
	}
	if (find && (lua_toboolean(L, 4) || !has_specials(text)))
		return find_plain(L, s, text, from);
	compile(L, &p, text, true);
	for (const char *at = s.p + from; at <= s.p + s.len; at++) {
		if (pattern_try(&p, &m, at)) {
			if (!find)
				return push_captures(L, &m, at, true);
			lua_pushinteger(L, at - s.p + 1);
			lua_pushinteger(L, m.end - s.p);
			return 2 + push_captures(L, &m, at, false);
		}
		if (p.anchored)
			break;
	}
	lua_pushnil(L);
	return 1;
}

static int
string_find(lua_State *L)
{
	return search(L, true);
}

static int
string_match(lua_State *L)
{
	return search(L, false);
}

/* Upvalues: subject, pattern, where to go on, end of the last match. */
static int
gmatch_next(lua_State *L)
{
	struct str s, text;
	size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct pattern p;
	struct pattern_match m;

	s.p = lua_tolstring(L, lua_upvalueindex(1), &s.len);
	text.p = lua_tolstring(L, lua_upvalueindex(2), &text.len);
	m = match_of(L, s);
	compile(L, &p, text, false);
	for (; from <= s.len; from++) {
		if (!pattern_try(&p, &m, s.p + from) || m.end - s.p == last)
			continue;
		lua_pushinteger(L, m.end - s.p);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(L, &m, s.p + from, true);
	}
	return 0;
}

static int
string_gmatch(lua_State *L)
{
	struct str s = check_str(L, 1);

	check_str(L, 2);
	lua_pushinteger(L, (lua_Integer)start_of(L, 3, s.len));
	lua_replace(L, 3);
	lua_settop(L, 3);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* Add the replacement text with its %0 to %9. */
static void
add_text(lua_State *L, luaL_Buffer *b, const struct pattern_match *m, const char *start)
{
	size_t len;
	const char *text = lua_tolstring(L, 3, &len);

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			luaL_addchar(b, text[i]);
			continue;
		}
		i++;
		if (i < len && text[i] == '%') {
			luaL_addchar(b, '%');
		} else if (i < len && text[i] == '0') {
			luaL_addlstring(b, start, (size_t)(m->end - start));
		} else if (i < len && text[i] >= '1' && text[i] <= '9') {
			push_capture(L, m, (size_t)(text[i] - '1'), start);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			luaL_addvalue(b);
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
}

/* Add what takes the place of one match. */
static void
add_replacement(lua_State *L, luaL_Buffer *b, const struct pattern_match *m, const char *start)
{
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, m, start, true), 1);
		break;
	case LUA_TTABLE:
		push_capture(L, m, 0, start);
		lua_gettable(L, 3);
		break;
	default:
		add_text(L, b, m, start);
		return;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, start, (size_t)(m->end - start));
	} else if (lua_isstring(L, -1)) {
		luaL_addvalue(b);
	} else {
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	}
}

static int
string_gsub(lua_State *L)
{
	struct str s = check_str(L, 1), text = check_str(L, 2);
	lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)s.len + 1), count = 0;
	const char *at = s.p, *end = s.p + s.len, *last = NULL;
	struct pattern p;
	struct pattern_match m = match_of(L, s);
	luaL_Buffer b;
	int type = lua_type(L, 3);

	luaL_argexpected(L,
	    type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
		type == LUA_TTABLE,
	    3, "string/function/table");
	compile(L, &p, text, true);
	luaL_buffinit(L, &b);
	while (count < most) {
		if (pattern_try(&p, &m, at) && m.end != last) {
			count++;
			add_replacement(L, &b, &m, at);
			at = last = m.end;
		} else if (at < end) {
			luaL_addchar(&b, *at++);
		} else {
			break;
		}
		if (p.anchored)
			break;
	}
	luaL_addlstring(&b, at, (size_t)(end - at));
	luaL_pushresult(&b);
	lua_pushinteger(L, count);
	return 2;
}

void
pattern_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "find", string_find },
		{ "match", string_match },
		{ "gmatch", string_gmatch },
		{ "gsub", string_gsub },
		{ NULL, NULL },
	};

	luaL_setfuncs(L, functions, 0);
}
