/* SPDX-License-Identifier: MIT */
#include "core/base/buf.h"
#include "core/loop/conn.h"
#include "core/loop/loop.h"
#include "core/loop/tls.h"
#include "tests/lib/check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the owner of our end saw. */
struct seen {
	char events[32];
	struct buf input;
	struct conn *conn;
};

/* A client of OpenSSL's own at the other end. */
struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
};

static struct loop *loop;
static struct seen s;
static struct buf cert, key;
static struct tls_context *server;

static void
on_event(struct conn *c, enum conn_event event, void *owner)
{
	struct seen *seen = owner;
	struct str in = conn_input(c);
	size_t len = strlen(seen->events);

	if (len < sizeof seen->events - 1)
		seen->events[len] = "CSDEOTX."[event];
	if (event != CONN_DATA)
		return;
	buf_add_str(&seen->input, in);
	conn_consume(c, in.len);
}

static struct client
begin(const char *alpn)
{
	struct client cl = { 0 };
	struct err err = { 0 };
	int fds[2];

	loop = loop_create();
	buf_init(&cert, 8192);
	buf_init(&key, 8192);
	CHECK_INT(tls_self_signed("mx.here.test", 30, &cert, &key, &err), 0);
	server = tls_server(buf_str(&cert), buf_str(&key), alpn, &err);
	CHECK_TEXT(err.text, "");
	memset(&s, 0, sizeof s);
	buf_init(&s.input, 1 << 20);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	s.conn = conn_adopt_take(loop, fds[0], on_event, &s);
	cl.fd = fds[1];
	cl.ctx = SSL_CTX_new(TLS_client_method());
	cl.ssl = SSL_new(cl.ctx);
	SSL_set_fd(cl.ssl, cl.fd);
	return cl;
}

static void
end(struct client *cl)
{
	SSL_free(cl->ssl);
	SSL_CTX_free(cl->ctx);
	if (cl->fd >= 0)
		close(cl->fd);
	tls_free(server);
	loop_destroy(loop);
	buf_free(&s.input);
	buf_free(&cert);
	buf_free(&key);
	ERR_clear_error();
}

static void
settle(void)
{
	int quiet = 0;

	for (int i = 0; i < 1000 && quiet < 2; i++)
		quiet = loop_turn(loop, false, 0) ? 0 : quiet + 1;
}

/* Let the client shake hands; 1 when it is through. */
static int
shake(struct client *cl)
{
	int r = -1;

	for (int i = 0; i < 20 && r != 1; i++) {
		r = SSL_connect(cl->ssl);
		settle();
	}
	return r;
}

/* Everything the client can read now. */
static struct str
client_read(struct client *cl)
{
	static char got[4096];
	int len = SSL_read(cl->ssl, got, sizeof got);

	return (struct str){ got, len > 0 ? (size_t)len : 0 };
}

static void
a_client_is_served_over_tls(void)
{
	struct client cl = begin(NULL);

	conn_start_tls_server(s.conn, server);
	CHECK_INT(shake(&cl), 1);
	CHECK_TEXT(s.events, "S");
	CHECK(conn_is_secure(s.conn));
	CHECK_TEXT(conn_tls_version(s.conn), "TLSv1.3");
	CHECK_TEXT(conn_tls_cipher(s.conn), SSL_get_cipher_name(cl.ssl));
	CHECK(conn_tls_bits(s.conn) >= 128);
	CHECK_INT(SSL_write(cl.ssl, "NOOP\r\n", 6), 6);
	settle();
	CHECK_STR(buf_str(&s.input), STR("NOOP\r\n"));
	conn_write(s.conn, "250 ", 4);
	conn_write(s.conn, "ok\r\n", 4);
	settle();
	CHECK_STR(client_read(&cl), STR("250 ok\r\n"));
	conn_write(s.conn, "221\r\n", 5);
	conn_close(s.conn, 5000);
	settle();
	CHECK_STR(client_read(&cl), STR("221\r\n"));
	CHECK_INT(client_read(&cl).len, 0);
	CHECK((SSL_get_shutdown(cl.ssl) & SSL_RECEIVED_SHUTDOWN) != 0); /* not cut */
	close(cl.fd);
	cl.fd = -1;
	settle();
	CHECK_TEXT(s.events, "SD.");
	end(&cl);
}

static void
on_starttls(struct conn *c, enum conn_event event, void *owner)
{
	if (event == CONN_DATA && !conn_is_secure(c) && conn_input(c).len > 10) {
		conn_consume(c, 10);
		conn_write(c, "220 go\r\n", 8);
		conn_start_tls_server(c, server);
		return;
	}
	on_event(c, event, owner);
}

