/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"
#include "modules/passwd/secret.h"
#include "modules/passwd/users.h"
#include "tests/lib/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The password "secret" of crypt(3). */
#define SIX \
	"$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/" \
	"O6IND4WQhG."
#define BCRYPT "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"

static const struct secret_cost cheap = { 64 * 1024, 1, 4096 };

static void
passwords_fit_their_hashes(void)
{
	struct arena *arena = arena_create(NULL);
	char hash[SECRET_HASH_MAX];
	struct err err;

	CHECK_INT(secret_hash(hash, &cheap, STR("pass word"), &err), 0);
	CHECK(strncmp(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28) == 0);
	CHECK_INT(secret_check(arena, hash, STR("pass word"), &err), 1);
	CHECK_INT(secret_check(arena, hash, STR("pass word "), &err), 0);
	CHECK_INT(secret_check(arena, hash, STR(""), &err), 0);
	CHECK_INT(secret_check(arena, hash, STR("pass word\0x"), &err), 0);
	arena_destroy(arena);
}

static void
hashes_of_other_programs_are_checked(void)
{
	static const struct {
		const char *hash, *password;
		int want;
	} rows[] = {
		{ SIX, "x", 0 },
		{ SIX, "secret", 1 },
		{ "{CRYPT}" SIX, "secret", 1 },
		{ "{SHA512-CRYPT}" SIX, "Secret", 0 },
		{ BCRYPT, "secret", 1 },
		{ "{BLF-CRYPT}" BCRYPT, "secret1", 0 },
		{ "{PLAIN}secret", "secret", -1 },
		{ "secret", "secret", -1 },
		{ "", "", -1 },
		{ "$99$unknown", "secret", -1 },
		{ "$argon2id$v=19$broken", "secret", -1 },
	};
	struct arena *arena = arena_create(NULL);
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_INT_AT(secret_check(arena, rows[i].hash, str_of(rows[i].password), &err),
		    rows[i].want, rows[i].hash);
	arena_destroy(arena);
}

/* A password of a length that crypt(3) cannot hold does not fit; it is no failure. */
static void
a_password_of_any_length_is_answered(void)
{
	static char lots[100000];
	struct arena *arena = arena_create(NULL);
	char hash[SECRET_HASH_MAX];
	struct err err;

	memset(lots, 'x', sizeof lots);
	CHECK_INT(secret_check(arena, SIX, (struct str){ lots, sizeof lots }, &err), 0);
	secret_hash(hash, &cheap, STR("x"), &err);
	CHECK_INT(secret_check(arena, hash, (struct str){ lots, sizeof lots }, &err), 0);
	arena_destroy(arena);
}

/* The keys again by the formulas of RFC 5802, 3, with another library. */
static void
the_keys_of_scram_are_right(void)
{
	unsigned char salted[32], client[32], stored[32], server[32];
	char keys[SECRET_KEYS_MAX], want[SECRET_KEYS_MAX];
	struct buf salt, out;
	struct str rest, part;
	struct err err;
	unsigned len;

	CHECK_INT(secret_keys(keys, &cheap, STR("pencil"), &err), 0);
	rest = str_of(keys);
	str_cut(&rest, ',', &part);
	CHECK_STR(part, STR("{SCRAM-SHA-256}4096"));
	str_cut(&rest, ',', &part);
	buf_init(&salt, 64);
	buf_init(&out, 200);
	CHECK_INT(base64_decode(part, &salt), 0);
	CHECK_INT(salt.len, 16);
	PKCS5_PBKDF2_HMAC("pencil", 6, (unsigned char *)salt.p, 16, 4096, EVP_sha256(), 32, salted);
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Client Key", 10, client, &len);
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Server Key", 10, server, &len);
	EVP_Digest(client, 32, stored, &len, EVP_sha256(), NULL);
	base64_encode((struct str){ (char *)stored, 32 }, &out);
	buf_add_byte(&out, ',');
	base64_encode((struct str){ (char *)server, 32 }, &out);
	snprintf(want, sizeof want, "%s", buf_text(&out));
	CHECK_STR(rest, str_of(want));
	buf_free(&salt);
	buf_free(&out);
}

static const char *
content(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	size_t len = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[len] = '\0';
	return text;
}

