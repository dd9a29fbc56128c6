// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/mmio64.h"

#include <errno.h>

#include "base/bytes.h"
#include "unit.h"

#define TIB (1024 * GIB)

/* Slots of the same size each, cards with one such BAR. */
static struct mmio64_need assigned_of(unsigned nr, u64 size)
{
	struct mmio64_need need = { 0 };

	for (unsigned i = 0; i < nr; i++)
		mmio64_add_slot(&need, &size, 1);
	return need;
}

static void the_width_follows_the_cards(void **state)
{
	static const struct {
		unsigned host_bits;
		enum firmware_kind kind;
		u64 ram_end;
		unsigned assigned;
		u64 size;
		unsigned bits; /* 0: refused */
		u64 ovmf_mib;
	} cases[] = {
		/* Nothing to place: as wide as the host, within reason. */
		{ 46, FIRMWARE_UEFI, 4 * GIB, 0, 0, 42, 0 },
		{ 39, FIRMWARE_UEFI, 8 * GIB, 0, 0, 39, 0 },
		{ 36, FIRMWARE_BIOS, 8 * GIB, 0, 0, 36, 0 },
		{ 52, FIRMWARE_NONE, 8 * GIB, 0, 0, 42, 0 },
		/* Usual cards. */
		{ 46, FIRMWARE_UEFI, 16 * GIB, 1, 256 * MIB, 42, 0 },
		{ 39, FIRMWARE_UEFI, 16 * GIB, 1, 32 * GIB, 39, 0 },
		{ 48, FIRMWARE_UEFI, 16 * GIB, 3, 32 * GIB, 42, 0 },
		{ 46, FIRMWARE_UEFI, 16 * GIB, 1, 64 * GIB, 42, 0 },
		/* Larger than the top eighth of 39 or 40 bits: OVMF is told. */
		{ 39, FIRMWARE_UEFI, 16 * GIB, 1, 64 * GIB, 39, 128 * 1024 },
		{ 39, FIRMWARE_UEFI, 16 * GIB, 1, 128 * GIB, 39, 256 * 1024 },
		{ 40, FIRMWARE_UEFI, 16 * GIB, 1, 128 * GIB, 40, 256 * 1024 },
		{ 46, FIRMWARE_UEFI, 16 * GIB, 1, 128 * GIB, 42, 256 * 1024 },
		{ 46, FIRMWARE_UEFI, 16 * GIB, 3, 128 * GIB, 42, 512 * 1024 },
		{ 46, FIRMWARE_UEFI, 16 * GIB, 8, 128 * GIB, 42, 2 * 1024 * 1024 },
		/* More than 42 bits, where the host has them. */
		{ 46, FIRMWARE_UEFI, 16 * GIB, 16, 128 * GIB, 43, 4 * 1024 * 1024 },
		{ 46, FIRMWARE_UEFI, 3 * TIB, 8, 128 * GIB, 43, 2 * 1024 * 1024 },
		{ 42, FIRMWARE_UEFI, 16 * GIB, 16, 128 * GIB, 0, 0 },
		{ 46, FIRMWARE_UEFI, 16 * GIB, 7, 1 * TIB, 44, 8 * 1024 * 1024 },
		{ 39, FIRMWARE_UEFI, 300 * GIB, 1, 128 * GIB, 0, 0 },
		{ 36, FIRMWARE_UEFI, 16 * GIB, 1, 64 * GIB, 0, 0 },
		/* SeaBIOS and Linux place BARs anywhere behind RAM. */
		{ 39, FIRMWARE_BIOS, 16 * GIB, 1, 128 * GIB, 39, 0 },
		{ 39, FIRMWARE_BIOS, 16 * GIB, 3, 128 * GIB, 0, 0 },
		{ 39, FIRMWARE_NONE, 16 * GIB, 2, 128 * GIB, 39, 0 },
		{ 46, FIRMWARE_BIOS, 16 * GIB, 30, 128 * GIB, 42, 0 },
		{ 46, FIRMWARE_BIOS, 200 * GIB, 31, 128 * GIB, 43, 0 },
		{ 52, FIRMWARE_BIOS, 16 * GIB, 30, 4 * TIB, 0, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmio64_need need = assigned_of(cases[i].assigned, cases[i].size);
		struct mmio64 mmio64;
		struct err err = { 0 };
		int ret = mmio64_choose(
			&mmio64, &need, cases[i].kind, cases[i].host_bits, cases[i].ram_end, &err);

		assert_int_equal(ret, cases[i].bits ? 0 : -ENOSPC);
		if (ret) {
			assert_true(*err.text && *err.help);
			continue;
		}
		assert_int_equal(mmio64.phys_bits, cases[i].bits);
		assert_int_equal(mmio64.ovmf_mib, cases[i].ovmf_mib);
	}
}

/*
 * As SeaBIOS 1.16.3 places them: at the end of the address space, lower by as much if something is
 * in the way, then up to the alignment.
 */
static void new_seabios_stays_below_the_end(void **state)
{
	static const struct {
		unsigned host_bits;
		u64 ram_end;
		unsigned assigned;
		u64 size;
		bool reserved;
	} cases[] = {
		{ 40, 5 * GIB, 1, 128 * GIB, true },
		{ 42, 5 * GIB, 1, 128 * GIB, true },
		{ 42, 64 * GIB, 8, 128 * GIB, true },
		{ 39, 16 * GIB, 1, 128 * GIB, true },
		{ 39, 16 * GIB, 2, 32 * GIB, true },
		{ 36, 12 * GIB, 1, 16 * GIB, true },
		/* There is no room for it, but for versions that start behind RAM. */
		{ 39, 16 * GIB, 2, 128 * GIB, false },
		{ 42, 5 * GIB, 0, 0, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmio64_need need = assigned_of(cases[i].assigned, cases[i].size);
		struct mmio64 mmio64;
		struct err err = { 0 };
		u64 top, size, base;

		assert_int_equal(mmio64_choose(&mmio64, &need, FIRMWARE_BIOS, cases[i].host_bits,
					 cases[i].ram_end, &err),
			0);
		assert_int_equal(mmio64.reserved.size != 0, cases[i].reserved);
		if (!cases[i].reserved)
			continue;
		top = BIT_ULL(mmio64.phys_bits);
		for (unsigned padded = 0; padded < 2; padded++) {
			size = padded ? round_up(need.size, top / 8) : need.size;
			assert_true(top - size < range_end(mmio64.reserved));
			base = round_up(top - 2 * size, need.align);
			assert_true(base >= cases[i].ram_end);
			assert_true(base + need.size <= mmio64.reserved.start);
		}
	}
}

/* What is kept for the host's addresses widens the guest's, and BARs go behind it where they can.
 */
static void what_is_kept(void **state)
{
	static const struct {
		unsigned host_bits;
		enum firmware_kind kind;
		u64 kept_end, size; /* of what is kept, of a BAR */
		unsigned bits;      /* 0: refused */
		u64 floor, ovmf_mib;
	} cases[] = {
		{ 46, FIRMWARE_NONE, 400 * GIB, 0, 42, 400 * GIB, 0 },
		{ 46, FIRMWARE_NONE, 8 * TIB, 0, 43, 8 * TIB, 0 },
		{ 46, FIRMWARE_BIOS, 400 * GIB, 256 * MIB, 42, 400 * GIB, 0 },
		{ 39, FIRMWARE_UEFI, 400 * GIB, 256 * MIB, 39, 400 * GIB, 0 },
		{ 46, FIRMWARE_UEFI, 8 * TIB, 256 * MIB, 44, 8 * TIB, 2 * 1024 },
		/* At the end of all addresses: below it, then. */
		{ 39, FIRMWARE_BIOS, 512 * GIB, 16 * GIB, 39, 0, 0 },
		{ 38, FIRMWARE_BIOS, 512 * GIB, 16 * GIB, 0, 0, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmio64_need need = assigned_of(cases[i].size != 0, cases[i].size);
		struct mmio64 mmio64;
		struct err err = { 0 };
		int ret;

		need.kept_end = cases[i].kept_end;
		ret = mmio64_choose(
			&mmio64, &need, cases[i].kind, cases[i].host_bits, 6 * GIB, &err);
		assert_int_equal(ret, cases[i].bits ? 0 : -ENOSPC);
		if (ret)
			continue;
		assert_int_equal(mmio64.phys_bits, cases[i].bits);
		assert_int_equal(mmio64.floor, cases[i].floor);
		assert_int_equal(mmio64.ovmf_mib, cases[i].ovmf_mib);
	}
}

static void a_slot_is_as_aligned_as_its_largest_bar(void **state)
{
	const u64 card[] = { 16 * GIB, 32 * MIB, 0 }, audio[] = { 0, 0 }, small[] = { 16 * KIB };
	struct mmio64_need need = { 0 };

	mmio64_add_slot(&need, card, ARRAY_SIZE(card));
	assert_int_equal(need.size, 32 * GIB);
	assert_int_equal(need.align, 16 * GIB);
	mmio64_add_slot(&need, audio, ARRAY_SIZE(audio));
	mmio64_add_slot(&need, small, ARRAY_SIZE(small));
	assert_int_equal(need.size, 32 * GIB + 16 * KIB);
	assert_int_equal(need.align, 16 * GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_width_follows_the_cards),
		cmocka_unit_test(new_seabios_stays_below_the_end),
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(a_slot_is_as_aligned_as_its_largest_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
