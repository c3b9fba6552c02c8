/* SPDX-License-Identifier: MIT */
/*
 * ip -- addresses of hosts and networks.
 *
 * One form for both families: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that
 * a mapped address and the IPv4 address it stands for are the same value everywhere.
 */
#ifndef CORE_BASE_IP_H
#define CORE_BASE_IP_H

#pragma GCC visibility push(default)

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { IP_TEXT_MAX = 46 };

struct ip {
	uint8_t bytes[16];
};

struct ip_net {
	struct ip ip;
	unsigned bits; /* of the 128; an IPv4 /24 is 120 */
};

struct sockaddr;
struct sockaddr_storage;

/* True and the value; else the value is unchanged. */
bool ip_parse(struct str, struct ip *);
bool
ip_net_parse(struct str, struct ip_net *); /* "192.0.2.0/24", "2001:db8::/32", or one address */
bool ip_is_v4(const struct ip *);
bool ip_is_loopback(const struct ip *);
bool ip_equal(const struct ip *, const struct ip *);
bool ip_in(const struct ip *, const struct ip_net *);

/* The network that limits count by: the address itself for IPv4, its /64 for IPv6. */
struct ip ip_limit_key(const struct ip *);

/* As text; IPv4 dotted. `to` holds IP_TEXT_MAX bytes. Returns `to`. */
const char *ip_print(const struct ip *, char *to);

bool ip_of_sockaddr(const struct sockaddr *, struct ip *, uint16_t *port);
/* Returns the length; IPv4 becomes AF_INET. */
unsigned ip_to_sockaddr(const struct ip *, uint16_t port, struct sockaddr_storage *);

#pragma GCC visibility pop
#endif
