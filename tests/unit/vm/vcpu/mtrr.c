// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include "vm/vcpu/mtrr.h"

#define UNCACHED   0
#define WRITE_BACK 6
#define NR_PAIRS   8

static u64 value(const struct kvm_msr_entry *entries, u32 index)
{
	for (unsigned i = 0; i < MTRR_NR; i++)
		if (entries[i].index == index)
			return entries[i].data;
	fail_msg("MSR 0x%x is not there", index);
	return 0;
}

/* Intel SDM 3A, 12.11.2: which fixed register has @address below 1 MiB, and which byte of it. */
static unsigned fixed_type(const struct kvm_msr_entry *entries, u64 address)
{
	u32 index;
	unsigned byte;

	if (address < 0x80000) {
		index = 0x250;
		byte = address / 0x10000;
	} else if (address < 0xc0000) {
		index = 0x258 + (address - 0x80000) / 0x20000;
		byte = address % 0x20000 / 0x4000;
	} else {
		index = 0x268 + (address - 0xc0000) / 0x8000;
		byte = address % 0x8000 / 0x1000;
	}
	return value(entries, index) >> (8 * byte) & 0xff;
}

/* As a processor finds the type of @address. */
static unsigned type(const struct kvm_msr_entry *entries, u64 address)
{
	u64 def = value(entries, 0x2ff);

	assert_true(def & BIT(11));
	if (address < MIB && def & BIT(10))
		return fixed_type(entries, address);
	for (u32 i = 0; i < NR_PAIRS; i++) {
		u64 base = value(entries, 0x200 + 2 * i), mask = value(entries, 0x201 + 2 * i);

		if (mask & BIT(11) && (address & mask & ~0xfffull) == (base & mask & ~0xfffull))
			return base & 0xff;
	}
	return def & 0xff;
}

static void memory_is_cached_and_devices_are_not(void **state)
{
	static const struct {
		u64 address;
		unsigned type;
	} cases[] = {
		{ 0, WRITE_BACK },
		{ 0x9ffff, WRITE_BACK },
		{ 0xa0000, UNCACHED },
		{ 0xbffff, UNCACHED },
		{ 0xc0000, WRITE_BACK },
		{ 0xfffff, WRITE_BACK },
		{ MIB, WRITE_BACK },
		{ 2 * GIB - 1, WRITE_BACK },
		{ 2 * GIB, UNCACHED },
		{ 0xfee00000, UNCACHED },
		{ 4 * GIB - 1, UNCACHED },
		{ 4 * GIB, WRITE_BACK },
		{ 0x8000000000, WRITE_BACK },
	};
	struct kvm_msr_entry entries[MTRR_NR];

	assert_int_equal(mtrr_of_firmware(2 * GIB, 42, entries), MTRR_NR);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(type(entries, cases[i].address), cases[i].type);
	/* No bit beyond the guest's address width, which the processor would refuse. */
	assert_int_equal(value(entries, 0x201) >> 42, 0);
}

static void every_register_is_listed_once(void **state)
{
	u32 indices[MTRR_NR];

	mtrr_list(indices);
	for (unsigned i = 0; i < MTRR_NR; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(indices[i], indices[j]);
	assert_int_equal(indices[MTRR_NR - 1], 0x2ff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_cached_and_devices_are_not),
		cmocka_unit_test(every_register_is_listed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
