// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/tables.h"
#include "unit.h"

static void the_window_is_what_ram_leaves(void **state)
{
	static const struct {
		unsigned phys_bits;
		u64 ram, lowest;
		u64 start, size;
		u64 highest;
	} cases[] = {
		{ 36, 4 * GIB, 0, 6 * GIB, 58 * GIB },
		{ 36, 4 * GIB + 2 * MIB, 0, 7 * GIB, 57 * GIB },
		{ 36, 62 * GIB, 0, 64 * GIB, 0 },
		{ 40, GIB, 0, 4 * GIB, 1008 * GIB },
		{ 40, 1100 * GIB, 0, 1102 * GIB, 0 },
		{ 42, 512 * GIB, 0, 1024 * GIB, 3072 * GIB },
		{ 42, 1100 * GIB, 0, 1102 * GIB, 2994 * GIB },
		/* Firmware has placed BARs: SeaBIOS right behind RAM, OVMF at the top. */
		{ 42, 4 * GIB, 8 * GIB, 6 * GIB, 1006 * GIB },
		{ 42, 4 * GIB, 3584 * GIB, 1024 * GIB, 3072 * GIB },
		{ 40, 4 * GIB, 896 * GIB, 6 * GIB, 1006 * GIB },
		{ 42, 1100 * GIB, 2048 * GIB, 1102 * GIB, 2994 * GIB },
		/* Where the host has them. */
		{ 42, 4 * GIB, 8 * GIB, 6 * GIB, 4090 * GIB, 2048 * GIB },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ram ram = { .size = cases[i].ram };
		struct range mmio64 =
			tables_mmio64(&ram, cases[i].phys_bits, cases[i].lowest, cases[i].highest);

		if (cases[i].size)
			assert_int_equal(mmio64.start, cases[i].start);
		assert_int_equal(mmio64.size, cases[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_is_what_ram_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
