/* SPDX-License-Identifier: MIT */
#include "core/config/config.h"
#include "core/delivery/retry.h"
#include "tests/lib/check.h"

static const int64_t second = 1000000000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
static const uint64_t first[] = { 5 * 60000, 15 * 60000, 30 * 60000 };

/* The default: "5m", "15m", "30m", every = "30m", give_up = "5d", warn = "4h". */
static const struct config usual = {
	.retry_count = 3,
	.retry_first_ms = first,
	.retry_every_ms = 30 * 60000,
	.retry_give_up_ms = 5 * 24 * 3600000ull,
	.retry_warn_ms = 4 * 3600000,
};

static void
waits_as_the_schedule_says(void)
{
	CHECK_INT(retry_wait_ns(&usual, 1, 1), 5 * minute);
	CHECK_INT(retry_wait_ns(&usual, 1, 2), 15 * minute);
	CHECK_INT(retry_wait_ns(&usual, 1, 3), 30 * minute);
	CHECK_INT(retry_wait_ns(&usual, 1, 4), 30 * minute);
	CHECK_INT(retry_wait_ns(&usual, 1, UINT32_MAX), 30 * minute);
	CHECK_INT(retry_wait_ns(&usual, 1, 0), 30 * minute);
}

/* A message that is never delivered, with a clock of our own: RFC 5321, 4.5.4.1 wants 4 to 5 days.
 */
static void
five_days_are_about_240_attempts(void)
{
	int64_t age = 0;
	uint32_t attempts = 0;
	int64_t warned_at = 0;

	while (!retry_is_over(&usual, 1, age)) {
		age += retry_wait_ns(&usual, 1, ++attempts);
		if (warned_at == 0 && retry_is_late(&usual, 1, age))
			warned_at = age;
	}
	CHECK(age >= 5 * day && age < 5 * day + hour);
	CHECK(attempts > 230 && attempts < 250);
	CHECK(warned_at >= 4 * hour && warned_at < 5 * hour);
}

static void
the_scale_shortens_everything(void)
{
	CHECK_INT(retry_wait_ns(&usual, 0.001, 1), 300 * second / 1000);
	CHECK(retry_is_over(&usual, 0.001, 432 * second));
	CHECK(!retry_is_over(&usual, 0.001, 431 * second));
	CHECK(retry_wait_ns(&usual, 0.0000001, 1) > 0);
}

/* THREATS.md Z1 and Z3: the clock was wrong when the time was written, or is wrong now. */
static void
a_time_in_the_far_future_is_now(void)
{
	int64_t now = 1763712000 * second;

	CHECK_INT(retry_sane_ns(&usual, 1, now, now + 10 * minute), now + 10 * minute);
	CHECK_INT(retry_sane_ns(&usual, 1, now, now - 400 * day), now - 400 * day);
	CHECK_INT(retry_sane_ns(&usual, 1, now, now + 365 * day), now);
	CHECK(!retry_is_over(&usual, 1, -hour));
	CHECK(!retry_is_late(&usual, 1, -hour));
}

void
suite_retry(void)
{
	static const struct test tests[] = {
		{ "waits as the schedule says", waits_as_the_schedule_says },
		{ "five days are about 240 attempts", five_days_are_about_240_attempts },
		{ "the scale shortens everything", the_scale_shortens_everything },
		{ "a time in the far future is now", a_time_in_the_far_future_is_now },
	};

	CHECK_SUITE("retry", tests);
}
