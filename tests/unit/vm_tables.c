// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"
#include "vm/tables.h"

static void the_window_is_the_top_eighth_unless_ram_is_there(void **state)
{
	static const struct {
		unsigned phys_bits;
		u64 ram;
		u64 start, size;
	} cases[] = {
		{ 36, 4 * GIB, 56 * GIB, 8 * GIB },
		{ 36, 54 * GIB, 56 * GIB, 8 * GIB },
		{ 36, 54 * GIB + 2 * MIB, 0, 0 },
		{ 40, GIB, 896 * GIB, 128 * GIB },
		{ 42, 512 * GIB, 0x38000000000, 512 * GIB },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ram ram = { .size = cases[i].ram };
		struct range window = tables_mmio64(&ram, cases[i].phys_bits);

		assert_int_equal(window.start, cases[i].start);
		assert_int_equal(window.size, cases[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_is_the_top_eighth_unless_ram_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
