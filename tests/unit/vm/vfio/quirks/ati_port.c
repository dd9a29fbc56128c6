// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

/* Port 3C3h is the second byte of BAR 4, in the card's own opinion. */
static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	if (region != VFIO_PCI_VGA_REGION_INDEX)
		return false;
	for (size_t i = 0; i < size; i++)
		if (offset + i == 0x3c3 && !write)
			bytes[i] = sim->config[PCI_BASE_ADDRESS_4 + 1];
		else if (offset + i == 0x3c3)
			fail_msg("the guest's write reached the card");
		else if (!write)
			bytes[i] = 0x11;
	return true;
}

static void open_card(struct quirk_card *card, bool quirks_off)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .quirks_off = quirks_off };

	quirk_card_init(card, 0x1002, 0x6779);
	quirk_card_bar(card, 4, 256, PCI_BASE_ADDRESS_SPACE_IO);
	card->sim.access = card_access;
	quirk_card_start(card, &options);
}

static void the_port_tells_the_guests_address(void **state)
{
	struct quirk_card card;

	open_card(&card, false);
	assert_int_equal(quirk_in(&card, 0x3c3, 1), GUEST_PORTS(4) >> 8);
	quirk_out(&card, 0x3c3, 1, 0x77);
	assert_int_equal(quirk_in(&card, 0x3c3, 1), GUEST_PORTS(4) >> 8);
	/* A wider access has the card's other ports, too. */
	assert_int_equal(quirk_in(&card, 0x3c2, 2), 0x11 | (GUEST_PORTS(4) & 0xff00));
	sim_write(&card.vp, PCI_BASE_ADDRESS_4, 4, 0xd200);
	assert_int_equal(quirk_in(&card, 0x3c3, 1), 0xd2);
	quirk_card_close(&card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct quirk_card card;

	open_card(&card, true);
	assert_int_equal(quirk_in(&card, 0x3c3, 1), HOST_PORTS(4) >> 8);
	quirk_card_close(&card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_tells_the_guests_address),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
