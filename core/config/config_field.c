/* SPDX-License-Identifier: MIT */
/* config_field -- one value of the configuration: from text, from a number, to JSON and back. */
#include "core/config/config_field.h"
#include "core/base/arena.h"
#include "core/base/ip.h"
#include "core/config/config.h"
#include "core/policy/verdict.h"
#include "core/text/unit.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define EACH_FIELD(f, fields) (const struct field *f = fields; f->type != FIELD_END; f++)

static void *
member(const struct field *f, void *object)
{
	return (char *)object + f->offset;
}

static const void *
member_const(const struct field *f, const void *object)
{
	return (const char *)object + f->offset;
}

const struct field *
field_find(const struct field *fields, struct str name)
{
	for
		EACH_FIELD(f, fields)
	if (f->meaning != NULL && str_eq(str_of(f->name), name))
		return f;
	return NULL;
}

const char *const *
field_names(struct arena *arena, const struct field *fields)
{
	const char **names;
	size_t count = 0;

	for
		EACH_FIELD(f, fields)
	count++;
	names = arena_alloc(arena, (count + 1) * sizeof *names);
	count = 0;
	for
		EACH_FIELD(f, fields)
	if (f->meaning != NULL)
		names[count++] = f->name;
	return names;
}

bool
field_takes_number(const struct field *f)
{
	switch (f->type) {
	case FIELD_COUNT:
	case FIELD_WORKERS:
	case FIELD_PORT:
	case FIELD_DURATION:
	case FIELD_SIZE:
		return true;
	default:
		return false;
	}
}

/* A number as the field's unit would have it written; for messages. */
static const char *
print_number(const struct field *f, uint64_t number, char *to)
{
	if (f->type == FIELD_DURATION)
		return unit_print_duration(number, to);
	if (f->type == FIELD_SIZE)
		return unit_print_size(number, to);
	snprintf(to, UNIT_TEXT_MAX, "%" PRIu64, number);
	return to;
}

int
field_set_number(const struct field *f, void *object, uint64_t number, struct err *err)
{
	char got[UNIT_TEXT_MAX], bound[UNIT_TEXT_MAX];

	if (number < f->least)
		return err_set(err, "%s is too small: at least %s", print_number(f, number, got),
		    print_number(f, f->least, bound));
	if (f->most > 0 && number > f->most)
		return err_set(err, "%s is too large: at most %s", print_number(f, number, got),
		    print_number(f, f->most, bound));
	if (f->type == FIELD_PORT)
		*(uint16_t *)member(f, object) = (uint16_t)number;
	else if (f->type == FIELD_WORKERS)
		*(unsigned *)member(f, object) = (unsigned)number;
	else
		*(uint64_t *)member(f, object) = number;
	return 0;
}

static bool
is_one_of(struct str word, const char *words)
{
	struct str rest = str_of(words), one;

	do {
		bool more = str_cut(&rest, ' ', &one);

		if (str_eq(one, word))
			return true;
		if (!more)
			return false;
	} while (true);
}

/* "first" or "starttls", for a message. */
static const char *
print_words(const char *words, char *to, size_t size)
{
	size_t n = 0;

	for (const char *p = words; *p != '\0' && n + 8 < size; p++) {
		if (*p == ' ')
			n += (size_t)snprintf(to + n, size - n, "\" or \"");
		else
			to[n++] = *p;
	}
	to[n] = '\0';
	return to;
}

static int
set_quantity(const struct field *f, void *object, struct str text, struct err *err)
{
	uint64_t number;

	if (f->type == FIELD_DURATION) {
		if (!unit_duration(text, &number))
			return err_set(err,
			    "\"%.*s\" is no duration: write \"30s\", \"5m\", \"4h\" or \"5d\"",
			    STR_FMT(text));
	} else if (f->type == FIELD_SIZE) {
		if (!unit_size(text, &number))
			return err_set(err,
			    "\"%.*s\" is no size: write \"512\", \"64K\", \"10M\" or \"2G\"",
			    STR_FMT(text));
	} else if (!str_number(text, UINT64_MAX / 2, &number)) {
		return err_set(err, "\"%.*s\" is no number", STR_FMT(text));
	}
	return field_set_number(f, object, number, err);
}

static void
add_text(struct arena *arena, struct texts *texts, struct str text)
{
	const char **items = arena_alloc(arena, (texts->count + 1) * sizeof *items);

	for (size_t i = 0; i < texts->count; i++)
		items[i] = texts->items[i];
	items[texts->count++] = str_copy(arena, text).p;
	texts->items = items;
}

int
field_set_text(
    struct arena *arena, const struct field *f, void *object, struct str text, struct err *err)
{
	char words[100];

