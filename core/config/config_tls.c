/* SPDX-License-Identifier: MIT */
/*
 * config_tls -- certificates: whether each fits its key, and which one clients get for which name.
 *
 * One tls { } has no name: it is for clients that ask for no name, or for one that no other tls { }
 * has (RFC 6066, 3).
 */
#include "core/base/arena.h"
#include "core/config/config_load.h"
#include "core/text/address.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

enum { TLS_FILE_MAX = 1 << 20 };

/* ---- one certificate and its key */

static X509 *
parse_cert(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return cert;
}

/* There is nobody to ask for a password. */
static int
no_password(char *to, int size, int writing, void *arg)
{
	(void)to, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *
parse_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

	BIO_free(bio);
	return key;
}

/* A certificate that does not have the name is refused by clients that look. */
static void
check_covered(struct loader *load, const struct config_tls *tls, X509 *cert)
{
	for (size_t i = 0; i < tls->names.count; i++)
		if (X509_check_host(cert, tls->names.items[i], 0, 0, NULL) != 1)
			WARNING(load, tls->at, "tls: the certificate in %s is not for %s",
			    tls->cert, tls->names.items[i]);
}

static void
check_pair(struct loader *load, const struct config_tls *tls)
{
	X509 *cert = parse_cert(tls->cert_text);
	EVP_PKEY *key = parse_key(tls->key_text);

	if (cert == NULL)
		MISTAKE(load, tls->at, "tls: %s holds no certificate in PEM form", tls->cert);
	if (key == NULL)
		MISTAKE(load, tls->at,
		    "tls: %s holds no private key in PEM form without a password", tls->key);
	if (cert != NULL && key != NULL && X509_check_private_key(cert, key) != 1)
		MISTAKE(load, tls->at, "tls: the key in %s does not fit the certificate in %s",
		    tls->key, tls->cert);
	if (cert != NULL && X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		WARNING(load, tls->at, "tls: the certificate in %s has expired", tls->cert);
	if (cert != NULL)
		check_covered(load, tls, cert);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
}

static int
read_pem(struct loader *load, const struct config_tls *tls, const char *path, struct str *text)
{
	struct err err;

	if (config_read_file(load->arena, path, TLS_FILE_MAX, true, text, &err) == 0)
		return 0;
	MISTAKE(load, tls->at, "tls: %s", err.text);
	return -1;
}

static void
read_pair(struct loader *load, struct config_tls *tls)
{
	int cert, key;
	struct stat st;

	if (tls->cert[0] == '\0' || tls->key[0] == '\0') {
		MISTAKE(load, tls->at,
		    "tls needs both: write tls { cert = \"cert.pem\", key = \"key.pem\" }");
		return;
	}
	tls->cert = config_path(load, tls->cert);
	tls->key = config_path(load, tls->key);
	cert = read_pem(load, tls, tls->cert, &tls->cert_text);
	key = read_pem(load, tls, tls->key, &tls->key_text);
	if (key == 0 && stat(tls->key, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		WARNING(load, tls->at,
		    "tls: everybody on this computer can read the key %s; try: chmod o-r %s",
		    tls->key, tls->key);
	if (cert == 0 && key == 0)
		check_pair(load, tls);
}

/* ---- names */

/* As SNI has them: ASCII, lower case. Those that are none are told, and left out. */
static void
canonical_names(struct loader *load, struct config_tls *tls)
{
	const char **names = arena_alloc(load->arena, (tls->names.count + 1) * sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < tls->names.count; i++) {
		struct str out;

		if (address_domain(load->arena, str_of(tls->names.items[i]), &out))
			names[count++] = str_copy(load->arena, out).p;
		else
			MISTAKE(load, tls->at, "name of tls: \"%s\" is no host name",
			    tls->names.items[i]);
	}
	tls->names = (struct texts){ count, names };
}

/* The tls { } before number `before` that is for that name, or with NULL for all others. */
static const struct config_tls *
find_name(const struct config *c, size_t before, const char *name)
{
	for (const struct config_tls *tls = c->tls; tls < c->tls + before; tls++) {
		if (name == NULL && tls->names.count == 0)
			return tls;
		for (size_t i = 0; name != NULL && i < tls->names.count; i++)
			if (strcmp(tls->names.items[i], name) == 0)
				return tls;
	}
	return NULL;
}

/* Each name leads to one certificate. */
static void
check_names(struct loader *load, size_t number)
{
	const struct config *c = load->config;
	const struct config_tls *tls = &c->tls[number], *other;

	if (tls->names.count == 0 && (other = find_name(c, number, NULL)) != NULL)
		MISTAKE(load, tls->at,
		    "tls without a name stands at line %d already: write tls { name = "
		    "\"mail.example.org\", ... }",
		    other->at.line);
	for (size_t i = 0; i < tls->names.count; i++)
		if ((other = find_name(c, number, tls->names.items[i])) != NULL)
			MISTAKE(load, tls->at, "tls for \"%s\" stands at line %d already",
			    tls->names.items[i], other->at.line);
}

void
config_tls(struct loader *load)
{
	struct config *c = load->config;
	bool invalid = false;

	for (size_t i = 0; i < c->tls_count; i++) {
		size_t count = c->tls[i].names.count;

		canonical_names(load, &c->tls[i]);
		invalid = invalid || c->tls[i].names.count < count;
		read_pair(load, &c->tls[i]);
	}
	if (invalid)
		return;
	for (size_t i = 0; i < c->tls_count; i++)
		check_names(load, i);
	if (c->tls_count > 0 && config_tls_default(c) == NULL)
		MISTAKE(load, c->tls[0].at,
		    "one tls must have no name: its certificate is for clients that ask for none");
}
