/* SPDX-License-Identifier: MIT */
/* demo_files -- what the demonstration writes into its folder: the shortest real example. */
#include "core/cli/demo.h"

#include "core/base/arena.h"
#include "core/loop/tls.h"
#include "core/module_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CERTIFICATE_DAYS = 3650 };

/* All ways in that a Postern may have; those whose module exists are served. */
static const struct {
	const char *endpoint, *module;
	unsigned port;
	bool reads_policy;
} endpoints[] = {
	{ "smtp", "smtp", 25, true },
	{ "submission", "smtp", 587, false },
	{ "submissions", "smtp", 465, false },
	{ "lmtp", "lmtp", 24, false },
	{ "pop3", "pop3", 110, false },
	{ "pop3s", "pop3", 995, false },
	{ "imap", "imap", 143, false },
	{ "imaps", "imap", 993, false },
	{ "sieve", "managesieve", 4190, false },
	{ "http", "http", 80, false },
	{ "https", "http", 443, false },
};

static const char head[] =
    "-- postern.lua -- a mail server for example.test, reachable from this computer only.\n"
    "-- Written by `postern demo`. Change it as you like; the demonstration will use it.\n"
    "\n"
    "local base = %u -- is added to the usual ports, so that root is not needed\n"
    "\n"
    "server { hostname = \"mx.example.test\", data = \"%s\", log = \"log\" }\n"
    "tls    { cert = \"cert.pem\", key = \"key.pem\" }\n"
    "\n"
    "domain \"example.test\" { users = \"passwd\", mail = \"maildir\" }\n"
    "\n"
    "-- Where connections come in. A real server listens on all addresses and needs no more than\n"
    "-- listen { \"smtp\", policy = \"mx\" }; here the programs of this computer may also log in "
    "without TLS.\n"
    "local here = \"127.0.0.1\"\n";

static const char middle[] = "\n"
			     "-- Modules, each with its options.\n"
			     "use \"passwd\"  { file = \"users\" }\n"
			     "use \"maildir\" { root = \"mail\" }\n"
			     "use \"maxrcpt\" { limit = 1000 }\n"
			     "\n"
			     "-- Who decides about strangers' mail: the scripts in a folder.\n"
			     "policy \"mx\" { \"policy\" }\n"
			     "\n"
			     "-- Names are looked up in a file, never in the network.\n"
			     "resolver { fixture = \"dns.json\", only = true }\n";

static const char relay[] = "\n"
			    "-- Mail for others goes to a server that you may start for it.\n"
			    "route \"remote.test\" { host = here, port = base + 26 }\n";

static const char limits[] = "\n"
			     "-- No limit per address hinders a load test from this computer.\n"
			     "limits { connections_per_address = 100000, auth_failures_per_address "
			     "= 100000, transactions = 1000000 }\n";

static const char names[] = "{\n"
			    "\t\"example.test\": { \"MX\": [[10, \"mx.example.test\"]] },\n"
			    "\t\"mx.example.test\": { \"A\": [\"127.0.0.1\"] },\n"
			    "\t\"1.0.0.127.in-addr.arpa\": { \"PTR\": [\"mx.example.test\"] },\n"
			    "\t\"remote.test\": { \"MX\": [[10, \"mx.remote.test\"]] },\n"
			    "\t\"mx.remote.test\": { \"A\": [\"127.0.0.1\"] }\n"
			    "}\n";

static const char script[] = "-- first.lua -- a first rule of your own: what strangers may send, "
			     "and what their mail carries.\n"
			     "\n"
			     "on(\"rcpt\", function(tx)\n"
			     "  if tx.rcpt_local == \"nobody\" then\n"
			     "    return reject(550, \"5.7.1\", \"Nobody reads this\")\n"
			     "  end\n"
			     "end)\n"
			     "\n"
			     "on(\"message\", function(tx)\n"
			     "  tx:add_header(\"X-Policy\", \"first.lua let this in\")\n"
			     "end)\n";

static const char story[] = "# Nobody's mailbox takes no mail, everybody else's does.\n"
			    "policy  first.lua\n"
			    "client  192.0.2.1\n"
			    "S: 220 *\n"
			    "C: EHLO stranger.test\n"
			    "S: 250 *\n"
			    "C: MAIL FROM:<a@stranger.test>\n"
			    "S: 250 *\n"
			    "C: RCPT TO:<nobody@here.test>\n"
			    "S: 550 5.7.1 Nobody reads this\n"
			    "C: RCPT TO:<alice@here.test>\n"
			    "S: 250 *\n"
			    "C: QUIT\n"
			    "S: 221 *\n";

/* ---- files */

static int
write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.p, text.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text = str_from(text, (size_t)put);
	}
	return 0;
}

