// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/process.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static void times_of_a_process(void **state)
{
	static const char tail[] =
		" S 1 2 3 4 5 6 7 8 9 10 1100 220 13 14 15 16 17 18 19 20 21 22 23 24 "
		"25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 660 0\n";
	static const char *const names[] = { "1 (tenon)", "1 (a) b (c)", "1 () S 1 (x))" };
	char text[512];
	struct process_stat stat;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(text, sizeof(text), "%s%s", names[i], tail);
		stat = (struct process_stat){ 0 };
		assert_true(process_parse_stat(text, &stat));
		assert_int_equal(stat.parent, 1);
		assert_int_equal(stat.flags, 6);
		assert_int_equal(stat.time, 1320);
		assert_int_equal(stat.guest_time, 660);
	}
	assert_false(process_parse_stat("", &stat));
	assert_false(process_parse_stat("1 (tenon) S 1 2 3", &stat));
}

static void this_process(void **state)
{
	struct process_stat stat;

	assert_true(process_read_stat(getpid(), &stat));
	assert_int_equal(stat.parent, getppid());
	assert_false(process_read_stat(1 << 30, &stat));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_of_a_process),
		cmocka_unit_test(this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
