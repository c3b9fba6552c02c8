/* SPDX-License-Identifier: MIT */
/*
 * config_field -- what can be written in each block of postern.lua, as tables.
 *
 * One table serves the reader (config_lua.c), the snapshot for workers (config_json.c), the lists
 * of names for messages, and the test that compares the manual page with it.
 */
#ifndef CORE_CONFIG_CONFIG_FIELD_H
#define CORE_CONFIG_CONFIG_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"

struct arena;
struct json_t;

enum field_type {
	FIELD_END,
	FIELD_TEXT,     /* const char *, never NULL */
	FIELD_WORD,     /* const char *, one of `words` */
	FIELD_FLAG,     /* bool */
	FIELD_COUNT,    /* uint64_t */
	FIELD_WORKERS,  /* unsigned */
	FIELD_PORT,     /* uint16_t */
	FIELD_DURATION, /* uint64_t milliseconds */
	FIELD_SIZE,     /* uint64_t bytes */
	FIELD_FAIL,     /* enum fail_mode */
	FIELD_TEXTS,    /* struct texts; each text that is set is one more */
	/* carried to workers, never written by people */
	FIELD_BYTES, /* struct str */
	FIELD_IP,    /* struct ip */
	FIELD_LINE   /* int */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	const char *initial;  /* the default, as one would write it; NULL: the zero of the type */
	const char *words;    /* of FIELD_WORD, between spaces */
	const char *meaning;  /* NULL: not written by people */
	uint64_t least, most; /* of numbers; most 0: no bound */
};

/* A function of postern.lua and what it takes; `fields` ends with FIELD_END. */
struct block {
	const char *name;
	const struct field *fields;
	const char *meaning;
};

extern const struct field server_fields[], tls_fields[], domain_fields[], listen_fields[],
    use_fields[], policy_fields[], route_fields[], retry_fields[], resolver_fields[],
    limits_fields[], network_fields[];

/* All blocks, in the order of the manual page; ends with a NULL name. */
extern const struct block config_blocks[];

/* The field of that name that people may write, or NULL. */
const struct field *field_find(const struct field *, struct str name);

/* Set every field of `object` to its default. */
void field_set_initial(struct arena *, const struct field *, void *object);

/* Set one field from its text. 0, or -1 with what is wrong: "'5x' is no duration: ..." */
int
field_set_text(struct arena *, const struct field *, void *object, struct str text, struct err *);
int field_set_number(const struct field *, void *object, uint64_t number, struct err *);

/* Whether the value may be given as a number, as true or false. */
bool field_takes_number(const struct field *);

/* The names that people may write, NULL-terminated, in the arena. */
const char *const *field_names(struct arena *, const struct field *);

/* All fields of an object as JSON, and back. */
struct json_t *fields_to_json(const struct field *, const void *object);
int fields_from_json(
    struct arena *, const struct field *, void *object, const struct json_t *, struct err *);

#endif