	switch (f->type) {
	case FIELD_WORD:
		if (text.len > 0 && !is_one_of(text, f->words))
			return err_set(err, "\"%.*s\" is not known here: write \"%s\"",
			    STR_FMT(text), print_words(f->words, words, sizeof words));
		/* fall through */
	case FIELD_TEXT:
		*(const char **)member(f, object) = str_copy(arena, text).p;
		return 0;
	case FIELD_FLAG:
		if (!is_one_of(text, "true false"))
			return err_set(err, "\"%.*s\" is neither true nor false", STR_FMT(text));
		*(bool *)member(f, object) = str_eq(text, STR("true"));
		return 0;
	case FIELD_FAIL:
		if (!is_one_of(text, "defer continue reject"))
			return err_set(err,
			    "\"%.*s\" is not known here: write \"defer\", \"continue\" or "
			    "\"reject\"",
			    STR_FMT(text));
		*(enum fail_mode *)member(f, object) = text.p[0] == 'd'   ? FAIL_DEFER
						       : text.p[0] == 'c' ? FAIL_CONTINUE
									  : FAIL_REJECT;
		return 0;
	case FIELD_TEXTS:
		add_text(arena, member(f, object), text);
		return 0;
	case FIELD_BYTES:
		*(struct str *)member(f, object) = str_copy(arena, text);
		return 0;
	case FIELD_IP:
		if (!ip_parse(text, member(f, object)))
			return err_set(err, "\"%.*s\" is no address", STR_FMT(text));
		return 0;
	default:
		return set_quantity(f, object, text, err);
	}
}

void
field_set_initial(struct arena *arena, const struct field *fields, void *object)
{
	struct err err;

	for
		EACH_FIELD(f, fields)
		{
			struct str text = str_of(f->initial);

			if (f->type == FIELD_TEXT || f->type == FIELD_WORD || f->initial != NULL) {
				int result = field_set_text(arena, f, object, text, &err);
				assert(result == 0);
			}
		}
}

/* ---- JSON: the snapshot that goes to workers */

static json_t *
texts_to_json(const struct texts *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts->count; i++)
		json_array_append_new(list, json_string(texts->items[i]));
	return list;
}

static json_t *
to_json(const struct field *f, const void *object)
{
	const void *p = member_const(f, object);
	char ip[IP_TEXT_MAX];

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		return json_string(*(const char *const *)p);
	case FIELD_FLAG:
		return json_boolean(*(const bool *)p);
	case FIELD_WORKERS:
		return json_integer(*(const unsigned *)p);
	case FIELD_PORT:
		return json_integer(*(const uint16_t *)p);
	case FIELD_FAIL:
		return json_integer((json_int_t) * (const enum fail_mode *)p);
	case FIELD_LINE:
		return json_integer(*(const int *)p);
	case FIELD_BYTES:
		return json_stringn(
		    ((const struct str *)p)->len > 0 ? ((const struct str *)p)->p : "",
		    ((const struct str *)p)->len);
	case FIELD_TEXTS:
		return texts_to_json(p);
	case FIELD_IP:
		return json_string(ip_print(p, ip));
	default:
		return json_integer((json_int_t) * (const uint64_t *)p);
	}
}

struct json_t *
fields_to_json(const struct field *fields, const void *object)
{
	json_t *json = json_object();

	for
		EACH_FIELD(f, fields)
	json_object_set_new(json, f->name, to_json(f, object));
	return json;
}

static bool
is_text(const struct field *f)
{
	return f->type == FIELD_TEXT || f->type == FIELD_WORD || f->type == FIELD_BYTES ||
	       f->type == FIELD_IP;
}

/* An integer from the snapshot; the ranges of what people write were checked before it was made. */
static int
set_integer(const struct field *f, void *object, json_int_t n, struct err *err)
{
	struct field any = *f;

	any.least = 0;
	any.most = f->type == FIELD_PORT ? UINT16_MAX : f->type == FIELD_WORKERS ? UINT32_MAX : 0;
	if (n < 0 || (f->type == FIELD_FAIL && n > FAIL_REJECT) ||
	    (f->type == FIELD_LINE && n > INT32_MAX))
		return err_set(err, "%s: out of range", f->name);
	if (f->type == FIELD_FAIL)
		*(enum fail_mode *)member(f, object) = (enum fail_mode)n;
	else if (f->type == FIELD_LINE)
		*(int *)member(f, object) = (int)n;
	else
		return field_set_number(&any, object, (uint64_t)n, err);
	return 0;
}

static int
set_from_string(
    struct arena *arena, const struct field *f, void *object, const json_t *value, struct err *err)
{
	struct str text = { json_string_value(value), json_string_length(value) };

	if (f->type != FIELD_BYTES && strlen(text.p) != text.len)
		return err_set(err, "%s: holds a NUL", f->name);
	return field_set_text(arena, f, object, text, err);
}

static int
set_from_list(
    struct arena *arena, const struct field *f, void *object, const json_t *list, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_array_get(list, i);

		if (!json_is_string(value))
			return err_set(err, "%s: texts are expected", f->name);
		if (set_from_string(arena, f, object, value, err) < 0)
			return -1;
	}
	return 0;
}

static int
from_json(
    struct arena *arena, const struct field *f, void *object, const json_t *value, struct err *err)
{
	if (is_text(f) && json_is_string(value))
		return set_from_string(arena, f, object, value, err);
	if (f->type == FIELD_TEXTS && json_is_array(value))
		return set_from_list(arena, f, object, value, err);
	if (f->type == FIELD_FLAG && json_is_boolean(value)) {
		*(bool *)member(f, object) = json_is_true(value);
		return 0;
	}
	if (!is_text(f) && f->type != FIELD_FLAG && f->type != FIELD_TEXTS &&
	    json_is_integer(value))
		return set_integer(f, object, json_integer_value(value), err);
	return err_set(err, "%s: missing, or of another type", f->name);
}

int
fields_from_json(struct arena *arena, const struct field *fields, void *object, const json_t *json,
    struct err *err)
{
	for
		EACH_FIELD(f, fields)
	if (from_json(arena, f, object, json_object_get(json, f->name), err) < 0)
		return -1;
	return 0;
}