/* THREATS T1. */
static void
starttls_answers_in_the_clear_first(void)
{
	struct client cl = begin(NULL);
	char line[64] = "";

	conn_set_owner(s.conn, on_starttls, &s);
	CHECK_INT(write(cl.fd, "STARTTLS\r\nEHLO evil\r\n", 21), 21);
	settle();
	CHECK_INT(conn_discarded(s.conn), 11);
	CHECK_INT(read(cl.fd, line, sizeof line), 8);
	CHECK_TEXT(line, "220 go\r\n");
	CHECK_INT(shake(&cl), 1);
	CHECK_INT(SSL_write(cl.ssl, "EHLO good\r\n", 11), 11);
	settle();
	CHECK_TEXT(s.events, "SD");
	CHECK_STR(buf_str(&s.input), STR("EHLO good\r\n"));
	end(&cl);
}

/* THREATS T2: what was injected so late that nobody had read it breaks the handshake. */
static void
later_injection_breaks_the_handshake(void)
{
	struct client cl = begin(NULL);

	conn_start_tls_server(s.conn, server);
	CHECK_INT(write(cl.fd, "EHLO evil\r\n", 11), 11);
	settle();
	CHECK_TEXT(s.events, "X");
	CHECK_STR(buf_str(&s.input), STR(""));
	CHECK(strncmp(conn_error(s.conn), "TLS handshake: ", 15) == 0);
	end(&cl);
}

static void
on_proxy(struct conn *c, enum conn_event event, void *owner)
{
	if (event == CONN_DATA && !conn_is_secure(c) &&
	    strlen(((struct seen *)owner)->events) == 0) {
		CHECK_STR(((struct str){ conn_input(c).p, 7 }), STR("PROXY\r\n"));
		conn_consume(c, 7);
		conn_start_tls_server_at_once(c, server);
		return;
	}
	on_event(c, event, owner);
}

static void
a_handshake_behind_a_proxy_header_is_kept(void)
{
	struct client cl = begin(NULL);

	conn_set_owner(s.conn, on_proxy, &s);
	CHECK_INT(write(cl.fd, "PROXY\r\n", 7), 7);
	(void)SSL_connect(cl.ssl);
	CHECK_INT(shake(&cl), 1);
	CHECK_TEXT(s.events, "S");
	CHECK_INT(conn_discarded(s.conn), 0);
	end(&cl);
}

/* THREATS T11. */
static void
alpn_refuses_other_protocols(void)
{
	/* clang-format off */
	static const struct {
		const char *offer; /* with its lengths */
		const char *chosen; /* NULL: refused */
	} rows[] = {
		{ "",                   "" },
		{ "\x04pop3",           "pop3" },
		{ "\x02h2\x04pop3",     "pop3" },
		{ "\x02h2\x08http/1.1", NULL },
		{ "\x04imap",           NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client cl = begin("pop3");
		const unsigned char *chosen;
		unsigned len;

		if (rows[i].offer[0] != '\0')
			SSL_set_alpn_protos(cl.ssl, (const unsigned char *)rows[i].offer,
			    (unsigned)strlen(rows[i].offer));
		conn_start_tls_server(s.conn, server);
		CHECK_INT_AT(shake(&cl) == 1, rows[i].chosen != NULL, rows[i].offer);
		CHECK_STR_AT(
		    str_of(s.events), str_of(rows[i].chosen != NULL ? "S" : "X"), rows[i].offer);
		SSL_get0_alpn_selected(cl.ssl, &chosen, &len);
		if (rows[i].chosen != NULL)
			CHECK_STR_AT(((struct str){ len > 0 ? (const char *)chosen : "", len }),
			    str_of(rows[i].chosen), rows[i].offer);
		else
			CHECK_INT_AT(ERR_GET_REASON(ERR_peek_last_error()),
			    SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, rows[i].offer);
		end(&cl);
	}
}

static struct str
subject_of(struct client *cl)
{
	static char text[256];
	X509 *x = SSL_get1_peer_certificate(cl->ssl);
	int ok = x != NULL && X509_check_host(x, "two.here.test", 0, 0, NULL) == 1;

	X509_free(x);
	snprintf(text, sizeof text, "%s", ok ? "two" : "one");
	return str_of(text);
}

/* THREATS T10. */
static void
sni_chooses_a_certificate_and_refuses_nonsense(void)
{
	static char long_name[260];
	/* clang-format off */
	static const struct {
		const char *name, *want; /* NULL: refused */
	} rows[] = {
		{ "two.here.test",   "two" },
		{ "TWO.here.TEST",   "two" },
		{ "mx.here.test",    "one" },
		{ "unknown.test",    "one" },
		{ "two.here.test\\", NULL },
		{ "two here",        NULL },
		{ "two..here.test",  NULL },
		{ "192.0.2.1",       "one" }, /* mpop says so */
		{ "a/../b",          NULL },
		{ long_name,         NULL },
	};
	/* clang-format on */

	memset(long_name, 'a', 254);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client cl = begin(NULL);
		struct buf cert2, key2;
		struct err err = { 0 };

		buf_init(&cert2, 8192);
		buf_init(&key2, 8192);
		tls_self_signed("two.here.test", 30, &cert2, &key2, &err);
		CHECK_INT(
		    tls_server_add(server, "two.here.test", buf_str(&cert2), buf_str(&key2), &err),
		    0);
		SSL_set_tlsext_host_name(cl.ssl, rows[i].name);
		conn_start_tls_server(s.conn, server);
		CHECK_INT_AT(shake(&cl) == 1, rows[i].want != NULL, rows[i].name);
		if (rows[i].want != NULL)
			CHECK_STR_AT(subject_of(&cl), str_of(rows[i].want), rows[i].name);
		else
			CHECK_TEXT(s.events, "X");
		buf_free(&cert2);
		buf_free(&key2);
		end(&cl);
	}
}

