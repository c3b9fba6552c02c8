/* SPDX-License-Identifier: MIT */
/* config_fields -- the blocks of postern.lua, each a table; limits stand in config_limits.c. */
#include "core/config/config.h"
#include "core/config/config_field.h"

/* clang-format off */
#define FIELD(struct_, name_, member_, type_, initial_, meaning_) \
	{ name_, FIELD_##type_, offsetof(struct_, member_), initial_, NULL, meaning_, 0, 0 }
#define WORD(struct_, name_, member_, words_, initial_, meaning_) \
	{ name_, FIELD_WORD, offsetof(struct_, member_), initial_, words_, meaning_, 0, 0 }
#define NUMBER(struct_, name_, member_, type_, initial_, least_, most_, meaning_) \
	{ name_, FIELD_##type_, offsetof(struct_, member_), initial_, NULL, meaning_, least_, most_ }
#define CARRIED(struct_, name_, member_, type_) \
	{ name_, FIELD_##type_, offsetof(struct_, member_), NULL, NULL, NULL, 0, 0 }
#define WHERE(struct_) CARRIED(struct_, "at_file", at.file, TEXT), CARRIED(struct_, "at_line", at.line, LINE)
#define END { NULL, FIELD_END, 0, NULL, NULL, NULL, 0, 0 }

const struct field server_fields[] = {
	FIELD(struct config, "hostname", hostname, TEXT, "", "the name that this server has for others; default: the system's"),
	FIELD(struct config, "data", data, TEXT, "/var/lib/postern", "folder of spool, mail and users"),
	FIELD(struct config, "log", log, TEXT, "", "file to log into, relative to data; default: standard error"),
	FIELD(struct config, "user_smtp", user_smtp, TEXT, "postern-smtp", "system user of the workers that speak SMTP"),
	FIELD(struct config, "user_access", user_access, TEXT, "postern-access", "system user of the workers that serve mailboxes"),
	FIELD(struct config, "user_auth", user_auth, TEXT, "postern-auth", "system user of the process that knows the passwords"),
	FIELD(struct config, "group_mail", group_mail, TEXT, "postern-mail", "system group that owns the mailboxes"),
	NUMBER(struct config, "smtp_workers", smtp_workers, WORKERS, "0", 0, 64, "processes for SMTP; 0: one for each processor"),
	NUMBER(struct config, "access_workers", access_workers, WORKERS, "0", 0, 64, "processes for POP3, IMAP and HTTP; 0: one for each processor"),
	CARRIED(struct config, "path", path, TEXT),
	CARRIED(struct config, "resolver_fixture_text", resolver_fixture_text, BYTES),
	END
};

const struct field tls_fields[] = {
	FIELD(struct config_tls, "cert", cert, TEXT, "", "file of the certificate and those above it, PEM; relative to the configuration"),
	FIELD(struct config_tls, "key", key, TEXT, "", "file of its private key, PEM; readable by its owner only"),
	FIELD(struct config_tls, "name", names, TEXTS, NULL, "host name, or list of them, that clients must ask for to get this one; default: all others"),
	CARRIED(struct config_tls, "cert_text", cert_text, BYTES),
	CARRIED(struct config_tls, "key_text", key_text, BYTES),
	WHERE(struct config_tls),
	END
};

const struct field domain_fields[] = {
	CARRIED(struct config_domain, "name", name, TEXT),
	FIELD(struct config_domain, "users", users, TEXT, "passwd", "module that knows the users of this domain"),
	FIELD(struct config_domain, "mail", mail, TEXT, "maildir", "module that keeps their mail"),
	FIELD(struct config_domain, "catch_all", catch_all, TEXT, "", "the local part that gets mail for unknown users; default: it is refused"),
	WHERE(struct config_domain),
	END
};

const struct field listen_fields[] = {
	CARRIED(struct config_listen, "endpoint", endpoint, TEXT),
	NUMBER(struct config_listen, "port", port, PORT, NULL, 1, 65535, "TCP port; default: the usual one of the endpoint"),
	FIELD(struct config_listen, "address", address, TEXT, "", "IPv4 or IPv6 address to listen on; default: all of both"),
	FIELD(struct config_listen, "policy", policy, TEXT, "", "policy that decides here; default: none"),
	WORD(struct config_listen, "at", at_word, "rcpt once", "rcpt", "when a refusal at connect, helo or mail is spoken: \"rcpt\" or \"once\""),
	WORD(struct config_listen, "tls", tls, "first starttls", "", "\"first\": before the greeting; \"starttls\": offered; default: as usual for the endpoint"),
	WORD(struct config_listen, "auth", auth, "required optional", "", "\"required\" or \"optional\": whether clients must log in; default: as usual for the endpoint"),
	FIELD(struct config_listen, "auth_without_tls", auth_without_tls, FLAG, "false", "let clients on the loopback interface log in without TLS"),
	CARRIED(struct config_listen, "protocol", protocol, TEXT),
	CARRIED(struct config_listen, "ip", ip, IP),
	CARRIED(struct config_listen, "any", any, FLAG),
	CARRIED(struct config_listen, "tls_first", tls_first, FLAG),
	CARRIED(struct config_listen, "needs_auth", needs_auth, FLAG),
	CARRIED(struct config_listen, "at_once", at_once, FLAG),
	WHERE(struct config_listen),
	END
};

/* Besides the options of the module itself. */
const struct field use_fields[] = {
	CARRIED(struct config_use, "name", name, TEXT),
	FIELD(struct config_use, "fail", fail, FAIL, "defer", "what happens to mail when the module itself fails: defer, continue or reject"),
	FIELD(struct config_use, "optional", optional, FLAG, "false", "after repeated crashes go on without it"),
	CARRIED(struct config_use, "file", file, TEXT),
	CARRIED(struct config_use, "options", options, TEXT),
	WHERE(struct config_use),
	END
};

/* Besides the options that its scripts declare. */
const struct field policy_fields[] = {
	CARRIED(struct config_policy, "name", name, TEXT),
	FIELD(struct config_policy, "fail", fail, FAIL, "defer", "what happens to mail when a script fails: defer, continue or reject"),
	CARRIED(struct config_policy, "dir", dir, TEXT),
	WHERE(struct config_policy),
	END
};

const struct field route_fields[] = {
	CARRIED(struct config_route, "domain", domain, TEXT),
	FIELD(struct config_route, "deliverer", deliverer, TEXT, "relay", "module that delivers"),
	FIELD(struct config_route, "host", host, TEXT, "", "server that takes the mail"),
	NUMBER(struct config_route, "port", port, PORT, "25", 1, 65535, "its TCP port"),
	WORD(struct config_route, "tls", tls, "require", "", "\"require\": never without TLS; default: where the server offers it"),
	WHERE(struct config_route),
	END
};

/* Its list is the first waits: retry { "5m", "15m", "30m" }. */
const struct field retry_fields[] = {
	NUMBER(struct config, "every", retry_every_ms, DURATION, "30m", 1000, 0, "wait between the attempts that follow"),
	NUMBER(struct config, "give_up", retry_give_up_ms, DURATION, "5d", 60000, 0, "return the message to its sender after that time"),
	NUMBER(struct config, "warn", retry_warn_ms, DURATION, "4h", 0, 0, "tell the sender after that time; 0: never"),
	END
};

/* Its list is the servers to ask: resolver { "127.0.0.1@53" }. */
const struct field resolver_fields[] = {
	FIELD(struct config, "fixture", resolver_fixture, TEXT, "", "JSON file that answers before the network does; relative to the configuration"),
	FIELD(struct config, "only", resolver_only, FLAG, "false", "never ask the network"),
	NUMBER(struct config, "deadline", resolver_deadline_ms, DURATION, "10s", 100, 600000, "longest time for an answer"),
	END
};

/* A list only. */
const struct field network_fields[] = { END };

static const struct field no_fields[] = { END };

const struct block config_blocks[] = {
	{ "server",   server_fields,   "the server as a whole" },
	{ "tls",      tls_fields,      "a certificate and its key" },
	{ "domain",   domain_fields,   "a domain whose mail is delivered here" },
	{ "listen",   listen_fields,   "where connections come in" },
	{ "use",      use_fields,      "a module, with its options" },
	{ "policy",   policy_fields,   "a folder of Lua scripts that decide" },
	{ "route",    route_fields,    "where mail for other domains goes" },
	{ "retry",    retry_fields,    "when delivery is tried again" },
	{ "network",  network_fields,  "a named list of networks" },
	{ "resolver", resolver_fields, "how names are looked up" },
	{ "limits",   limits_fields,   "limits and time-outs" },
	{ "include",  no_fields,       "another file, read at this place" },
	{ "secret",   no_fields,       "the content of a file, as a value" },
	{ NULL, NULL, NULL }
};
/* clang-format on */
