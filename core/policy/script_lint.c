/* SPDX-License-Identifier: MIT */
/*
 * script_lint -- find, before it is asked, a handler that returns a verdict its stage does not have.
 *
 * Lua tells at which lines a function begins and ends; between them we read the text: each
 * `return reject(` that stands in the function itself, not in one inside it, is held against the
 * table of verdicts. What reaches a verdict by another way, through a variable or a function of
 * its own, is judged when it is given, by the fail mode.
 */
#include "core/base/arena.h"
#include "core/policy/script_parts.h"
#include "core/policy/verdict.h"

#include <ctype.h>
#include <string.h>

/* A word, a string (the text begins with its quote), or one character. */
struct token {
	struct str text;
	int line;
};

struct lint {
	size_t count;
	struct token *tokens; /* and one behind them, empty */
};

/* ---- from text to tokens */

/* How long the brackets of [==[ or ]==] are at the start of `rest`; 0: it is none. */
static size_t
long_bracket(struct str rest, char bracket)
{
	size_t n = 1;

	if (rest.len < 2 || rest.p[0] != bracket)
		return 0;
	while (n < rest.len && rest.p[n] == '=')
		n++;
	return n < rest.len && rest.p[n] == bracket ? n + 1 : 0;
}

/* The length of a string or comment in brackets, or of what is left where it has no end. */
static size_t
long_string(struct str rest, size_t bracket)
{
	for (size_t i = bracket; i < rest.len; i++)
		if (long_bracket(str_from(rest, i), ']') == bracket)
			return i + bracket;
	return rest.len;
}

static size_t
quoted_string(struct str rest)
{
	for (size_t i = 1; i < rest.len; i++) {
		if (rest.p[i] == '\\')
			i++;
		else if (rest.p[i] == rest.p[0])
			return i + 1;
	}
	return rest.len;
}

static size_t
word(struct str rest)
{
	size_t n = 0;

	while (n < rest.len && (isalnum((unsigned char)rest.p[n]) || rest.p[n] == '_'))
		n++;
	return n;
}

/* The length of the comment at the start of `rest`; 0: there is none. */
static size_t
comment(struct str rest)
{
	size_t bracket;
	ptrdiff_t end;

	if (!str_starts(rest, STR("--")))
		return 0;
	bracket = long_bracket(str_from(rest, 2), '[');
	if (bracket > 0)
		return 2 + long_string(str_from(rest, 2), bracket);
	end = str_find(rest, '\n');
	return end < 0 ? rest.len : (size_t)end;
}

static size_t
token_length(struct str rest)
{
	size_t bracket = long_bracket(rest, '['), n = word(rest);

	if (rest.p[0] == '"' || rest.p[0] == '\'')
		return quoted_string(rest);
	if (bracket > 0)
		return long_string(rest, bracket);
	return n > 0 ? n : 1;
}

/* Put the tokens of `text` into `to`, or with NULL only count them. */
static size_t
split(struct str text, struct token *to)
{
	size_t count = 0, len;
	int line = 1;

	for (; text.len > 0; text = str_from(text, len)) {
		len = comment(text);
		if (len == 0 && isspace((unsigned char)text.p[0])) {
			len = 1;
		} else if (len == 0) {
			len = token_length(text);
			if (to != NULL)
				to[count] = (struct token){ { text.p, len }, line };
			count++;
		}
		for (size_t i = 0; i < len; i++)
			line += text.p[i] == '\n';
	}
	return count;
}

struct lint *
lint_create(struct arena *arena, struct str text)
{
	struct lint *lint = arena_alloc(arena, sizeof *lint);

	lint->count = split(text, NULL);
	lint->tokens = arena_alloc(arena, (lint->count + 1) * sizeof *lint->tokens);
	split(text, lint->tokens);
	return lint;
}

/* ---- functions among the tokens */

static bool
is(const struct token *t, const char *text)
{
	return str_eq(t->text, str_of(text));
}

/* The `end` of the function that begins at token `i`. */
static size_t
function_end(const struct lint *lint, size_t i)
{
	size_t depth = 0;

	for (; i < lint->count; i++) {
		const struct token *t = &lint->tokens[i];

		if (is(t, "function") || is(t, "if") || is(t, "do") || is(t, "repeat"))
			depth++;
		else if ((is(t, "end") || is(t, "until")) && --depth == 0)
			break;
	}
	return i;
}

/* The one function from line `first` to `last`; false where there is none, or more than one, so
 * that nobody can say which was meant. */
static bool
find_function(const struct lint *lint, int first, int last, size_t *at)
{
	size_t found = 0;

	for (size_t i = 0; i < lint->count; i++)
		if (is(&lint->tokens[i], "function") && lint->tokens[i].line == first &&
		    lint->tokens[function_end(lint, i)].line == last) {
			*at = i;
			found++;
		}
	return found == 1;
}

static bool
begins_arguments(const struct token *t)
{
	return t->text.len > 0 &&
	       (strchr("(\"'", t->text.p[0]) != NULL || (t->text.p[0] == '[' && t->text.len > 1));
}

/* The script gives the name a meaning of its own, as far as one can see: it does something else
 * with it than call it. */
static bool
redefined(const struct lint *lint, struct str name)
{
	for (size_t i = 0; i < lint->count; i++) {
		const struct token *t = &lint->tokens[i];

		if (!str_eq(t->text, name) || (i > 0 && (is(t - 1, ".") || is(t - 1, ":"))))
			continue;
		if (!begins_arguments(t + 1) || (i > 0 && is(t - 1, "function")))
			return true;
	}
	return false;
}

/* ---- verdicts against the table */

/* The sentence about a verdict that `stage` does not have, and those that it has. */
static const char *
explain(struct arena *arena, enum stage stage, enum verdict verdict)
{
	const char *text = arena_printf(arena,
		       "\"%s\" cannot be given at \"%s\": ", verdict_name(verdict),
		       stage_name(stage)),
		   *between = "there are ";

	if (verdict_rule(stage, VERDICT_ACCEPT)->scope == SCOPE_NONE)
		return arena_printf(arena, "%shandlers only observe there", text);
	for (enum verdict v = VERDICT_ACCEPT; v < VERDICT_COUNT; v++)
		if (verdict_rule(stage, v)->scope != SCOPE_NONE) {
			text = arena_printf(arena, "%s%s%s", text, between, verdict_name(v));
			between = ", ";
		}
	return text;
}

void
lint_handler(struct script_loading *loading, enum stage stage, int first, int last)
{
	const struct lint *lint = loading->lint;
	enum verdict verdict;
	size_t i, end;

	if (!find_function(lint, first, last, &i))
		return;
	for (end = function_end(lint, i), i++; i < end; i++) {
		const struct token *t = &lint->tokens[i];

		if (is(t, "function"))
			i = function_end(lint, i);
		else if (is(t, "return") && verdict_find(t[1].text, &verdict) &&
			 begins_arguments(t + 2) && !redefined(lint, t[1].text) &&
			 verdict_rule(stage, verdict)->scope == SCOPE_NONE)
			config_mistake_add(loading->arena, loading->mistakes,
			    (struct config_where){ loading->script->path, t[1].line }, "%s",
			    explain(loading->arena, stage, verdict));
	}
}