static const char *
write_file(const char *name, const char *text)
{
	static char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", check_folder(), name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static void
users_are_found_whatever_their_case(void)
{
	struct arena *arena = arena_create(NULL);
	struct users users = { 0 };
	struct user user;
	struct err err;

	users_open(&users, write_file("users", "# people\n\nbob@b.test:!$6$b:keys:box/bob\nnot a "
					       "line\nAlice@a.test:$argon2id$a\n"));
	CHECK_INT(users_find(&users, arena, STR("aLICE"), STR("A.test"), &user, &err), 1);
	CHECK_TEXT(user.name, "alice@a.test");
	CHECK_TEXT(user.hash, "$argon2id$a");
	CHECK_TEXT(user.keys, "");
	CHECK(!user.locked);
	CHECK_INT(users_find(&users, arena, STR("bob"), STR("b.test"), &user, &err), 1);
	CHECK_TEXT(user.hash, "$6$b");
	CHECK_TEXT(user.keys, "keys");
	CHECK_TEXT(user.home, "box/bob");
	CHECK(user.locked);
	CHECK_INT(users_find(&users, arena, STR("alice"), STR("b.test"), &user, &err), 0);
	CHECK_TEXT(user.hash, "$argon2id$a"); /* so that the same work is done */
	users_close(&users);
	arena_destroy(arena);
}

static void
a_changed_file_is_read_again(void)
{
	struct arena *arena = arena_create(NULL);
	struct users users = { 0 };
	struct user user;
	struct err err;

	users_open(&users, write_file("changed", "a@a.test:$1$\n"));
	CHECK_INT(users_find(&users, arena, STR("b"), STR("a.test"), &user, &err), 0);
	CHECK_INT(users_change(&users, USERS_ADD, "b@a.test", "$2$:k", &err), 1);
	CHECK_INT(users_find(&users, arena, STR("b"), STR("a.test"), &user, &err), 1);
	CHECK_TEXT(user.keys, "k");
	unlink(users.path);
	CHECK_INT(users_find(&users, arena, STR("b"), STR("a.test"), &user, &err), -1);
	users_close(&users);
	arena_destroy(arena);
}

static void
changes_keep_the_other_lines(void)
{
	struct users users = { 0 };
	struct stat st;
	struct err err;

	users_open(&users, write_file("edited", "# people\na@a.test:1\nB@a.test:2\n\nc@a.test:3"));
	CHECK_INT(users_change(&users, USERS_ADD, "b@a.test", "x", &err), 0);
	CHECK_INT(users_change(&users, USERS_REPLACE, "z@a.test", "x", &err), 0);
	CHECK_INT(users_change(&users, USERS_REMOVE, "z@a.test", NULL, &err), 0);
	CHECK_TEXT(content(users.path), "# people\na@a.test:1\nB@a.test:2\n\nc@a.test:3");
	CHECK_INT(users_change(&users, USERS_REPLACE, "b@a.test", "two", &err), 1);
	CHECK_INT(users_change(&users, USERS_REMOVE, "a@a.test", NULL, &err), 1);
	CHECK_INT(users_change(&users, USERS_ADD, "d@a.test", "4", &err), 1);
	CHECK_TEXT(content(users.path), "# people\nb@a.test:two\n\nc@a.test:3\nd@a.test:4\n");
	users_close(&users);
	users_open(&users, write_file("gone", ""));
	unlink(users.path);
	CHECK_INT(users_change(&users, USERS_ADD, "a@a.test", "1", &err), 1);
	CHECK_TEXT(content(users.path), "a@a.test:1\n");
	CHECK(stat(users.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	users_close(&users);
}

void
suite_passwd(void)
{
	static const struct test tests[] = {
		{ "passwords fit their hashes", passwords_fit_their_hashes },
		{ "hashes of other programs are checked", hashes_of_other_programs_are_checked },
		{ "a password of any length is answered", a_password_of_any_length_is_answered },
		{ "the keys of SCRAM are right", the_keys_of_scram_are_right },
		{ "users are found whatever their case", users_are_found_whatever_their_case },
		{ "a changed file is read again", a_changed_file_is_read_again },
		{ "changes keep the other lines", changes_keep_the_other_lines },
	};

	CHECK_SUITE("passwd", tests);
}
