/* SPDX-License-Identifier: MIT */
/* world_files -- the folder of a story: configuration, certificate, users, policy, mail. */
#include "core/story/world_files.h"
#include "core/base/arena.h"
#include "core/loop/tls.h"
#include "core/module.h"
#include "core/module_load.h"
#include "core/config/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "mx.here.test"
#define OTHER_HOST "other.test"
#define DOMAIN "here.test"

static const struct {
	const char *name, *password;
} usual_users[] = { { "alice@" DOMAIN, "secret" }, { "bob@" DOMAIN, "secret" } };

static int
write_file(const char *folder, const char *name, struct str text, struct err *err)
{
	char path[512];
	int fd, good;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, "cannot make %s", path);
	good = write(fd, text.p, text.len) == (ssize_t)text.len;
	if (!good)
		err_errno(err, "cannot write %s", path);
	close(fd);
	return good ? 0 : -1;
}

/* A folder and those above it, from behind `from` on. */
static int
make_folders(char *path, size_t from, struct err *err)
{
	for (char *p = path + from; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make folder %s", path);
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST
		   ? err_errno(err, "cannot make folder %s", path)
		   : 0;
}

static int
add_user(struct arena *a, const char *file, struct str name, struct str password, struct err *err)
{
	static struct config_use use = { .name = "passwd", .fd = -1 };
	struct str local, domain = name;
	int made;

	if (use.module == NULL) {
		/* Weak on purpose: stories are many, and what they prove is not the cost of a hash. */
		use.options = "{\"file\": \"users\", \"memory\": \"64K\", \"passes\": 1}";
		if ((use.file = module_find(a, "passwd", err)) == NULL)
			return -1;
	}
	if (module_use(a, &use, file, true, err) < 0)
		return -1;
	str_cut(&domain, '@', &local);
	made = use.module->lookup->set_password(use.conf, local, domain, password, true, err);
	use.module->stop(use.conf);
	return made == 1 ? 0 : -1;
}

/* Certificate and users cost time: made once, then copied into each story's folder. */
static struct {
	struct buf cert, key, other_cert, other_key, users;
	bool made;
} usual;

static int
read_users(const char *folder, struct err *err)
{
	char path[512];
	ssize_t got;
	int fd;
	char *room;

	snprintf(path, sizeof path, "%s/data/users", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	while ((room = buf_room(&usual.users, 4096)) != NULL && (got = read(fd, room, 4096)) > 0)
		buf_grow(&usual.users, (size_t)got);
	close(fd);
	return 0;
}

static int
make_usual(struct arena *a, const char *folder, struct err *err)
{
	char data[256];

	if (usual.made)
		return 0;
	buf_init(&usual.cert, 64 * 1024);
	buf_init(&usual.key, 64 * 1024);
	buf_init(&usual.other_cert, 64 * 1024);
	buf_init(&usual.other_key, 64 * 1024);
	buf_init(&usual.users, 64 * 1024);
	if (tls_self_signed(HOST, 30, &usual.cert, &usual.key, err) < 0 ||
	    tls_self_signed(OTHER_HOST, 30, &usual.other_cert, &usual.other_key, err) < 0)
		return -1;
	snprintf(data, sizeof data, "%s/data", folder);
	for (size_t i = 0; i < sizeof usual_users / sizeof usual_users[0]; i++)
		if (add_user(a, data, str_of(usual_users[i].name), str_of(usual_users[i].password),
			err) < 0)
			return -1;
	usual.made = true;
	return read_users(folder, err);
}

/* One answer as the fixture has it: "10 mail.test" becomes [10, "mail.test"] for MX. */
static json_t *
record(struct str type, struct str value)
{
	struct str host = value, priority;
	uint64_t number = 0;

	if (!str_eq(type, STR("MX")))
		return json_stringn(value.p, value.len);
	str_cut(&host, ' ', &priority);
	str_number(priority, 65535, &number);
	return json_pack("[I,s%]", (json_int_t)number, host.p, host.len);
}

static int
make_dns(const struct world_files *f, struct arena *a, const struct story *s, struct err *err)
{
	json_t *root = json_object(), *name, *list;
	char *text;
	int r;

	for (const struct story_pair *p = s->dns; p != NULL; p = p->next) {
		struct str rest = p->value, type;
		const char *key = str_copy(a, p->name).p;

		str_cut(&rest, ' ', &type);
		rest = str_trim(rest);
		name = json_object_get(root, key);
		if (name == NULL)
			json_object_set_new(root, key, name = json_object());
		if (str_eq(type, STR("fail"))) {
			json_object_set_new(name, "fail", json_stringn(rest.p, rest.len));
			continue;
		}
		list = json_object_get(name, str_copy(a, type).p);
		if (list == NULL)
			json_object_set_new(name, str_copy(a, type).p, list = json_array());
		json_array_append_new(list, record(type, rest));
	}
	text = json_dumps(root, 0);
	r = write_file(f->folder, "dns.json", str_of(text), err);
	free(text);
	json_decref(root);
	return r;
}

/* The scripts of the policy, into one folder; those named come first, by name. */
static int
make_policy(const struct world_files *f, struct arena *a, const struct story *s, struct err *err)
{
	const char *folder = arena_printf(a, "%s/policy", f->folder);
	char buffer[64 * 1024];

	if (mkdir(folder, 0700) < 0)
		return err_errno(err, "cannot make folder %s", folder);
	for (const struct story_pair *p = s->scripts; p != NULL; p = p->next) {
		const char *from = arena_printf(a, "%s/%.*s", s->folder, STR_FMT(p->name));
		const char *base = strrchr(from, '/') + 1;
		int fd = open(from, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd >= 0 ? read(fd, buffer, sizeof buffer) : -1;

		if (fd >= 0)
			close(fd);
		if (got < 0)
			return err_errno(err, "cannot read policy %s", from);
		if (write_file(folder, base, (struct str){ buffer, (size_t)got }, err) < 0)
			return -1;
	}
	return s->script.len > 0 ? write_file(folder, "story.lua", buf_str(&s->script), err) : 0;
}

static int
make_mail(const struct world_files *f, struct arena *a, const struct story *s, struct err *err)
{
	static const char *const folders[] = { "cur", "new", "tmp" };
	unsigned count = 0;

	if (make_folders(arena_printf(a, "%s/data/mail", f->folder), strlen(f->folder) + 1, err) <
		0 ||
	    write_file(
		arena_printf(a, "%s/data/mail", f->folder), ".postern-mail-root", STR(""), err) < 0)
		return -1;
	for (const struct story_pair *p = s->mails; p != NULL; p = p->next) {
		struct str local, domain = p->name;
		char *box;

		str_cut(&domain, '@', &local);
		box = arena_printf(
		    a, "%s/data/mail/%.*s/%.*s", f->folder, STR_FMT(domain), STR_FMT(local));
		for (size_t i = 0; i < 3; i++)
			if (make_folders(arena_printf(a, "%s/%s", box, folders[i]),
				strlen(f->folder) + 1, err) < 0)
				return -1;
		if (write_file(arena_printf(a, "%s/new", box),
			arena_printf(a, "10000%02u.story", count++), story_unescape(a, p->value),
			err) < 0)
			return -1;
	}
	return 0;
}

static void
add_endpoint(struct world_files *f, struct str endpoint)
{
	if (world_files_listen(f, endpoint) < 0 && f->listen_count < WORLD_LISTENS)
		f->listens[f->listen_count++].endpoint = endpoint;
}

/* Those that the story's clients connect to. */
static void
find_endpoints(struct world_files *f, const struct story *s)
{
	for (size_t i = 0; i < s->step_count; i++) {
		struct str rest = s->steps[i].text, ip;

		if (s->steps[i].kind != STORY_CLIENT)
			continue;
		str_cut(&rest, ' ', &ip);
		add_endpoint(f, str_trim(rest).len > 0 ? str_trim(rest) : STR("smtp"));
	}
	add_endpoint(f, STR("smtp"));
}

/* A port that is free now. */
static uint16_t
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		sa.sin_port = 0;
	close(fd);
	return ntohs(sa.sin_port);
}

static int
make_config(struct world_files *f, const struct story *s, bool tcp, struct err *err)
{
	bool policy = s->script.len > 0 || s->scripts != NULL;
	struct buf b;
	int r;

	buf_init(&b, STORY_MAX);
	buf_printf(&b, "server { hostname = \"" HOST "\", data = \"%s/data\"%s }\n", f->folder,
	    tcp ? ", smtp_workers = 1, access_workers = 1, log = \"log\"" : "");
	buf_printf(&b, "tls { cert = \"cert.pem\", key = \"key.pem\" }\n");
	buf_printf(&b, "domain \"" DOMAIN "\" { users = \"passwd\", mail = \"maildir\" }\n");
	buf_printf(
	    &b, "use \"passwd\" { file = \"users\" }\nuse \"maildir\" { root = \"mail\" }\n");
	buf_printf(&b, "resolver { fixture = \"dns.json\", only = true }\n");
	if (policy)
		buf_printf(
		    &b, "policy \"story\" { \"policy\"%s }\n", buf_text((struct buf *)&s->options));
	for (size_t i = 0; i < f->listen_count; i++) {
		struct world_listen *l = &f->listens[i];

		l->port = tcp ? free_port() : (uint16_t)(10000 + i);
		buf_printf(&b, "listen { \"%.*s\", address = \"127.0.0.1\", port = %u%s",
		    STR_FMT(l->endpoint), l->port, policy ? ", policy = \"story\"" : "");
		for (const struct story_pair *p = s->listens; p != NULL; p = p->next)
			if (str_eq(p->name, l->endpoint))
				buf_printf(&b, ", %.*s", STR_FMT(p->value));
		buf_printf(&b, " }\n");
	}
	buf_add_str(&b, buf_str(&s->uses));
	buf_add_str(&b, buf_str(&s->config));
	r = b.over ? err_set(err, "the story's configuration is too long")
		   : write_file(f->folder, "postern.lua", buf_str(&b), err);
	buf_free(&b);
	return r;
}

int
world_files_make(
    struct world_files *f, struct arena *a, const struct story *s, bool tcp, struct err *err)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", *data;

	snprintf(f->folder, sizeof f->folder, "%s/postern-story-XXXXXX", tmp);
	if (mkdtemp(f->folder) == NULL)
		return err_errno(err, "cannot make a folder in %s", tmp);
	data = arena_printf(a, "%s/data", f->folder);
	if (mkdir(data, 0700) < 0)
		return err_errno(err, "cannot make folder %s", data);
	find_endpoints(f, s);
	if (make_usual(a, f->folder, err) < 0 ||
	    write_file(f->folder, "cert.pem", buf_str(&usual.cert), err) < 0 ||
	    write_file(f->folder, "key.pem", buf_str(&usual.key), err) < 0 ||
	    write_file(f->folder, "other.pem", buf_str(&usual.other_cert), err) < 0 ||
	    write_file(f->folder, "other-key.pem", buf_str(&usual.other_key), err) < 0 ||
	    write_file(data, "users", buf_str(&usual.users), err) < 0)
		return -1;
	for (const struct story_pair *p = s->users; p != NULL; p = p->next)
		if (add_user(a, data, p->name, p->value, err) < 0)
			return -1;
	if (make_dns(f, a, s, err) < 0 || make_policy(f, a, s, err) < 0 ||
	    make_mail(f, a, s, err) < 0)
		return -1;
	return make_config(f, s, tcp, err);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
world_files_remove(struct world_files *f)
{
	nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
world_files_listen(const struct world_files *f, struct str endpoint)
{
	for (size_t i = 0; i < f->listen_count; i++)
		if (str_eq(f->listens[i].endpoint, endpoint))
			return (int)i;
	return -1;
}
