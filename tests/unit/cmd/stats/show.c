// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include "base/clock.h"
#include "cmd/stats/show.h"

static void rates_are_by_the_second(void **state)
{
	static const struct {
		u64 before, now, ns, rate;
	} cases[] = {
		{ 100, 300, NS_PER_S, 200 },
		{ 100, 300, 2 * NS_PER_S, 100 },
		{ 0, 1, 3 * NS_PER_S, 0 },
		{ 0, 2, 3 * NS_PER_S, 1 },
		{ 300, 100, NS_PER_S, 0 }, /* what went down is no number of events */
		{ 0, 5, 0, 0 },
		{ 0, ~0ull >> 1, NS_PER_S, ~0ull >> 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static struct stats_sample sample;
		const struct stats_line line = { .before = cases[i].before, .now = cases[i].now };
		u64 rate;

		sample.time_before = 1000;
		sample.time = 1000 + cases[i].ns;
		rate = stats_rate(&sample, &line);
		/* To what a double can tell. */
		assert_true(rate >= cases[i].rate && rate - cases[i].rate <= cases[i].rate >> 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_by_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
