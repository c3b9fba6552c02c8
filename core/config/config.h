/* SPDX-License-Identifier: MIT */
/*
 * config -- what the administrator wrote, checked and typed (DESIGN.md: configuration).
 *
 * Evaluated once, by the checker, from postern.lua; carried to workers as JSON. Everything lives in
 * the arena that was given; read only afterwards.
 */
#ifndef CORE_CONFIG_CONFIG_H
#define CORE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/str.h"
#include "core/policy/verdict.h"

struct arena;
struct module;

/* Where in the configuration something was said. */
struct config_where {
	const char *file; /* as a person would name it */
	int line;         /* of the call; 0: not said, but implied */
};

/* Written as one text, or a list of them. */
struct texts {
	size_t count;
	const char *const *items;
};

struct config_domain {
	struct config_where at;
	const char *name;      /* canonical */
	const char *users;     /* module with the ability lookup: "passwd" */
	const char *mail;      /* module with the ability storage: "maildir" */
	const char *catch_all; /* local part, or "" */
	bool relay;            /* reserved for backup MX */
	const char *relay_host;
};

struct config_listen {
	struct config_where at;
	const char *endpoint; /* "submission" */
	const char *protocol; /* the module that has it: "smtp" */
	const char *address;  /* "127.0.0.1"; "" for all, IPv4 and IPv6 apart */
	struct ip ip;         /* of `address` */
	bool any;
	uint16_t port;
	const char *policy;         /* name of a policy, or "" */
	const char *at_word;        /* "rcpt" or "once", as written */
	const char *tls;            /* "first", "starttls", or "": as usual for the endpoint */
	const char *auth;           /* "required", "optional", or "" */
	bool tls_first, needs_auth; /* what these two come to */
	bool at_once; /* refusals at connect, helo and mail are spoken at once instead of at RCPT */
	bool auth_without_tls; /* for loopback clients, as in the demonstration */
};

/* `use "name" { ... }`: a module with its options. */
struct config_use {
	struct config_where at;
	const char *name; /* as used: "maildir" */
	const char *file; /* of the shared object; a generation opens it and keeps the descriptor */
	int fd;           /* of the opened file, or -1 */
	const char *options; /* JSON object as text: checked against the module's table */
	enum fail_mode fail;
	bool optional;
	/* filled in by module_load */
	const struct module *module;
	void *conf;
};

struct config_script {
	const char *file; /* as named in logs: "block.lua" */
	const char *path;
	struct str text;
};

struct config_policy {
	struct config_where at;
	const char *name; /* "mx" */
	const char *dir;
	char hash[17]; /* of names and contents, hex */
	size_t script_count;
	const struct config_script *scripts;
	size_t option_count; /* policy "mx" { "folder", wait = "30s" } */
	const char *const *option_names, *const *option_values;
	enum fail_mode fail;
};

struct config_route {
	struct config_where at;
	const char *domain;    /* or "*" */
	const char *deliverer; /* "relay" */
	const char *host;
	uint16_t port;
	const char *tls; /* "", "require" */
};

/* tls { }: a certificate and its key, and the names for which clients get it. */
struct config_tls {
	struct config_where at;
	const char *cert, *key;         /* files */
	struct str cert_text, key_text; /* their contents */
	struct texts names;             /* canonical; none: for all other names, and without one */
};

/* One table of all limits and time-outs: name, default, unit and meaning are in config_limits.c. */
struct config_limits {
	uint64_t message_size;
	uint64_t recipients; /* of one transaction */
	uint64_t header_size;
	uint64_t line_length; /* of message text */
	uint64_t received_fields;
	uint64_t connections; /* per worker */
	uint64_t connections_per_address;
	uint64_t connection_rate; /* per address and minute; 0: none */
	uint64_t errors;          /* refused or unknown commands before 421 */
	uint64_t idle_commands;   /* NOOP, RSET, VRFY, HELP, EHLO without a message between */
	uint64_t transactions;    /* messages of one connection */
	uint64_t auth_failures;   /* of one connection */
	uint64_t auth_failures_per_address; /* in ten minutes */
	uint64_t command_ms, data_ms, greeting_ms, tls_ms, pop3_idle_ms, stop_ms;
	uint64_t data_rate; /* bytes a second that a client must reach after a grace */
	uint64_t script_instructions, script_ms, script_memory, handler_ms;
};

struct config {
	const char *path; /* of postern.lua */
	const char *hostname;
	const char *data; /* absolute */
	const char *log;  /* file, or "" for stderr */
	const char *user_smtp, *user_access, *user_auth,
	    *group_mail;                       /* for when the master is root */
	unsigned smtp_workers, access_workers; /* 0: as many as there are processors */

	size_t tls_count; /* 0: no TLS; else one of them has no names */
	struct config_tls *tls;
	size_t domain_count, listen_count, use_count, policy_count, route_count, trusted_count;
	struct config_domain *domains;
	struct config_listen *listens;
	struct config_use *uses;
	struct config_policy *policies;
	struct config_route *routes;
	struct ip_net *trusted; /* network "trusted" */

	size_t retry_count;
	const uint64_t *retry_first_ms; /* retry { "5m", "15m", "30m" } */
	uint64_t retry_every_ms, retry_give_up_ms, retry_warn_ms;

	const char *resolver_fixture; /* path, or "" */
	struct str resolver_fixture_text;
	bool resolver_only;
	size_t resolver_server_count;
	const char *const *resolver_servers;
	uint64_t resolver_deadline_ms;

	struct config_limits limits;
};

/* A mistake in the configuration: as many as there are, not the first only. */
/* The certificate for clients that ask for no other; NULL: there is none. */
const struct config_tls *config_tls_default(const struct config *);

struct config_mistake {
	const char *file;
	int line;         /* 0: of the file as a whole */
	const char *text; /* "unknown option 'hostnmae' of server; did you mean 'hostname'?" */
};

struct config_mistakes {
	size_t count;
	struct config_mistake *items;
};

/* Say one more; the text is copied into the arena. Also for script_check and for modules' options.
 */
void config_mistake_add(struct arena *, struct config_mistakes *, struct config_where,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What Lua said, "block.lua:7: ...", as a mistake in `file` at that line. */
void
config_mistake_lua(struct arena *, struct config_mistakes *, const char *file, const char *message);

/* One more item of `size` bytes behind an array in the arena; zeroed, unless the array was cut. */
void *config_append(struct arena *, void **items, size_t *count, size_t size);

/* Evaluate the file and check it, modules and policies too. NULL where there are mistakes; warnings
 * alone do not refuse. */
struct config *config_load(struct arena *, const char *path, struct config_mistakes *mistakes,
    struct config_mistakes *warnings);

/* The same from text, for stories; `path` names it and gives relative paths their folder. */
struct config *config_load_text(struct arena *, const char *path, struct str text,
    struct config_mistakes *mistakes, struct config_mistakes *warnings);

/* As JSON, to a process of the same program, and back. Descriptors are passed beside it, in order
 * of `uses`. */
char *config_to_json(const struct config *); /* malloc'd by jansson: free() */
struct config *config_from_json(struct arena *, struct str, struct err *);

/* The domain of that name, or NULL. `name` in canonical form. */
const struct config_domain *config_domain(const struct config *, struct str name);
const struct config_policy *config_policy(const struct config *, const char *name);
struct config_use *config_use(const struct config *, const char *name);

/* Where a module with the ability storage keeps mail: its option `root`; NULL: in no folder. */
const char *config_mail_root(const struct config_use *);

#endif
