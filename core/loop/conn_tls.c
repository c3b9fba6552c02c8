/* SPDX-License-Identifier: MIT */
/*
 * conn_tls -- TLS in a connection: OpenSSL between two buffers, never near the socket.
 *
 * All connections share one BIO method, which takes input from the connection's cipher text and adds
 * output to its wire; so the plain path and this one send and receive in the same place.
 */
#include "core/loop/conn_inner.h"
#include "core/base/mem.h"
#include "core/loop/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
	WIRE_MAX = 2 * CONN_OUT_MAX,
	WIRE_HIGH = 64 * 1024, /* above this nothing more is encrypted ahead */
	RECORD_MAX = 16 * 1024
};

/* ---- the BIO ---- */

static int
bio_read(BIO *bio, char *to, int size)
{
	struct conn_tls *tls = BIO_get_data(bio);
	size_t len = tls->cipher.len < (size_t)size ? tls->cipher.len : (size_t)size;

	BIO_clear_retry_flags(bio);
	if (len == 0) {
		if (!tls->cut)
			BIO_set_retry_read(bio);
		return tls->cut ? 0 : -1;
	}
	memcpy(to, tls->cipher.p, len);
	tls->cipher = str_from(tls->cipher, len);
	return (int)len;
}

static int
bio_write(BIO *bio, const char *from, int len)
{
	struct conn_tls *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	return buf_add(&tls->wire, from, (size_t)len) == 0 ? len : -1;
}

static long
bio_control(BIO *bio, int command, long number, void *arg)
{
	const struct conn_tls *tls = BIO_get_data(bio);

	(void)number;
	(void)arg;
	if (command == BIO_CTRL_EOF)
		return tls->cut && tls->cipher.len == 0;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *
bio_method(void)
{
	static BIO_METHOD *method;

	if (method != NULL)
		return method;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_control);
	return method;
}

static BIO *
bio_of(struct conn_tls *tls)
{
	BIO *bio = BIO_new(bio_method());

	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	return bio;
}

/* ---- the handshake and what follows ---- */

bool
conn_tls_begins(const struct conn *c)
{
	return c->tls != NULL && !c->tls->secured;
}

/* Why the last operation failed, in words. */
static const char *
reason(const struct conn_tls *tls)
{
	unsigned long code = ERR_peek_last_error();
	long verified = SSL_get_verify_result(tls->ssl);

	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return X509_verify_cert_error_string(verified);
	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return "the connection was cut";
	return ERR_reason_error_string(code) != NULL ? ERR_reason_error_string(code)
						     : "protocol error";
}

/* Break the connection; the alert that tells the peer why goes out if the socket takes it. */
static void
fail(struct conn *c, const char *what, const char *why)
{
	conn_send_last(c, &c->tls->wire);
	conn_fail(c, "%s: %s", what, why);
}

static bool
shake_hands(struct conn *c)
{
	struct conn_tls *tls = c->tls;
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(tls->ssl);
	conn_want_flush(c);
	if (r == 1) {
		tls->secured = true;
		conn_tell(c, CONN_SECURED);
		return c->state == CONN_OPEN;
	}
	if (SSL_get_error(tls->ssl, r) != SSL_ERROR_WANT_READ)
		fail(c, "TLS handshake", reason(tls));
	return false;
}

/* Decrypt into the loop's second buffer as much as the owner may still get; the error that ended it. */
static int
decrypt(struct conn *c, size_t *len)
{
	struct conn_tls *tls = c->tls;
	size_t held = conn_held(c), room = held < CONN_IN_MAX ? CONN_IN_MAX - held : 0;
	int r;

	*len = 0;
	ERR_clear_error();
	while (*len < room) {
		r = SSL_read(tls->ssl, c->loop->plain + *len, (int)(room - *len));
		if (r <= 0)
			return SSL_get_error(tls->ssl, r);
		*len += (size_t)r;
	}
	return SSL_ERROR_NONE;
}

static void
read_plain(struct conn *c)
{
	struct conn_tls *tls = c->tls;
	const char *why = NULL;
	size_t len;
	int end;

	end = decrypt(c, &len);
	tls->more = end == SSL_ERROR_NONE;
	if (tls->wire.len > 0)
		conn_want_flush(c);
	if (end != SSL_ERROR_NONE && end != SSL_ERROR_WANT_READ && end != SSL_ERROR_ZERO_RETURN)
		why = reason(tls);
	if (len > 0) {
		c->fresh = (struct str){ c->loop->plain, len };
		conn_tell_input(c);
	}
	if (c->state != CONN_OPEN || c->tls != tls)
		return;
	if (end == SSL_ERROR_ZERO_RETURN)
		conn_ended(c);
	else if (why != NULL)
		fail(c, "TLS", why);
	else if (tls->more && conn_held(c) < CONN_IN_MAX)
		conn_owe(c, OWED_READ);
}

