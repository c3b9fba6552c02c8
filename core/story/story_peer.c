/* SPDX-License-Identifier: MIT */
/* story_peer -- the client of a story: a socket, TLS where asked for, lines. */
#include "core/story/story_peer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEER_MAX = 64 * 1024 * 1024, LINE_MAX_BYTES = 1024 * 1024 };

void
peer_open(struct story_peer *p, int fd, bool bytewise)
{
	*p = (struct story_peer){ .fd = fd, .bytewise = bytewise };
	buf_init(&p->in, PEER_MAX);
	buf_init(&p->out, PEER_MAX);
}

void
peer_close(struct story_peer *p)
{
	SSL_free(p->ssl);
	p->ssl = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
	buf_free(&p->out);
}

void
peer_shut(struct story_peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
}

void
peer_send(struct story_peer *p, struct str bytes)
{
	buf_add_str(&p->out, bytes);
}

void
peer_start_tls(struct story_peer *p, struct str name)
{
	static SSL_CTX *ctx;
	char host[256];

	if (ctx == NULL)
		ctx = SSL_CTX_new(TLS_client_method());
	p->ssl = SSL_new(ctx);
	SSL_set_fd(p->ssl, p->fd);
	SSL_set_connect_state(p->ssl);
	snprintf(host, sizeof host, "%.*s", STR_FMT(name));
	if (name.len > 0)
		SSL_set_tlsext_host_name(p->ssl, host);
}

bool
peer_has_shown(const struct story_peer *p, struct str name)
{
	X509 *cert = SSL_get0_peer_certificate(p->ssl);

	return name.len == 0 ||
	       (cert != NULL && X509_check_host(cert, name.p, name.len, 0, NULL) == 1);
}

bool
peer_is_shaking_hands(struct story_peer *p)
{
	return p->ssl != NULL && !p->ended && !SSL_is_init_finished(p->ssl);
}

/* What SSL_read, SSL_write and SSL_do_handshake say when they say no. */
static void
tls_refused(struct story_peer *p, int result)
{
	int why = SSL_get_error(p->ssl, result);

	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return;
	p->ended = true;
	p->broken = why != SSL_ERROR_ZERO_RETURN;
}

static bool
turn_handshake(struct story_peer *p)
{
	int r = SSL_do_handshake(p->ssl);

	if (r == 1)
		return true;
	tls_refused(p, r);
	return p->ended;
}

static size_t
write_some(struct story_peer *p, size_t len)
{
	ssize_t wrote;

	if (p->ssl == NULL) {
		wrote = send(p->fd, p->out.p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (wrote < 0 && errno != EAGAIN)
			p->broken = true;
		return wrote > 0 ? (size_t)wrote : 0;
	}
	wrote = SSL_write(p->ssl, p->out.p, (int)len);
	if (wrote > 0)
		return (size_t)wrote;
	tls_refused(p, (int)wrote);
	return 0;
}

static bool
turn_output(struct story_peer *p)
{
	size_t wrote;

	if (p->out.len == 0 || p->broken)
		return false;
	wrote = write_some(p, p->bytewise ? 1 : p->out.len);
	buf_consume(&p->out, wrote);
	if (p->broken)
		buf_clear(&p->out);
	return wrote > 0;
}

static bool
turn_input(struct story_peer *p)
{
	char *room = buf_room(&p->in, 16384);
	ssize_t got;

	if (room == NULL || p->ended)
		return false;
	if (p->ssl != NULL) {
		got = SSL_read(p->ssl, room, 16384);
		if (got <= 0)
			tls_refused(p, (int)got);
	} else {
		got = recv(p->fd, room, 16384, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			p->ended = true;
			p->broken = got < 0;
		}
	}
	if (got > 0)
		buf_grow(&p->in, (size_t)got);
	return got > 0 || p->ended;
}

bool
peer_turn(struct story_peer *p)
{
	bool moved;

	if (p->fd < 0)
		return false;
	if (peer_is_shaking_hands(p))
		return turn_handshake(p);
	moved = turn_output(p);
	return turn_input(p) || moved;
}

bool
peer_line(struct story_peer *p, struct buf *line)
{
	struct str in = buf_str(&p->in);
	ptrdiff_t at = str_find(in, '\n');

	if (at < 0 || at > LINE_MAX_BYTES)
		return false;
	buf_clear(line);
	buf_add(line, in.p, (size_t)(at > 0 && in.p[at - 1] == '\r' ? at - 1 : at));
	buf_consume(&p->in, (size_t)at + 1);
	return true;
}
