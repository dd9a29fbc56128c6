// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include "vm/hiding.h"

static void only_consumer_cards_want_it(void **state)
{
	static const struct {
		u16 vendor, class;
		const char *name;
		bool wants;
	} cases[] = {
		{ 0x10de, 0x0300, "NVIDIA Corporation GA102 [GeForce RTX 3090]", true },
		{ 0x10de, 0x0302, "NVIDIA Corporation GA107M [GeForce RTX 3050 Mobile]", true },
		{ 0x10de, 0x0300, "NVIDIA Corporation GP102 [TITAN X]", true },
		{ 0x10de, 0x0300, "NVIDIA Corporation Device 2c05", true },
		{ 0x10de, 0x0300, "NVIDIA Corporation TU102GL [Quadro RTX 6000/8000]", false },
		{ 0x10de, 0x0302, "NVIDIA Corporation GA100 [A100 PCIe 40GB]", false },
		{ 0x10de, 0x0302, "NVIDIA Corporation Device 2331", false },
		{ 0x10de, 0x0403, "NVIDIA Corporation GA102 High Definition Audio Controller",
			false },
		{ 0x1002, 0x0300, "Advanced Micro Devices, Inc. [AMD/ATI] Navi 21", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(hiding_is_for(cases[i].vendor, cases[i].class, cases[i].name),
			cases[i].wants);
}

static void what_is_asked_for_counts(void **state)
{
	const struct assigned none = { 0 };

	assert_true(hiding_choose(&(struct machine_config){ .hiding = HIDING_ON }, &none));
	assert_false(hiding_choose(&(struct machine_config){ .hiding = HIDING_OFF }, &none));
	assert_false(hiding_choose(&(struct machine_config){ .hiding = HIDING_AUTO }, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_consumer_cards_want_it),
		cmocka_unit_test(what_is_asked_for_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
