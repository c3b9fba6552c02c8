/* SPDX-License-Identifier: MIT */
/* sockets -- the listening sockets: bound once by the master, kept open as long as it lives. */
#include "core/process/sockets.h"

#include "core/base/arena.h"
#include "core/config/config.h"
#include "core/loop/channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, TRIES = 50, TRY_MS = 100 };

/* One address and port of one `listen`. */
struct endpoint_sockets {
	size_t listen;
	int fds[SOCKETS_SLOTS];
};

struct sockets {
	size_t count;
	struct endpoint_sockets *endpoints; /* two for a `listen` on all addresses */
};

struct place {
	struct sockaddr_storage address;
	socklen_t len;
};

/* The wildcard of a family; "all addresses" are one socket for IPv4 and one for IPv6, apart. */
static struct place
everywhere(int family, uint16_t port)
{
	struct place p = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&p.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&p.address;

	if (family == AF_INET) {
		*v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		p.len = sizeof *v4;
	} else {
		*v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		p.len = sizeof *v6;
	}
	return p;
}

static struct place
place_of(const struct config_listen *l)
{
	struct place p = { 0 };

	p.len = ip_to_sockaddr(&l->ip, l->port, &p.address);
	return p;
}

static int
bind_one(const struct place *p, bool shared)
{
	int on = 1,
	    fd = socket(p->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), keep;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (p->address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (const struct sockaddr *)&p->address, p->len) == 0 &&
	    (!shared || listen(fd, BACKLOG) == 0))
		return fd;
	keep = errno;
	close(fd);
	errno = keep;
	return -1;
}

/*
 * Is nobody else there? Sockets that share a port would share its connections with another server
 * of the same user, without a word. Workers of a master that was killed may still be leaving, so
 * this waits a little.
 */
static int
probe(const struct place *p)
{
	const struct timespec pause = { 0, TRY_MS * 1000000L };
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = bind_one(p, false);
		if (fd >= 0 || errno != EADDRINUSE)
			break;
		nanosleep(&pause, NULL);
	}
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
open_place(struct sockets *s, size_t listen, const struct place *p)
{
	struct endpoint_sockets *e = &s->endpoints[s->count];

	if (probe(p) < 0)
		return -1;
	e->listen = listen;
	for (int i = 0; i < SOCKETS_SLOTS; i++)
		e->fds[i] = -1;
	s->count++;
	for (int i = 0; i < SOCKETS_SLOTS; i++) {
		e->fds[i] = bind_one(p, true);
		if (e->fds[i] < 0)
			return -1;
	}
	return 0;
}

static int
open_listen(struct sockets *s, const struct config *config, size_t listen)
{
	const struct config_listen *l = &config->listens[listen];
	struct place p;

	if (!l->any) {
		p = place_of(l);
		return open_place(s, listen, &p);
	}
	p = everywhere(AF_INET, l->port);
	if (open_place(s, listen, &p) < 0)
		return -1;
	p = everywhere(AF_INET6, l->port);
	/* A host without IPv6 is served without it. */
	return open_place(s, listen, &p) < 0 && errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL ? -1
												: 0;
}

static const char *
hint(int code)
{
	if (code == EACCES)
		return " (ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE)";
	return code == EADDRINUSE ? " (another server listens there)" : "";
}

struct sockets *
sockets_open(struct arena *arena, const struct config *config, struct err *err)
{
	struct sockets *s = arena_alloc(arena, sizeof *s);

	s->endpoints = arena_alloc(arena, (2 * config->listen_count + 1) * sizeof *s->endpoints);
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct config_listen *l = &config->listens[i];
		const char *why;

		if (open_listen(s, config, i) == 0)
			continue;
		why = hint(errno);
		err_errno(err, "cannot listen on %s port %u for %s%s",
		    l->any ? "all addresses," : l->address, (unsigned)l->port, l->endpoint, why);
		sockets_close(s);
		return NULL;
	}
	return s;
}

void
sockets_close(struct sockets *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		for (int slot = 0; slot < SOCKETS_SLOTS; slot++)
			if (s->endpoints[i].fds[slot] >= 0)
				close(s->endpoints[i].fds[slot]);
	s->count = 0;
}

void
sockets_of(const struct sockets *s, size_t listen, unsigned number, unsigned workers,
    void (*fn)(size_t, const int *, size_t, void *), void *arg)
{
	int fds[CHANNEL_FDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		for (unsigned slot = number;
		     s->endpoints[i].listen == listen && slot < SOCKETS_SLOTS; slot += workers)
			fds[count++] = s->endpoints[i].fds[slot];
	if (count > 0)
		fn(listen, fds, count, arg);
}
