/* SPDX-License-Identifier: MIT */
/* Our patterns against Lua's own, on everything that Lua's can decide in time. */
#include "core/policy/script_parts.h"
#include "core/policy/script_pattern.h"
#include "tests/lib/check.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

/* A state with Lua's own library as `theirs`, ours as `ours`. */
static const char compare[] =
    "local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) "
    "end return table.concat(t, '|') end\n"
    "local subjects = { '', 'a', 'aaa', 'hello world', 'key = value', '  x  ', 'a,b,,c', "
    "'(foo(bar)baz)', 'THE (quick) fox',\n"
    "  'x^y$z', '\\0a\\0', 'a.b-c+d', '2026-11-21', '[[x]]', 'caf\\xc3\\xa9', 'abcabc', '%d', "
    "'a\\nb\\tc' }\n"
    "local patterns = { '', 'a', '.', 'a*', 'a+', 'a-', 'a?', '^a', 'a$', '^$', '^a*$', '%a+', "
    "'%A', '%d+', '(%d+)-(%d+)-(%d+)',\n"
    "  '(%w+) = (%w+)', '%s*(.-)%s*$', '[^,]*', '[a-c]', '[^a-c]+', '[]]', '[^]]', '[%a_]', "
    "'[%-x]', '[a-]', '%b()', '%f[%a]%a+',\n"
    "  '%f[%A]', '(a)(b)(c)%1%2%3', '()a()', '((a)(b))', '.-b', '.*b', '%.', '%%', '[%%]', '%z', "
    "'%x%x', '%p', '%u+', '%l+', '%c',\n"
    "  '%g+', '\\0', 'a.-c', '^(.-)%s*=%s*(.-)$', 'x^y', 'y$z', '[x^]', '[%]]', '(.)%1', "
    "'(h)(.)(l)', '%w-o', '.?.?.?', '[^%s]+' }\n"
    "local bad = { '(', ')', '[', '[a', '%', '(()', '%1', '%f', '%ba', '%b', 'a)', '[%', "
    "'[^' }\n"
    "local out = {}\n"
    "local function both(name, ...)\n"
    "  local a, b = show(pcall(theirs[name], ...)), show(pcall(ours[name], ...))\n"
    "  if a ~= b then out[#out + 1] = name .. ' ' .. show(...) .. ': theirs ' .. a .. ' ours ' .. "
    "b end\n"
    "end\n"
    "local function all(lib, s, p, i) local t = {} for a, b in lib.gmatch(s, p, i) do t[#t + 1] = "
    "show(a, b) if #t > 50 then break end end return "
    "table.concat(t, ';') end\n"
    "for _, s in ipairs(subjects) do for _, p in ipairs(patterns) do\n"
    "  for _, i in ipairs { 1, 2, -2, 0, 100, -100 } do both('find', s, p, i) both('match', s, p, "
    "i) end\n"
    "  both('find', s, p, 1, true)\n"
    "  for _, r in ipairs { 'x', '', '<%0>', '%%', '<%1>' } do both('gsub', s, p, r) both('gsub', "
    "s, p, r, 1) end\n"
    "  both('gsub', s, p, { a = 'A', hello = false, b = 5 }) both('gsub', s, p, function(a, b) "
    "return b end)\n"
    "  if p:sub(1, 1) ~= '^' and all(theirs, s, p) ~= all(ours, s, p) then out[#out + 1] = 'gmatch "
    "' .. show(s, p) .. ': ' .. all(theirs, s, p) "
    ".. ' ours ' .. all(ours, s, p) end\n"
    "end end\n"
    "for _, p in ipairs(bad) do if pcall(theirs.find, 'a(b)c', p) ~= pcall(ours.find, 'a(b)c', p) "
    "then out[#out + 1] = 'bad ' .. p end end\n"
    "for _, r in ipairs { '%', '%x', '%2' } do if pcall(ours.gsub, 'abc', 'b', r) then out[#out + "
    "1] = 'bad replacement ' .. r end end\n"
    "return table.concat(out, '\\n', 1, math.min(#out, 10))\n";

static void
the_same_as_luas_own(void)
{
	struct script_call call = { .budget.instructions = INT64_MAX };
	lua_State *L = luaL_newstate();

	*(struct script_call **)lua_getextraspace(L) = &call;
	luaL_openlibs(L);
	lua_getglobal(L, "string");
	lua_setglobal(L, "theirs");
	lua_newtable(L);
	pattern_open(L);
	lua_setglobal(L, "ours");
	if (luaL_loadstring(L, compare) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK)
		printf("%s\n", lua_tostring(L, -1));
	CHECK_TEXT(lua_tostring(L, -1), "");
	lua_close(L);
}

void
suite_script_pattern(void)
{
	static const struct test tests[] = {
		{ "the same as Lua's own", the_same_as_luas_own },
	};

	CHECK_SUITE("script_pattern", tests);
}
