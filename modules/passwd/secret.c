/* SPDX-License-Identifier: MIT */
/* secret -- password hashes: made with argon2id, checked whatever they were made with. */
#include "modules/passwd/secret.h"

#include <argon2.h>
#include <crypt.h>
#include <gsasl.h>
#include <string.h>
#include <sys/random.h>

enum { SALT = 16, HASH = 32, KEY = 32 };

/* How hashes of other programs are marked; those without a mark begin with '$' and say themselves.
 */
static const char *const marks[] = { "{CRYPT}", "{ARGON2ID}", "{BLF-CRYPT}", "{SHA512-CRYPT}",
	"{SHA256-CRYPT}" };

static int
make_salt(char *to, struct err *err)
{
	return getrandom(to, SALT, 0) == SALT ? 0 : err_errno(err, "cannot get random bytes");
}

int
secret_hash(
    char to[SECRET_HASH_MAX], const struct secret_cost *cost, struct str password, struct err *err)
{
	char salt[SALT];
	int result;

	if (make_salt(salt, err) < 0)
		return -1;
	result = argon2id_hash_encoded((uint32_t)cost->passes, (uint32_t)(cost->memory / 1024), 1,
	    password.p, password.len, salt, SALT, HASH, to, SECRET_HASH_MAX);
	if (result != ARGON2_OK)
		return err_set(err, "cannot hash a password: %s", argon2_error_message(result));
	return 0;
}

/* As SASL wants it (RFC 4013); what cannot be prepared is used as it is. */
static char *
prepare(const char *password)
{
	char *prepared;

	if (gsasl_saslprep(password, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) == GSASL_OK)
		return prepared;
	return strdup(password);
}

int
secret_keys(
    char to[SECRET_KEYS_MAX], const struct secret_cost *cost, struct str password, struct err *err)
{
	struct arena *arena = arena_create(NULL);
	char *prepared = prepare(str_copy(arena, password).p);
	char salt[SALT], salted[KEY], client[KEY], server[KEY], stored[KEY];
	struct buf b;
	int result = -1;

	buf_init(&b, SECRET_KEYS_MAX - 1);
	if (prepared == NULL || make_salt(salt, err) < 0)
		goto out;
	if (gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, prepared,
		(unsigned)cost->scram_iterations, salt, SALT, salted, client, server,
		stored) != GSASL_OK) {
		err_set(err, "cannot make the keys of SCRAM");
		goto out;
	}
	buf_printf(&b, "{SCRAM-SHA-256}%d,", (int)cost->scram_iterations);
	base64_encode((struct str){ salt, SALT }, &b);
	buf_add_byte(&b, ',');
	base64_encode((struct str){ stored, KEY }, &b);
	buf_add_byte(&b, ',');
	base64_encode((struct str){ server, KEY }, &b);
	memcpy(to, buf_text(&b), b.len + 1);
	result = 0;
out:
	if (prepared != NULL)
		explicit_bzero(prepared, strlen(prepared));
	gsasl_free(prepared);
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(client, sizeof client);
	buf_free(&b);
	arena_destroy(arena);
	return result;
}

/* Takes as long for strings that differ early as for those that differ late. */
static bool
same(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char differs = strlen(b) != len;

	for (size_t i = 0; i < len && b[i] != '\0'; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return differs == 0;
}

static int
check_crypt(struct arena *arena, const char *hash, struct str password, struct err *err)
{
	struct crypt_data *data = arena_alloc(arena, sizeof *data);
	bool can_fit = password.len < CRYPT_MAX_PASSPHRASE_SIZE &&
		       memchr(password.p, '\0', password.len) == NULL;
	const char *made = crypt_r(can_fit ? str_copy(arena, password).p : "", hash, data);
	bool fits = made != NULL && same(made, hash);

	if (made == NULL || made[0] == '*')
		return err_set(err, "a password hash is of a kind that is not known");
	explicit_bzero(data, sizeof *data);
	return can_fit && fits;
}

int
secret_check(struct arena *arena, const char *hash, struct str password, struct err *err)
{
	int result;

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (strncmp(hash, marks[i], strlen(marks[i])) == 0)
			hash += strlen(marks[i]);
	if (hash[0] != '$')
		return err_set(err, "a password hash is of a kind that is not known");
	if (strncmp(hash, "$argon2id$", 10) != 0)
		return check_crypt(arena, hash, password, err);
	result = argon2id_verify(hash, password.p, password.len);
	if (result == ARGON2_OK || result == ARGON2_VERIFY_MISMATCH)
		return result == ARGON2_OK;
	return err_set(err, "cannot check a password: %s", argon2_error_message(result));
}
