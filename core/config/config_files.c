/* SPDX-License-Identifier: MIT */
/* config_files -- reads what the configuration names: resolver fixture, policies. */
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/config/config_load.h"
#include "core/module_trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIXTURE_MAX = 16 << 20, SCRIPT_MAX = 1 << 20, SCRIPTS_MAX = 200 };

/* ---- one file */

/* The content of an open regular file. */
static int
read_all(
    struct arena *arena, int fd, const char *path, size_t max, struct str *content, struct err *err)
{
	struct stat st;
	size_t size, done = 0;
	char *p;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s is no regular file", path);
	if ((uint64_t)st.st_size > max)
		return err_set(err, "%s is larger than %zu bytes", path, max);
	size = (size_t)st.st_size;
	p = arena_alloc(arena, size + 1);
	while (done < size) {
		ssize_t n = read(fd, p + done, size - done);

		if (n < 0)
			return err_errno(err, "cannot read %s", path);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*content = (struct str){ p, done };
	return 0;
}

int
config_read_file(struct arena *arena, const char *path, size_t max, bool trusted,
    struct str *content, struct err *err)
{
	char real[PATH_MAX];
	int fd, result;

	if (realpath(path, real) == NULL)
		return err_errno(err, "cannot open %s", path);
	if (trusted && module_trust(real, err) < 0)
		return -1;
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	result = read_all(arena, fd, path, max, content, err);
	close(fd);
	return result;
}

static bool
is_utf8(struct str text)
{
	json_t *json = json_stringn(text.p, text.len);

	json_decref(json);
	return json != NULL;
}

/* ---- resolver { fixture = "dns.json" } */

static void
read_fixture(struct loader *load)
{
	struct config *c = load->config;
	json_error_t wrong;
	json_t *json;
	struct err err;

	if (c->resolver_fixture[0] == '\0') {
		if (c->resolver_only)
			MISTAKE(load, load->resolver_at,
			    "resolver: `only` needs a fixture: no name could be looked up");
		return;
	}
	c->resolver_fixture = config_path(load, c->resolver_fixture);
	if (config_read_file(load->arena, c->resolver_fixture, FIXTURE_MAX, false,
		&c->resolver_fixture_text, &err) < 0) {
		MISTAKE(load, load->resolver_at, "resolver: %s", err.text);
		return;
	}
	json = json_loadb(c->resolver_fixture_text.p, c->resolver_fixture_text.len,
	    JSON_REJECT_DUPLICATES, &wrong);
	if (json == NULL)
		MISTAKE(load, ((struct config_where){ c->resolver_fixture, wrong.line }), "%s",
		    wrong.text);
	else if (!json_is_object(json))
		MISTAKE(load, ((struct config_where){ c->resolver_fixture, 1 }),
		    "names with their records are expected: {\"NAME\": {...}}");
	json_decref(json);
}

/* ---- policies */

/* The policy's folder: beside the configuration, else one of those that come with Postern. */
static const char *
find_policy(struct loader *load, const char *dir)
{
	const char *here = config_path(load, dir), *variable = getenv("POSTERN_SCRIPT_PATH"),
		   *there;

	if (dir[0] == '/' || access(here, F_OK) == 0)
		return here;
	there = arena_printf(load->arena, "%s/%s", variable != NULL ? variable : SCRIPT_DIR, dir);
	return access(there, F_OK) == 0 ? there : here;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the *.lua in a folder, sorted; -1 where it cannot be read. */
static ssize_t
list_scripts(struct arena *arena, const char *dir, const char **names)
{
	DIR *d = opendir(dir);
	size_t count = 0;
	struct dirent *e;

	if (d == NULL)
		return -1;
	while (count < SCRIPTS_MAX && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && str_ends_nocase(str_of(e->d_name), STR(".lua")))
			names[count++] = arena_strdup(arena, e->d_name);
	closedir(d);
	if (count > 1)
		qsort(names, count, sizeof *names, compare_names);
	return (ssize_t)count;
}

/* The policy's identity: a hash over the names and contents of its scripts. */
static void
hash_scripts(struct config_policy *p)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (size_t i = 0; i < p->script_count; i++) {
		const struct config_script *s = &p->scripts[i];
		uint64_t len = s->text.len;

		EVP_DigestUpdate(md, s->file, strlen(s->file) + 1);
		EVP_DigestUpdate(md, &len, sizeof len);
		EVP_DigestUpdate(md, s->text.p, s->text.len);
	}
	EVP_DigestFinal_ex(md, digest, NULL);
	EVP_MD_CTX_free(md);
	for (size_t i = 0; i < 8; i++)
		snprintf(p->hash + 2 * i, 3, "%02x", digest[i]);
}

static void
read_policy_scripts(struct loader *load, struct config_policy *p)
{
	const char **names = arena_alloc(load->arena, SCRIPTS_MAX * sizeof *names);
	struct config_script *scripts;
	struct err err;
	ssize_t count;

	p->dir = find_policy(load, p->dir);
	count = list_scripts(load->arena, p->dir, names);
	if (count < 0)
		MISTAKE(load, p->at, "policy \"%s\": cannot read the folder %s: %s", p->name,
		    p->dir, strerror(errno));
	else if (count == 0)
		MISTAKE(load, p->at, "policy \"%s\": the folder %s has no scripts (*.lua)", p->name,
		    p->dir);
	scripts = arena_alloc(load->arena, (count > 0 ? (size_t)count : 1) * sizeof *scripts);
	for (ssize_t i = 0; i < count; i++) {
		struct config_script *s = &scripts[p->script_count];

		s->file = names[i];
		s->path = arena_printf(load->arena, "%s/%s", p->dir, names[i]);
		if (config_read_file(load->arena, s->path, SCRIPT_MAX, true, &s->text, &err) < 0)
			MISTAKE(load, p->at, "policy \"%s\": %s", p->name, err.text);
		else if (!is_utf8(s->text))
			MISTAKE(load, ((struct config_where){ s->path, 0 }), "is not UTF-8 text");
		else
			p->script_count++;
	}
	p->scripts = scripts;
	hash_scripts(p);
}

void
config_files(struct loader *load)
{
	config_tls(load);
	read_fixture(load);
	for (size_t i = 0; i < load->config->policy_count; i++)
		read_policy_scripts(load, &load->config->policies[i]);
}
