/* SPDX-License-Identifier: MIT */
/*
 * passwd -- users and password hashes in a text file (see users.h for its form).
 *
 * New passwords are hashed with argon2id, and the keys of SCRAM-SHA-256 are kept beside it. Hashes
 * that crypt(3) knows are accepted for checking, so that a file can come from another server.
 */
#include "modules/passwd/secret.h"
#include "modules/passwd/users.h"

#include <string.h>

struct passwd {
	const char *file;
	uint64_t memory;
	int64_t passes;
	int64_t scram_iterations;
	struct users users;
};

/* clang-format off */
static const struct option options[] = {
	OPTION_PATH(struct passwd, file,             "users", "the file with one user a line"),
	OPTION_SIZE(struct passwd, memory,           "19M",   "memory that hashing one password takes (argon2id)"),
	OPTION_INT (struct passwd, passes,           2,       "passes over that memory"),
	OPTION_INT (struct passwd, scram_iterations, 10000,   "rounds for the keys of SCRAM-SHA-256"),
	OPTION_END
};
/* clang-format on */

static int
start(void *conf, struct err *err)
{
	struct passwd *p = conf;

	if (p->memory < 64 * 1024 || p->memory > 1024 * 1024 * 1024)
		return err_set(err, "memory must be from 64K to 1G");
	if (p->passes < 1 || p->passes > 100)
		return err_set(err, "passes must be from 1 to 100");
	if (p->scram_iterations < 4096 || p->scram_iterations > 10000000)
		return err_set(err, "scram_iterations must be from 4096 to 10000000");
	users_open(&p->users, p->file);
	return 0;
}

static void
stop(void *conf)
{
	struct passwd *p = conf;

	users_close(&p->users);
}

static int
find_user(void *conf, struct arena *arena, struct str local, struct str domain,
    struct lookup_user *found, struct err *err)
{
	struct passwd *p = conf;
	struct user user;
	int result = users_find(&p->users, arena, local, domain, &user, err);

	if (result == 1)
		*found = (struct lookup_user){ str_of(user.name), str_of(user.home), user.locked };
	return result;
}

static int
check_password(
    void *conf, struct str local, struct str domain, struct str password, struct err *err)
{
	struct passwd *p = conf;
	struct arena *arena = arena_create(NULL);
	struct user user;
	struct err ignored;
	int known = users_find(&p->users, arena, local, domain, &user, err);
	int fits =
	    known < 0 ? -1 : secret_check(arena, user.hash, password, known == 1 ? err : &ignored);

	arena_destroy(arena);
	return known == 0 || (known == 1 && user.locked) ? 0 : fits;
}

/* Names that the file's form cannot hold, or that one could not tell from another. */
static bool
can_be(struct str local, struct str domain)
{
	for (size_t i = 0; i < local.len; i++)
		if (strchr(":#@/ \"", local.p[i]) != NULL)
			return false;
	return local.len > 0 && domain.len > 0 && utf8_is_clean(local) && utf8_is_clean(domain) &&
	       str_find(domain, ':') < 0;
}

static int
set_password(void *conf, struct str local, struct str domain, struct str password, bool is_new,
    struct err *err)
{
	struct passwd *p = conf;
	struct secret_cost cost = { p->memory, p->passes, p->scram_iterations };
	struct arena *arena = arena_create(NULL);
	char hash[SECRET_HASH_MAX], keys[SECRET_KEYS_MAX];
	const char *name = str_lower(
	    arena, str_of(arena_printf(arena, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain))))
			       .p;
	int result = -1;

	if (!can_be(local, domain))
		err_set(err, "%s cannot be a name in %s", name, p->file);
	else if (password.len == 0 || memchr(password.p, '\0', password.len) != NULL)
		err_set(err, "a password cannot be empty or hold a NUL");
	else if (secret_hash(hash, &cost, password, err) == 0 &&
		 secret_keys(keys, &cost, password, err) == 0)
		result = users_change(&p->users, is_new ? USERS_ADD : USERS_REPLACE, name,
		    arena_printf(arena, "%s:%s", hash, keys), err);
	arena_destroy(arena);
	return result;
}

static int
remove_user(void *conf, struct str local, struct str domain, struct err *err)
{
	struct passwd *p = conf;
	struct arena *arena = arena_create(NULL);
	const char *name = arena_printf(arena, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain));
	int result = users_change(&p->users, USERS_REMOVE, name, NULL, err);

	arena_destroy(arena);
	return result;
}

static int
each_user(void *conf, int (*fn)(struct str, struct str, void *), void *arg, struct err *err)
{
	struct passwd *p = conf;
	struct arena *arena = arena_create(NULL);
	size_t count = 0;
	const char *const *names = users_names(&p->users, arena, &count, err);
	struct str local, domain;
	int result = names == NULL ? -1 : 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		domain = str_of(names[i]);
		str_cut(&domain, '@', &local);
		result = fn(local, domain, arg);
	}
	arena_destroy(arena);
	return result;
}

static const struct lookup lookup = {
	.size = sizeof lookup,
	.find_user = find_user,
	.check_password = check_password,
	.set_password = set_password,
	.remove_user = remove_user,
	.each_user = each_user,
};

MODULE(passwd) = {
	.abi = MODULE_ABI,
	.summary = "users and password hashes in a text file",
	.conf_size = sizeof(struct passwd),
	.options = options,
	.start = start,
	.stop = stop,
	.lookup = &lookup,
};
