/* SPDX-License-Identifier: MIT */
/* ip -- addresses of hosts and networks. */
#include "core/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool
ip_parse(struct str s, struct ip *ip)
{
	char text[IP_TEXT_MAX];
	struct ip got;

	if (s.len == 0 || s.len >= sizeof text || memchr(s.p, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	memcpy(got.bytes, mapped, sizeof mapped);
	if (inet_pton(AF_INET, text, got.bytes + 12) != 1 &&
	    inet_pton(AF_INET6, text, got.bytes) != 1)
		return false;
	*ip = got;
	return true;
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

bool
ip_net_parse(struct str s, struct ip_net *net)
{
	struct str host;
	uint64_t bits;
	struct ip ip;
	bool v4, slash = str_cut(&s, '/', &host);

	if (!ip_parse(host, &ip))
		return false;
	v4 = ip_is_v4(&ip) && str_find(host, ':') < 0;
	bits = v4 ? 32 : 128;
	if (slash && !str_number(s, bits, &bits))
		return false;
	*net = (struct ip_net){ ip, (unsigned)bits + (v4 ? 96 : 0) };
	return true;
}

bool
ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool
ip_in(const struct ip *ip, const struct ip_net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(ip->bytes, net->ip.bytes, whole) != 0)
		return false;
	return rest == 0 || (ip->bytes[whole] ^ net->ip.bytes[whole]) >> (8 - rest) == 0;
}

bool
ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip_is_v4(ip) ? ip->bytes[12] == 127 : memcmp(ip->bytes, one, sizeof one) == 0;
}

struct ip
ip_limit_key(const struct ip *ip)
{
	struct ip key = *ip;

	if (!ip_is_v4(ip))
		memset(key.bytes + 8, 0, 8);
	return key;
}

const char *
ip_print(const struct ip *ip, char *to)
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + 12, to, IP_TEXT_MAX);
	else
		inet_ntop(AF_INET6, ip->bytes, to, IP_TEXT_MAX);
	return to;
}

bool
ip_of_sockaddr(const struct sockaddr *sa, struct ip *ip, uint16_t *port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		memcpy(ip->bytes, mapped, sizeof mapped);
		memcpy(ip->bytes + 12, &v4.sin_addr, 4);
		*port = ntohs(v4.sin_port);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof v6);
	memcpy(ip->bytes, &v6.sin6_addr, 16);
	*port = ntohs(v6.sin6_port);
	return true;
}

unsigned
ip_to_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(to, 0, sizeof *to);
	if (ip_is_v4(ip)) {
		memcpy(&v4.sin_addr, ip->bytes + 12, 4);
		memcpy(to, &v4, sizeof v4);
		return sizeof v4;
	}
	memcpy(&v6.sin6_addr, ip->bytes, 16);
	memcpy(to, &v6, sizeof v6);
	return sizeof v6;
}
