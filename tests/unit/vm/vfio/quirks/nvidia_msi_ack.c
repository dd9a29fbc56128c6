// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "fake_card.h"

static void open_card(struct quirk_card *card, int error, const struct vfio_options *options)
{
	quirk_card_init(card, 0x10de, 0x1c82);
	quirk_card_bar(card, 0, 16 * MIB, 0);
	card->sim.ioeventfd_error = error;
	card->sim.io.eventfd = -2;
	quirk_card_start(card, options);
}

static void the_kernel_makes_the_write(void **state)
{
	struct quirk_card card;

	open_card(&card, 0, NULL);
	assert_int_equal(card.sim.io.region, 0);
	assert_int_equal(card.sim.io.offset, 0x88704);
	assert_int_equal(card.sim.io.size, 4);
	assert_int_equal(card.sim.io.value, 0);
	assert_true(card.sim.io.eventfd >= 0);
	/* For as long as the BAR is decoded. */
	sim_write(&card.vp, PCI_COMMAND, 2, 0);
	assert_int_equal(card.sim.io.eventfd, -1);
	sim_write(&card.vp, PCI_BASE_ADDRESS_0, 4, 0xd0000000);
	assert_int_equal(card.sim.io.eventfd, -1);
	sim_write(&card.vp, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(card.sim.io.eventfd >= 0);
	pci_bus_reset(&card.machine.host.root);
	assert_int_equal(card.sim.io.eventfd, -1);
	quirk_card_close(&card);
}

static void it_ends_with_the_function(void **state)
{
	struct quirk_card card;

	open_card(&card, 0, NULL);
	vfio_pci_close(&card.vp);
	assert_int_equal(card.sim.io.eventfd, -1);
	quirk_card_close(&card);
}

/* An exit each then, and the write all the same. */
static void a_kernel_without_it_is_fine(void **state)
{
	struct quirk_card card;

	open_card(&card, ENOTTY, NULL);
	quirk_store(&card, 0, 0x88704, 4, 0);
	assert_int_equal(card.sim.config_writes[0x704], 1);
	quirk_card_close(&card);
}

static void not_where_all_is_trapped_or_quirks_are_off(void **state)
{
	struct quirk_card card;

	for (unsigned i = 0; i < 2; i++) {
		open_card(&card, 0,
			&(struct vfio_options){ .mmap_off = i == 0, .quirks_off = i == 1 });
		assert_int_equal(card.sim.io.eventfd, -2);
		quirk_card_close(&card);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_makes_the_write),
		cmocka_unit_test(it_ends_with_the_function),
		cmocka_unit_test(a_kernel_without_it_is_fine),
		cmocka_unit_test(not_where_all_is_trapped_or_quirks_are_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
