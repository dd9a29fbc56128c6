// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/stats/top.h"

#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

static void names_of_taps(void **state)
{
	char name[16];

	assert_true(top_parse_fdinfo("pos:\t0\nflags:\t0\niff:\ttap0\n", name));
	assert_string_equal(name, "tap0");
	assert_false(top_parse_fdinfo("pos:\t0\nflags:\t0\n", name));
	assert_false(top_parse_fdinfo("pos:\t0\niff:\t\n", name));
	assert_false(top_parse_fdinfo("pos:\t0\niff:\t../x\n", name));
	assert_false(top_parse_fdinfo("pos:\t0\niff:\t.\n", name));
}

/* 2 s in which a process had 3 s of processor time. */
static void rates(void **state)
{
	struct top_machine machine = {
		.exits = { .time_before = NS_PER_S, .time = 3 * NS_PER_S, .nr = 4 },
	};
	const char *cause;
	static const struct {
		const char *name;
		u64 before, now;
	} lines[] = { { "exits", 0, 2000 }, { "io_exits", 0, 400 }, { "mmio_exits", 100, 1100 },
		{ "halt_exits", 5, 5 } };

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		machine.exits.lines[i] = (struct stats_line){
			.name = lines[i].name,
			.counts = true,
			.before = lines[i].before,
			.now = lines[i].now,
		};
	assert_int_equal(top_rate(&machine, 5000, 1000), 2000);
	assert_int_equal(top_rate(&machine, 1000, 5000), 0);
	assert_int_equal(top_percent(&machine, 3 * (u64)sysconf(_SC_CLK_TCK), 0), 150);
	assert_int_equal(top_exits(&machine, &cause), 1000);
	assert_string_equal(cause, "mmio_exits");
	/* There is no rate before the second reading. */
	machine.exits.time_before = 0;
	assert_int_equal(top_rate(&machine, 5000, 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_taps),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