/* THREATS T9. */
static void
old_versions_are_refused(void)
{
	struct client cl = begin(NULL);

	SSL_set_security_level(cl.ssl, 0);
	SSL_set_min_proto_version(cl.ssl, TLS1_VERSION);
	SSL_set_max_proto_version(cl.ssl, TLS1_1_VERSION);
	conn_start_tls_server(s.conn, server);
	CHECK(shake(&cl) != 1);
	CHECK_TEXT(s.events, "X");
	end(&cl);
}

static void
renegotiation_is_refused(void)
{
	struct client cl = begin(NULL);

	SSL_set_max_proto_version(cl.ssl, TLS1_2_VERSION);
	conn_start_tls_server(s.conn, server);
	CHECK_INT(shake(&cl), 1);
	CHECK_TEXT(conn_tls_version(s.conn), "TLSv1.2");
	CHECK_INT(SSL_renegotiate(cl.ssl), 1);
	(void)SSL_do_handshake(cl.ssl);
	settle();
	(void)SSL_do_handshake(cl.ssl);
	CHECK_INT(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
	end(&cl);
}

/* THREATS T21. */
static void
a_cut_connection_is_an_error_and_a_closed_one_is_not(void)
{
	for (int polite = 0; polite < 2; polite++) {
		struct client cl = begin(NULL);

		conn_start_tls_server(s.conn, server);
		CHECK_INT(shake(&cl), 1);
		CHECK_INT(SSL_write(cl.ssl, "DATA", 4), 4);
		CHECK_INT(
		    client_read(&cl).len, 0); /* the tickets: unread they would make it a reset */
		if (polite)
			SSL_shutdown(cl.ssl);
		close(cl.fd);
		cl.fd = -1;
		settle();
		CHECK_STR(buf_str(&s.input), STR("DATA"));
		CHECK_TEXT(s.events, polite ? "SDE" : "SDX");
		if (!polite)
			CHECK_TEXT(conn_error(s.conn), "TLS: the connection was cut");
		end(&cl);
	}
}

/* THREATS T20: anything at all in place of records, at each point. */
static void
garbage_ends_the_connection_and_nothing_else(void)
{
	unsigned char noise[300];

	srandom(3);
	for (int round = 0; round < 200; round++) {
		struct client cl = begin(NULL);

		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = (unsigned char)random();
		if (round % 2 == 0)
			memcpy(noise, "\x16\x03\x01\x00\xf0\x01\x00\x00\xec\x03\x03", 11);
		conn_start_tls_server(s.conn, server);
		if (round % 5 == 0)
			CHECK_INT(shake(&cl), 1);
		CHECK_INT(write(cl.fd, noise, sizeof noise), sizeof noise);
		shutdown(cl.fd, SHUT_WR);
		settle();
		CHECK(strchr(s.events, 'X') != NULL);
		end(&cl);
	}
}

/* Bulk in both directions, through the high-water marks and many records. */
static void
bulk_arrives_whole(void)
{
	enum { SIZE = 600000 };
	struct client cl = begin(NULL);
	char *block = malloc(SIZE), *back = malloc(SIZE);
	size_t sent = 0, got = 0, out = 0;
	int r;

	for (size_t i = 0; i < SIZE; i++)
		block[i] = (char)(i * 7 + i / 1000);
	SSL_set_mode(cl.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
	conn_start_tls_server(s.conn, server);
	CHECK_INT(shake(&cl), 1);
	for (int i = 0; i < 20000 && (sent < SIZE || got < SIZE); i++) {
		if (sent < SIZE && (r = SSL_write(cl.ssl, block + sent, SIZE - (int)sent)) > 0)
			sent += (size_t)r;
		if (out < SIZE && !conn_is_full(s.conn)) {
			conn_write(s.conn, block + out, 10000);
			out += 10000;
		}
		if ((r = SSL_read(cl.ssl, back + got, (int)(SIZE - got))) > 0)
			got += (size_t)r;
		loop_turn(loop, false, 0);
	}
	settle();
	CHECK(s.input.len == SIZE && memcmp(s.input.p, block, SIZE) == 0);
	CHECK(got == SIZE && memcmp(back, block, SIZE) == 0);
	free(block);
	free(back);
	end(&cl);
}

/* The owner pauses while its peer says something and leaves, over TLS. */
static void
a_paused_owner_hears_of_the_end(void)
{
	struct client cl = begin(NULL);

	conn_start_tls_server(s.conn, server);
	CHECK_INT(shake(&cl), 1);
	conn_pause(s.conn);
	SSL_shutdown(cl.ssl);
	close(cl.fd);
	cl.fd = -1;
	settle();
	CHECK_TEXT(s.events, "SE");
	end(&cl);
}

/* ---- as the client ---- */

static struct seen there;

static void
our_client_talks_to_our_server(void)
{
	static const struct {
		const char *name;
		bool verify, works;
	} rows[] = { { "mx.here.test", false, true }, { "mx.here.test", true, false },
		{ "192.0.2.7", false, true } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client cl = begin(NULL);
		struct err err;
		struct tls_context *client = tls_client(&err);

		memset(&there, 0, sizeof there);
		buf_init(&there.input, 1000);
		there.conn = conn_adopt_take(loop, dup(cl.fd), on_event, &there);
		conn_start_tls_server(s.conn, server);
		conn_start_tls_client(there.conn, client, rows[i].name, rows[i].verify);
		conn_write(s.conn, "220 hello\r\n", 11);
		CHECK_TEXT(there.events, "");
		tls_free(client); /* the connection keeps it */
		settle();
		CHECK_TEXT(there.events, rows[i].works ? "SD" : "X");
		if (rows[i].works)
			CHECK_STR(buf_str(&there.input), STR("220 hello\r\n"));
		else
			CHECK(strstr(conn_error(there.conn), "self-signed certificate") != NULL);
		buf_free(&there.input);
		end(&cl);
	}
}

static void
a_key_of_another_certificate_is_refused(void)
{
	struct client cl = begin(NULL);
	struct buf cert2, key2;
	struct err err = { 0 };

	buf_init(&cert2, 8192);
	buf_init(&key2, 8192);
	tls_self_signed("two.here.test", 30, &cert2, &key2, &err);
	CHECK(tls_server(buf_str(&cert), buf_str(&key2), NULL, &err) == NULL);
	CHECK(strstr(err.text, "does not belong") != NULL);
	CHECK(tls_server(STR("nonsense"), buf_str(&key), NULL, &err) == NULL);
	CHECK(tls_server(buf_str(&cert), STR(""), NULL, &err) == NULL);
	CHECK(tls_self_signed("not a name", 30, &cert2, &key2, &err) < 0);
	buf_free(&cert2);
	buf_free(&key2);
	end(&cl);
}

void
suite_tls(void)
{
	static const struct test tests[] = {
		{ "a client is served over TLS", a_client_is_served_over_tls },
		{ "STARTTLS answers in the clear, and discards what was injected (T1)",
		    starttls_answers_in_the_clear_first },
		{ "later injection breaks the handshake (T2)",
		    later_injection_breaks_the_handshake },
		{ "a handshake behind a PROXY header is kept",
		    a_handshake_behind_a_proxy_header_is_kept },
		{ "ALPN refuses other protocols (T11)", alpn_refuses_other_protocols },
		{ "SNI chooses a certificate and refuses nonsense (T10)",
		    sni_chooses_a_certificate_and_refuses_nonsense },
		{ "old versions are refused (T9)", old_versions_are_refused },
		{ "renegotiation is refused (T9)", renegotiation_is_refused },
		{ "a cut connection is an error, a closed one is not (T21)",
		    a_cut_connection_is_an_error_and_a_closed_one_is_not },
		{ "garbage ends the connection and nothing else (T20)",
		    garbage_ends_the_connection_and_nothing_else },
		{ "600 kB arrive whole both ways", bulk_arrives_whole },
		{ "a paused owner hears of the end", a_paused_owner_hears_of_the_end },
		{ "our client talks to our server", our_client_talks_to_our_server },
		{ "a key of another certificate is refused",
		    a_key_of_another_certificate_is_refused },
	};

	CHECK_SUITE("tls", tests);
}
