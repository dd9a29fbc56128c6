// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "unit.h"
#include "vm/boot/e820.h"

static void expect(const struct e820 *map, const struct e820_entry *want, unsigned nr)
{
	assert_int_equal(map->nr, nr);
	for (unsigned i = 0; i < nr; i++) {
		assert_int_equal(map->entries[i].range.start, want[i].range.start);
		assert_int_equal(map->entries[i].range.size, want[i].range.size);
		assert_int_equal(map->entries[i].type, want[i].type);
	}
}

static void a_later_range_carves_the_earlier(void **state)
{
	static const struct {
		struct range range;
		u32 type;
		struct e820_entry want[4];
		unsigned nr;
	} cases[] = {
		/* Each on a map of RAM from 0x1000 to 0x5000. */
		{ { 0x2000, 0x1000 }, E820_RESERVED,
			{ { { 0x1000, 0x1000 }, 1 }, { { 0x2000, 0x1000 }, 2 },
				{ { 0x3000, 0x2000 }, 1 } },
			3 },
		{ { 0x2000, 0x1000 }, E820_NONE,
			{ { { 0x1000, 0x1000 }, 1 }, { { 0x3000, 0x2000 }, 1 } }, 2 },
		{ { 0x2000, 0x1000 }, E820_RAM, { { { 0x1000, 0x4000 }, 1 } }, 1 },
		{ { 0x1000, 0x4000 }, E820_NVS, { { { 0x1000, 0x4000 }, 4 } }, 1 },
		{ { 0x0000, 0x9000 }, E820_NONE, { { { 0 } } }, 0 },
		{ { 0x0000, 0x1000 }, E820_RAM, { { { 0x0000, 0x5000 }, 1 } }, 1 },
		{ { 0x5000, 0x1000 }, E820_RAM, { { { 0x1000, 0x5000 }, 1 } }, 1 },
		{ { 0x0000, 0x2000 }, E820_ACPI,
			{ { { 0x0000, 0x2000 }, 3 }, { { 0x2000, 0x3000 }, 1 } }, 2 },
		{ { 0x8000, 0x1000 }, E820_RESERVED,
			{ { { 0x1000, 0x4000 }, 1 }, { { 0x8000, 0x1000 }, 2 } }, 2 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct e820 map = { .nr = 0 };

		assert_int_equal(e820_set(&map, 0x1000, 0x4000, E820_RAM), 0);
		assert_int_equal(
			e820_set(&map, cases[i].range.start, cases[i].range.size, cases[i].type),
			0);
		expect(&map, cases[i].want, cases[i].nr);
	}
}

static void nonsense_and_a_full_map_change_nothing(void **state)
{
	struct e820 map = { .nr = 0 };

	assert_int_equal(e820_set(&map, 0, 0, E820_RAM), -EINVAL);
	assert_int_equal(e820_set(&map, ~0ull, 2, E820_RAM), -EINVAL);
	assert_int_equal(map.nr, 0);

	for (unsigned i = 0; i < E820_MAX; i++)
		assert_int_equal(e820_set(&map, i * 0x2000ull, 0x1000, E820_RAM), 0);
	assert_int_equal(e820_set(&map, E820_MAX * 0x2000ull, 0x1000, E820_RAM), -ENOSPC);
	assert_int_equal(e820_set(&map, 0x400, 0x400, E820_RESERVED), -ENOSPC);
	assert_int_equal(map.nr, E820_MAX);
	assert_int_equal(map.entries[0].range.size, 0x1000);
	assert_int_equal(e820_set(&map, 0x1000, 0x1000, E820_RAM), 0);
	assert_int_equal(map.nr, E820_MAX - 1);
}

static void a_machine_of_four_gib(void **state)
{
	static const struct range reserved[] = { { 0xb0000000, 0x10000000 },
		{ 0xfeffc000, 0x4000 } };
	static const struct e820_entry want[] = {
		{ { 0, 0x9fc00 }, E820_RAM },
		{ { 0x9fc00, 0x400 }, E820_RESERVED },
		{ { 0xf0000, 0x10000 }, E820_RESERVED },
		{ { 0x100000, 0x7fee0000 }, E820_RAM },
		{ { 0x7ffe0000, 0x20000 }, E820_ACPI },
		{ { 0xb0000000, 0x10000000 }, E820_RESERVED },
		{ { 0xfeffc000, 0x4000 }, E820_RESERVED },
		{ { 0x100000000, 0x80000000 }, E820_RAM },
	};
	struct e820_layout layout = { .low_ram = 2 * GIB,
		.high_ram = 2 * GIB,
		.acpi_tables = { 0x7ffe0000, 0x20000 },
		.reserved = reserved,
		.nr_reserved = ARRAY_SIZE(reserved) };
	struct e820 map;

	assert_int_equal(e820_build(&map, &layout), 0);
	expect(&map, want, ARRAY_SIZE(want));
	assert_true(e820_is(&map, 0x100000, 0x1000, E820_RAM));
	assert_false(e820_is(&map, 0x7ffdf000, 0x2000, E820_RAM));
	assert_int_equal(e820_ram_end(&map, 4 * GIB), 0x7ffe0000);
	assert_int_equal(e820_ram_end(&map, ~0ull), 6 * GIB);
	assert_int_equal(e820_ram_end(&map, 0x1234000), 0x1234000);

	layout.high_ram = 0;
	assert_int_equal(e820_build(&map, &layout), 0);
	expect(&map, want, ARRAY_SIZE(want) - 1);
}

static void layouts_that_overlap_are_refused(void **state)
{
	static const struct range in_ram = { 0x200000, 0x1000 };
	static const struct range wraps = { ~0ull - 0xfff, 0x2000 };
	static const struct e820_layout bad[] = {
		{ .low_ram = MIB - 1 },
		{ .low_ram = 4 * GIB + 1 },
		{ .low_ram = GIB, .high_ram = ~0ull },
		{ .low_ram = GIB, .acpi_tables = { GIB - 0x1000, 0x2000 } },
		{ .low_ram = GIB, .acpi_tables = { 0xe0000, 0x20000 } },
		{ .low_ram = GIB, .reserved = &in_ram, .nr_reserved = 1 },
		{ .low_ram = GIB, .reserved = &wraps, .nr_reserved = 1 },
	};
	struct e820 map;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(e820_build(&map, &bad[i]), -EINVAL);
}

static void the_highest_room_is_found(void **state)
{
	struct e820 map = { .nr = 0 };
	u64 addr;

	assert_int_equal(e820_set(&map, 0x1000, 0x5000, E820_RAM), 0);
	assert_int_equal(e820_set(&map, 0x8000, 0x1800, E820_RAM), 0);
	assert_int_equal(e820_set(&map, 0x9800, 0x8000, E820_ACPI), 0);

	assert_int_equal(e820_find_ram(&map, 0, ~0ull, 0x800, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x9000);
	assert_int_equal(e820_find_ram(&map, 0, ~0ull, 0x1800, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x8000);
	assert_int_equal(e820_find_ram(&map, 0, ~0ull, 0x1801, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x4000);
	assert_int_equal(e820_find_ram(&map, 0, 0x5800, 0x1000, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x4000);
	assert_int_equal(e820_find_ram(&map, 0x2000, 0x9000, 0x4000, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x2000);
	assert_int_equal(e820_find_ram(&map, 0x2001, 0x9000, 0x4000, 1, &addr), -ENOSPC);
	assert_int_equal(e820_find_ram(&map, 0, ~0ull, ~0ull, 0x1000, &addr), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_range_carves_the_earlier),
		cmocka_unit_test(nonsense_and_a_full_map_change_nothing),
		cmocka_unit_test(a_machine_of_four_gib),
		cmocka_unit_test(layouts_that_overlap_are_refused),
		cmocka_unit_test(the_highest_room_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
