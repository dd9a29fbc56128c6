// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

static unsigned touched; /* reads of the mirror that the card saw */

/* BAR 2 shows the config space at 4000h. */
static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	if (region != 2 || offset < 0x4000 || offset >= 0x4100)
		return false;
	if (write)
		fail_msg("a write of the mirror reached the card");
	memcpy(bytes, sim->config + (offset - 0x4000), size);
	touched++;
	return true;
}

static void open_card(struct quirk_card *card, bool quirks_off)
{
	struct vfio_options options = {
		.vga = VFIO_VGA_ON, .quirks_off = quirks_off, .mmap_off = quirks_off
	};

	quirk_card_init(card, 0x1002, 0x6779);
	quirk_card_bar(card, 0, 64 * KIB, 0);
	quirk_card_bar(card, 2, 128 * KIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	card->sim.access = card_access;
	touched = 0;
	quirk_card_start(card, &options);
}

static void the_mirror_shows_the_guests_addresses(void **state)
{
	struct quirk_card card;

	open_card(&card, false);
	assert_int_equal(quirk_load(&card, 2, 0x4000, 4), 0x67791002);
	assert_int_equal(quirk_load(&card, 2, 0x4010, 4), GUEST_BAR(0));
	assert_int_equal(quirk_load(&card, 2, 0x4011, 2), (GUEST_BAR(0) >> 8) & 0xffff);
	assert_int_equal(touched, 3);
	quirk_store(&card, 2, 0x4010, 4, 0xd0000000);
	assert_int_equal(sim_read(&card.vp, PCI_BASE_ADDRESS_0, 4), 0xd0000000);
	/* Beside it, in the same page, the card's registers. */
	put_le32(card.sim.regions[2].mem + 0x4100, 0x1234);
	assert_int_equal(quirk_load(&card, 2, 0x4100, 4), 0x1234);
	quirk_store(&card, 2, 0x4ffc, 4, 0x5678);
	assert_int_equal(get_le32(card.sim.regions[2].mem + 0x4ffc), 0x5678);
	quirk_card_close(&card);
}

static void only_its_page_is_trapped(void **state)
{
	struct quirk_card card;

	open_card(&card, false);
	assert_true(quirk_mapped(&card, 2, 0x3fff));
	assert_false(quirk_mapped(&card, 2, 0x4000));
	assert_false(quirk_mapped(&card, 2, 0x4fff));
	assert_true(quirk_mapped(&card, 2, 0x5000));
	assert_true(quirk_mapped(&card, 0, 0x4000));
	quirk_card_close(&card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct quirk_card card;

	open_card(&card, true);
	assert_int_equal(quirk_load(&card, 2, 0x4010, 4), HOST_BAR(0));
	quirk_card_close(&card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mirror_shows_the_guests_addresses),
		cmocka_unit_test(only_its_page_is_trapped),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
