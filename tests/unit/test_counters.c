/* SPDX-License-Identifier: MIT */
#include "core/process/counters.h"
#include "tests/lib/check.h"

#include <sys/mman.h>
#include <unistd.h>

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	CHECK(ip_parse(str_of(text), &ip));
	return ip;
}

static void
workers_see_each_others_connections(void)
{
	int fd = memfd_create("counters", MFD_CLOEXEC);
	struct ip a = ip_of("192.0.2.1"), b = ip_of("192.0.2.2");
	struct counters *one, *two;
	struct err err;

	CHECK_INT(ftruncate(fd, (off_t)counters_size()), 0);
	one = counters_open(fd, 0, &err);
	two = counters_open(fd, 63, &err);
	CHECK_INT(counters_connection(one, &a, 1), 1);
	CHECK_INT(counters_connection(two, &a, 1), 2);
	CHECK_INT(counters_connection(two, &a, 1), 3);
	CHECK_INT(counters_connections(one, &b), 0);
	CHECK_INT(counters_connection(two, &a, -1), 2);
	counters_clear_column(one, 63);
	CHECK_INT(counters_connections(one, &a), 1);
	CHECK_INT(counters_connection(two, &a, -1), 1);
	counters_close(one);
	counters_close(two);
	close(fd);
}

static void
an_ipv6_network_counts_as_one(void)
{
	struct ip a = ip_of("2001:db8:1:2::1"), b = ip_of("2001:db8:1:2:ffff::1"),
		  c = ip_of("2001:db8:1:3::1");
	struct counters *counters = counters_open(-1, 0, NULL);

	CHECK_INT(counters_connection(counters, &a, 1), 1);
	CHECK_INT(counters_connection(counters, &b, 1), 2);
	CHECK_INT(counters_connections(counters, &c), 0);
	counters_close(counters);
}

static void
failures_are_forgotten_after_ten_minutes(void)
{
	const uint64_t minute = 60000, start = 1000 * minute;
	struct ip a = ip_of("192.0.2.1");
	struct counters *c = counters_open(-1, 5, NULL);

	CHECK_INT(counters_auth_failure(c, &a, start, 4), 4);
	CHECK_INT(counters_auth_failure(c, &a, start + 5 * minute, 0), 4);
	CHECK_INT(counters_auth_failure(c, &a, start + 10 * minute, 0), 4);
	CHECK_INT(counters_auth_failure(c, &a, start + 15 * minute, 2), 4);
	CHECK_INT(counters_auth_failure(c, &a, start + 20 * minute, 0), 2);
	CHECK_INT(counters_auth_failure(c, &a, start + 90 * minute, 0), 0);
	counters_close(c);
}

static void
the_rate_is_of_the_last_minute(void)
{
	struct ip a = ip_of("192.0.2.1"), b = ip_of("192.0.2.9");
	struct counters *c = counters_open(-1, 0, NULL);

	for (unsigned i = 1; i <= 30; i++)
		CHECK_INT(counters_connection_rate(c, &a, 600000 + i, 1), i);
	CHECK_INT(counters_connection_rate(c, &b, 600030, 0), 0);
	CHECK_INT(counters_connection_rate(c, &a, 690000, 0), 15);
	CHECK_INT(counters_connection_rate(c, &a, 720001, 0), 0);
	counters_close(c);
}

static void
ten_thousand_networks_do_not_hinder_one_more(void)
{
	struct counters *c = counters_open(-1, 0, NULL);
	struct ip ip = ip_of("10.0.0.0"), stranger = ip_of("203.0.113.7");

	for (unsigned i = 0; i < 10000; i++) {
		ip.bytes[14] = (uint8_t)(i >> 8);
		ip.bytes[15] = (uint8_t)i;
		counters_connection(c, &ip, 1);
	}
	CHECK(counters_connections(c, &stranger) <= 8);
	counters_close(c);
}

void
suite_counters(void)
{
	static const struct test tests[] = {
		{ "workers see each other's connections", workers_see_each_others_connections },
		{ "an IPv6 network counts as one", an_ipv6_network_counts_as_one },
		{ "failures are forgotten after ten minutes",
		    failures_are_forgotten_after_ten_minutes },
		{ "the rate is of the last minute", the_rate_is_of_the_last_minute },
		{ "ten thousand networks do not hinder one more",
		    ten_thousand_networks_do_not_hinder_one_more },
	};

	CHECK_SUITE("counters", tests);
}