int
demo_replace(struct arena *arena, const char *path, struct str text, struct err *err)
{
	const char *tmp = arena_printf(arena, "%s.new", path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), result;

	if (fd < 0)
		return err_errno(err, "cannot make %s", tmp);
	result = write_all(fd, text) < 0 || fsync(fd) < 0 ? -1 : 0;
	close(fd);
	if (result < 0 || rename(tmp, path) < 0)
		return err_errno(err, "cannot write %s", path);
	return 0;
}

bool
demo_has(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
write_missing(struct arena *arena, const char *path, struct str text, struct err *err)
{
	return demo_has(path) ? 0 : demo_replace(arena, path, text, err);
}

int
demo_read(const char *path, struct buf *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;
	char *room;

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	while ((room = buf_room(text, 65536)) != NULL && (got = read(fd, room, 65536)) > 0)
		buf_grow(text, (size_t)got);
	close(fd);
	return got < 0 || room == NULL ? err_errno(err, "cannot read %s", path) : 0;
}

/* ---- the configuration */

static bool
has_module(struct arena *arena, const char *name)
{
	const char *const *known;
	size_t count = module_names(arena, &known);

	for (size_t i = 0; i < count; i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}

static int
write_config(struct arena *arena, const struct demo *d, const char *path, struct err *err)
{
	struct buf b;
	int result;

	buf_init(&b, DEMO_FILE_MAX);
	buf_printf(&b, head, d->base, d->folder);
	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++)
		if (has_module(arena, endpoints[i].module))
			buf_printf(&b,
			    "listen { \"%s\", address = here, port = base + %u, auth_without_tls = "
			    "true%s }\n",
			    endpoints[i].endpoint, endpoints[i].port,
			    endpoints[i].reads_policy ? ", policy = \"mx\"" : "");
	buf_add_text(&b, middle);
	if (has_module(arena, "relay"))
		buf_add_text(&b, relay);
	buf_add_text(&b, limits);
	result = demo_replace(arena, path, buf_str(&b), err);
	buf_free(&b);
	return result;
}

/* In a configuration that is there, only the line with the base is ours. */
static int
set_base(struct arena *arena, const struct demo *d, const char *path, struct err *err)
{
	struct buf before, after;
	struct str rest, line;
	bool more = true;
	int result;

	buf_init(&before, DEMO_FILE_MAX);
	buf_init(&after, DEMO_FILE_MAX);
	result = demo_read(path, &before, err);
	rest = buf_str(&before);
	while (result == 0 && more) {
		more = str_cut(&rest, '\n', &line);
		if (str_starts(line, STR("local base = ")))
			buf_printf(&after,
			    "local base = %u -- is added to the usual ports, so that root is not "
			    "needed",
			    d->base);
		else
			buf_add_str(&after, line);
		if (more)
			buf_add_byte(&after, '\n');
	}
	if (result == 0 && !str_eq(buf_str(&before), buf_str(&after)))
		result = demo_replace(arena, path, buf_str(&after), err);
	buf_free(&before);
	buf_free(&after);
	return result;
}

static int
write_certificate(struct arena *arena, const char *folder, struct err *err)
{
	const char *cert_path = arena_printf(arena, "%s/cert.pem", folder),
		   *key_path = arena_printf(arena, "%s/key.pem", folder);
	struct buf cert, key;
	int result = 0;

	if (demo_has(cert_path) && demo_has(key_path))
		return 0;
	buf_init(&cert, DEMO_FILE_MAX);
	buf_init(&key, DEMO_FILE_MAX);
	if (tls_self_signed("mx.example.test", CERTIFICATE_DAYS, &cert, &key, err) < 0 ||
	    demo_replace(arena, key_path, buf_str(&key), err) < 0 ||
	    demo_replace(arena, cert_path, buf_str(&cert), err) < 0)
		result = -1;
	buf_free(&cert);
	buf_free(&key);
	return result;
}

int
demo_write(struct arena *arena, const struct demo *d, struct err *err)
{
	const char *config = arena_printf(arena, "%s/postern.lua", d->folder);
	const char *policy = arena_printf(arena, "%s/policy", d->folder);

	if (mkdir(policy, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make %s", policy);
	if (write_missing(arena, arena_printf(arena, "%s/first.lua", policy), str_of(script), err) <
		0 ||
	    write_missing(
		arena, arena_printf(arena, "%s/first.story", policy), str_of(story), err) < 0 ||
	    write_missing(
		arena, arena_printf(arena, "%s/dns.json", d->folder), str_of(names), err) < 0 ||
	    write_certificate(arena, d->folder, err) < 0 || demo_write_users(arena, d, err) < 0)
		return -1;
	return demo_has(config) ? set_base(arena, d, config, err)
				: write_config(arena, d, config, err);
}
