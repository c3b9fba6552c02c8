/* SPDX-License-Identifier: MIT */
/* tls -- certificates and what is allowed, for many connections (OpenSSL 3; RFC 8996, 9325). */
#include "core/loop/tls.h"
#include "core/base/buf.h"
#include "core/base/ip.h"
#include "core/base/map.h"
#include "core/base/mem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { ALPN_MAX = 255, NAME_MAX_LEN = 253, LABEL_MAX = 63 };

/* Forward secrecy only; what TLS 1.2 has besides, no old mail server needs (RFC 9325, 4.2). */
static const char CIPHERS[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES256:ECDHE+AES128:!aNULL";

/* Lives as long as its SSL_CTX, which each connection keeps alive. */
struct tls_context {
	SSL_CTX *ctx;
	struct map *names; /* host name -> SSL_CTX */
	size_t alpn_len;
	unsigned char alpn[1 + ALPN_MAX]; /* one id with its length before it (RFC 7301, 3.1) */
};

static int
ssl_err(struct err *err, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	err_set(err, "%s: %s", what, why != NULL ? why : "unknown reason");
	ERR_clear_error();
	return -1;
}

/* ---- what a client may ask for ---- */

/* A host name as the DNS has them: nothing else is looked up, logged or compared (RFC 6066, 3). */
static bool
is_host_name(struct str s)
{
	size_t label = 0;

	if (s.len == 0 || s.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i] | 0x20;
		bool word = (c >= 'a' && c <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			    s.p[i] == '-' || s.p[i] == '_';

		if (s.p[i] == '.' ? label == 0 : !word || label == LABEL_MAX)
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
	}
	return true;
}

static int
on_server_name(SSL *ssl, int *alert, void *arg)
{
	struct tls_context *t = arg;
	struct str name = str_of(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	char lower[NAME_MAX_LEN];
	SSL_CTX *ctx;
	struct ip ip;

	if (name.len == 0 ||
	    ip_parse(name, &ip)) /* GnuTLS's clients name an address where they were given one */
		return SSL_TLSEXT_ERR_NOACK;
	if (!is_host_name(name)) {
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	}
	for (size_t i = 0; i < name.len; i++)
		lower[i] =
		    (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
	ctx = map_get(t->names, (struct str){ lower, name.len });
	if (ctx != NULL)
		SSL_set_SSL_CTX(ssl, ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* A client that asks for another protocol was led here by somebody (RFC 7301, 3.2; ALPACA). */
static int
on_alpn(SSL *ssl, const unsigned char **to, unsigned char *to_len, const unsigned char *from,
    unsigned from_len, void *arg)
{
	struct tls_context *t = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, to_len, t->alpn, (unsigned)t->alpn_len, from,
		from_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*to = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- certificate and key ---- */

static int
no_password(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
use_cert(SSL_CTX *ctx, struct str cert, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(cert.p, cert.len < INT_MAX ? (int)cert.len : INT_MAX);
	X509 *own = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL), *next;
	int r = own != NULL && SSL_CTX_use_certificate(ctx, own) == 1
		    ? 0
		    : ssl_err(err, "cannot read the certificate");

	X509_free(own);
	while (r == 0 && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
			X509_free(next);
			r = ssl_err(err, "cannot use the certificate's chain");
		}
	if (r == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		r = ssl_err(err, "cannot read the certificate's chain");
	ERR_clear_error();
	BIO_free(bio);
	return r;
}

static int
use_key(SSL_CTX *ctx, struct str key, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(key.p, key.len < INT_MAX ? (int)key.len : INT_MAX);
	EVP_PKEY *own = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	int r = 0;

	if (own == NULL)
		r = ssl_err(err, "cannot read the private key");
	else if (SSL_CTX_use_PrivateKey(ctx, own) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		r = ssl_err(err, "the private key does not belong to the certificate");
	EVP_PKEY_free(own);
	BIO_free(bio);
	return r;
}

/* ---- contexts ---- */

static SSL_CTX *
new_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		abort();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, CIPHERS);
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Sessions are resumed by tickets; nothing is kept here for those who never return. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static int
end_name(struct str name, void *ctx, void *arg)
{
	(void)name;
	(void)arg;
	SSL_CTX_free(ctx);
	return 0;
}

/* The last connection and the owner have let go of the SSL_CTX. */
static void
context_free(void *parent, void *context, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	struct tls_context *t = context;

	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	if (t == NULL)
		return;
	map_each(t->names, end_name, NULL);
	map_destroy(t->names);
	mem_free(t);
}

static struct tls_context *
new_context(const SSL_METHOD *method)
{
	static int index = -1;
	struct tls_context *t = mem_alloc(sizeof *t);

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, context_free);
	t->ctx = new_ctx(method);
	t->names = map_create();
	SSL_CTX_set_ex_data(t->ctx, index, t);
	return t;
}

static int
set_up_server(struct tls_context *t, SSL_CTX *ctx, struct str cert, struct str key, struct err *err)
{
	static const unsigned char id[] = "postern";

	SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, t);
	if (t->alpn_len > 0)
		SSL_CTX_set_alpn_select_cb(ctx, on_alpn, t);
	ERR_clear_error();
	return use_cert(ctx, cert, err) < 0 ? -1 : use_key(ctx, key, err);
}

struct tls_context *
tls_server(struct str cert, struct str key, const char *alpn, struct err *err)
{
	struct tls_context *t = new_context(TLS_server_method());
	size_t len = alpn != NULL ? strlen(alpn) : 0;

	if (len > 0 && len <= ALPN_MAX) {
		t->alpn[0] = (unsigned char)len;
		memcpy(t->alpn + 1, alpn, len);
		t->alpn_len = len + 1;
	}
	if (set_up_server(t, t->ctx, cert, key, err) == 0)
		return t;
	tls_free(t);
	return NULL;
}

int
tls_server_add(
    struct tls_context *t, const char *name, struct str cert, struct str key, struct err *err)
{
	SSL_CTX *ctx, *before;

	if (!is_host_name(str_of(name)))
		return err_set(err, "%s is not a host name", name);
	ctx = new_ctx(TLS_server_method());
	if (set_up_server(t, ctx, cert, key, err) < 0) {
		SSL_CTX_free(ctx);
		return -1;
	}
	before = map_set(t->names, str_of(name), ctx);
	SSL_CTX_free(before);
	return 0;
}

struct tls_context *
tls_client(struct err *err)
{
	struct tls_context *t = new_context(TLS_client_method());

	if (SSL_CTX_set_default_verify_paths(t->ctx) == 1)
		return t;
	ssl_err(err, "cannot load the system's certificates");
	tls_free(t);
	return NULL;
}

void
tls_free(struct tls_context *t)
{
	if (t != NULL)
		SSL_CTX_free(t->ctx);
}

struct ssl_ctx_st *
tls_ctx(struct tls_context *t)
{
	return t->ctx;
}

/* ---- a certificate of our own ---- */

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool
fill_in(X509 *x, const char *name, unsigned days, EVP_PKEY *key)
{
	X509_NAME *subject = X509_get_subject_name(x);
	char san[NAME_MAX_LEN + 8];
	unsigned char serial[16];
	BIGNUM *number = BN_new();
	bool ok;

	snprintf(san, sizeof san, "DNS:%s", name);
	ok = number != NULL &&
	     BN_rand(number, sizeof serial * CHAR_BIT - 1, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) ==
		 1 &&
	     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL &&
	     X509_set_version(x, X509_VERSION_3) == 1 &&
	     X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, NULL) != NULL &&
	     X509_time_adj_ex(X509_getm_notAfter(x), (int)days, 0, NULL) != NULL &&
	     X509_set_pubkey(x, key) == 1 &&
	     X509_NAME_add_entry_by_txt(
		 subject, "CN", MBSTRING_ASC, (const unsigned char *)"Postern", -1, -1, 0) == 1 &&
	     X509_set_issuer_name(x, subject) == 1 && add_extension(x, NID_subject_alt_name, san) &&
	     add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	     X509_sign(x, key, EVP_sha256()) > 0;
	BN_free(number);
	return ok;
}

static int
take_bio(BIO *bio, bool written, struct buf *to)
{
	char *p;
	long len = BIO_get_mem_data(bio, &p);
	int r = written && len > 0 ? buf_add(to, p, (size_t)len) : -1;

	BIO_free(bio);
	return r;
}

int
tls_self_signed(const char *name, unsigned days, struct buf *cert, struct buf *key, struct err *err)
{
	EVP_PKEY *own;
	X509 *x;
	BIO *bio;
	int r = -1;

	if (!is_host_name(str_of(name)))
		return err_set(err, "%s is not a host name", name);
	ERR_clear_error();
	own = EVP_EC_gen("P-256");
	x = X509_new();
	if (own != NULL && x != NULL && fill_in(x, name, days, own)) {
		bio = BIO_new(BIO_s_mem());
		r = take_bio(bio, PEM_write_bio_X509(bio, x) == 1, cert);
		bio = BIO_new(BIO_s_mem());
		r |= take_bio(
		    bio, PEM_write_bio_PrivateKey(bio, own, NULL, NULL, 0, NULL, NULL) == 1, key);
	}
	X509_free(x);
	EVP_PKEY_free(own);
	return r == 0 ? 0 : ssl_err(err, "cannot make a certificate");
}