/* What TLS did not take stays with the connection; nothing does in the common case. */
static void
keep_cipher(struct conn_tls *tls, bool was_held)
{
	if (was_held)
		buf_consume(&tls->held, tls->held.len - tls->cipher.len);
	else
		(void)buf_add_str(&tls->held, tls->cipher);
	if (tls->held.len == 0)
		buf_free(&tls->held);
	tls->cipher = (struct str){ NULL, 0 };
}

void
conn_tls_input(struct conn *c, struct str cipher)
{
	struct conn_tls *tls = c->tls;
	bool was_held = tls->held.len > 0;

	if (was_held && cipher.len > 0) {
		(void)buf_add_str(&tls->held, cipher);
		cipher = (struct str){ NULL, 0 };
	}
	tls->cipher = was_held ? buf_str(&tls->held) : cipher;
	if (tls->secured || shake_hands(c))
		read_plain(c);
	keep_cipher(tls, was_held);
}

void
conn_tls_output(struct conn *c)
{
	struct conn_tls *tls = c->tls;
	size_t done = 0;

	if (!tls->secured)
		return;
	ERR_clear_error();
	while (done < c->out.len && tls->wire.len < WIRE_HIGH) {
		size_t len = c->out.len - done < RECORD_MAX ? c->out.len - done : RECORD_MAX;
		int r = SSL_write(tls->ssl, c->out.p + done, (int)len);

		if (r <= 0) {
			fail(c, "TLS", reason(tls));
			return;
		}
		done += (size_t)r;
	}
	buf_consume(&c->out, done);
	if (c->out.len > 0)
		return;
	buf_free(&c->out);
	if (c->state == CONN_CLOSING && !tls->closed) {
		tls->closed = true;
		(void)SSL_shutdown(tls->ssl);
	}
}

void
conn_tls_free(struct conn *c)
{
	struct conn_tls *tls = c->tls;

	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	buf_free(&tls->held);
	buf_free(&tls->wire);
	mem_free(tls);
	c->tls = NULL;
}

/* ---- how TLS begins ---- */

static struct conn_tls *
start(struct conn *c, struct tls_context *context)
{
	struct conn_tls *tls = mem_alloc(sizeof *tls);
	BIO *bio;

	tls->ssl = SSL_new(tls_ctx(context));
	if (tls->ssl == NULL)
		abort();
	bio = bio_of(tls);
	SSL_set_bio(tls->ssl, bio, bio);
	buf_init(&tls->held, 2 * LOOP_INPUT_MAX);
	/* What was written in the clear goes out in front of the first record. */
	tls->wire = c->out;
	tls->wire.max = WIRE_MAX;
	buf_init(&c->out, CONN_OUT_MAX);
	c->tls = tls;
	conn_want_flush(c);
	return tls;
}

/* Forget plain input (RFC 3207, 5). */
static void
discard(struct conn *c)
{
	c->discarded += conn_input(c).len;
	conn_consume(c, conn_input(c).len);
	c->fresh = (struct str){ NULL, 0 };
}

void
conn_start_tls_server(struct conn *c, struct tls_context *context)
{
	discard(c);
	conn_start_tls_server_at_once(c, context);
}

void
conn_start_tls_server_at_once(struct conn *c, struct tls_context *context)
{
	struct str early = conn_input(c);
	struct conn_tls *tls;

	if (c->state != CONN_OPEN || c->tls != NULL)
		return;
	tls = start(c, context);
	SSL_set_accept_state(tls->ssl);
	if (early.len > 0) {
		(void)buf_add_str(&tls->held, early);
		conn_consume(c, early.len);
		conn_owe(c, OWED_READ);
	}
	conn_arm(c);
}

size_t
conn_discarded(const struct conn *c)
{
	return c->discarded;
}

void
conn_start_tls_client(struct conn *c, struct tls_context *context, const char *name, bool verify)
{
	struct conn_tls *tls;
	struct ip ip;

	if (c->state != CONN_OPEN || c->tls != NULL)
		return;
	discard(c);
	tls = start(c, context);
	SSL_set_connect_state(tls->ssl);
	/* An address is no name for SNI (RFC 6066, 3). */
	if (!ip_parse(str_of(name), &ip))
		SSL_set_tlsext_host_name(tls->ssl, name);
	if (verify) {
		SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		if (SSL_set1_host(tls->ssl, name) != 1) {
			conn_fail(c, "TLS: %s is not a name that a certificate can have", name);
			return;
		}
		SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	}
	conn_owe(c, OWED_READ);
	conn_arm(c);
}

/* ---- questions ---- */

bool
conn_is_secure(const struct conn *c)
{
	return c->tls != NULL && c->tls->secured;
}

const char *
conn_tls_version(const struct conn *c)
{
	return conn_is_secure(c) ? SSL_get_version(c->tls->ssl) : "";
}

const char *
conn_tls_cipher(const struct conn *c)
{
	return conn_is_secure(c) ? SSL_get_cipher_name(c->tls->ssl) : "";
}

int
conn_tls_bits(const struct conn *c)
{
	return conn_is_secure(c) ? SSL_get_cipher_bits(c->tls->ssl, NULL) : 0;
}
