/* SPDX-License-Identifier: MIT */
/* retry -- the schedule of attempts. */
#include "core/delivery/retry.h"

#include "core/config/config.h"

enum { NS_PER_MS = 1000000, WAIT_MIN_MS = 10 };

static int64_t
scaled_ns(uint64_t ms, double scale)
{
	double scaled = (double)ms * scale;

	return (int64_t)(scaled < WAIT_MIN_MS ? WAIT_MIN_MS : scaled) * NS_PER_MS;
}

int64_t
retry_wait_ns(const struct config *c, double scale, uint32_t attempts)
{
	if (attempts > 0 && attempts <= c->retry_count)
		return scaled_ns(c->retry_first_ms[attempts - 1], scale);
	return scaled_ns(c->retry_every_ms, scale);
}

bool
retry_is_over(const struct config *c, double scale, int64_t age_ns)
{
	return age_ns >= scaled_ns(c->retry_give_up_ms, scale);
}

bool
retry_is_late(const struct config *c, double scale, int64_t age_ns)
{
	return c->retry_warn_ms > 0 && age_ns >= scaled_ns(c->retry_warn_ms, scale);
}

static int64_t
longest_wait_ns(const struct config *c, double scale)
{
	uint64_t longest = c->retry_every_ms;

	for (size_t i = 0; i < c->retry_count; i++)
		if (c->retry_first_ms[i] > longest)
			longest = c->retry_first_ms[i];
	return scaled_ns(longest, scale);
}

int64_t
retry_sane_ns(const struct config *c, double scale, int64_t now_ns, int64_t next_ns)
{
	return next_ns - now_ns > 2 * longest_wait_ns(c, scale) ? now_ns : next_ns;
}
