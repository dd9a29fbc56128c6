// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

#define FULL  0x88000
#define SMALL 0x1800
#define MSI   0x68

static unsigned touched, acks; /* reads of the mirrors, and writes of them, that the card saw */

static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	u64 at;

	if (region != 0)
		return false;
	if (offset >= FULL && offset < FULL + 0x1000)
		at = offset - FULL;
	else if (offset >= SMALL && offset < SMALL + 0x100)
		at = offset - SMALL;
	else
		return false;
	if (write) {
		acks++;
		return true;
	}
	touched++;
	memcpy(bytes, sim->config + at, size);
	return true;
}

static void open_card(struct quirk_card *card, bool vga, bool quirks_off)
{
	struct vfio_options options = { .vga = vga ? VFIO_VGA_ON : VFIO_VGA_OFF,
		.quirks_off = quirks_off,
		.mmap_off = quirks_off };

	touched = acks = 0;
	quirk_card_init(card, 0x10de, 0x1c82);
	quirk_card_bar(card, 0, 16 * MIB, 0);
	sim_add_cap(&card->sim, PCI_CAP_ID_MSI, MSI);
	sim_put(&card->sim, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT);
	card->sim.access = card_access;
	quirk_card_start(card, &options);
}

static void both_mirrors_show_the_guests_config_space(void **state)
{
	struct quirk_card card;

	open_card(&card, true, false);
	assert_int_equal(quirk_load(&card, 0, FULL, 4), 0x1c8210de);
	assert_int_equal(quirk_load(&card, 0, FULL + 0x10, 4), GUEST_BAR(0));
	assert_int_equal(quirk_load(&card, 0, SMALL + 0x10, 4), GUEST_BAR(0));
	assert_int_equal(touched, 3);
	quirk_store(&card, 0, FULL + 0x10, 4, 0xd0000000);
	assert_int_equal(sim_read(&card.vp, PCI_BASE_ADDRESS_0, 4), 0xd0000000);
	assert_int_equal(acks, 0);
	quirk_card_close(&card);
}

/* Also where the host has the BAR. */
static void both_mirrors_are_in_the_alias(void **state)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .bars_host = true };
	struct quirk_card card;

	quirk_card_init(&card, 0x10de, 0x1c82);
	quirk_card_bar(&card, 0, 16 * MIB, 0);
	card.sim.access = card_access;
	quirk_card_start(&card, &options);
	assert_int_equal(bus_read(&card.machine.mmio, HOST_BAR(0) + FULL + 0x10, 4), GUEST_BAR(0));
	assert_int_equal(bus_read(&card.machine.mmio, HOST_BAR(0) + SMALL + 0x10, 4), GUEST_BAR(0));
	bus_write(&card.machine.mmio, HOST_BAR(0) + FULL + 0x10, 4, 0xd0000000);
	assert_int_equal(sim_read(&card.vp, PCI_BASE_ADDRESS_0, 4), 0xd0000000);
	quirk_card_close(&card);
}

static void the_small_one_is_for_legacy_vga(void **state)
{
	struct quirk_card card;

	open_card(&card, false, false);
	assert_true(quirk_mapped(&card, 0, SMALL));
	assert_true(quirk_mapped(&card, 0, FULL - 1));
	assert_false(quirk_mapped(&card, 0, FULL));
	assert_false(quirk_mapped(&card, 0, FULL + 0xfff));
	assert_true(quirk_mapped(&card, 0, FULL + 0x1000));
	quirk_card_close(&card);
	open_card(&card, true, false);
	assert_false(quirk_mapped(&card, 0, SMALL));
	assert_true(quirk_mapped(&card, 0, 0xfff));
	assert_true(quirk_mapped(&card, 0, 0x2000));
	quirk_card_close(&card);
}

static void an_answer_to_an_msi_reaches_the_card(void **state)
{
	static const struct {
		u16 reg, size;
		bool ack;
	} cases[] = {
		{ MSI, 1, true },
		{ MSI, 2, true },
		{ MSI + 1, 1, true },
		{ MSI, 4, false },
		{ MSI + 2, 2, false },
		{ MSI - 1, 1, false },
	};
	struct quirk_card card;

	open_card(&card, false, false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		acks = 0;
		quirk_store(
			&card, 0, FULL + cases[i].reg, cases[i].size, 0xff & ~PCI_MSI_FLAGS_ENABLE);
		assert_int_equal(acks, cases[i].ack);
	}
	assert_int_equal(quirk_load(&card, 0, FULL + MSI, 1), PCI_CAP_ID_MSI);
	quirk_card_close(&card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct quirk_card card;

	open_card(&card, true, true);
	assert_int_equal(quirk_load(&card, 0, FULL + 0x10, 4), HOST_BAR(0));
	quirk_card_close(&card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_mirrors_show_the_guests_config_space),
		cmocka_unit_test(both_mirrors_are_in_the_alias),
		cmocka_unit_test(the_small_one_is_for_legacy_vga),
		cmocka_unit_test(an_answer_to_an_msi_reaches_the_card),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
