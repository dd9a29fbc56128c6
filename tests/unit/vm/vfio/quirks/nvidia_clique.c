// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "fake_card.h"

/* The list of capabilities as a driver walks it: the offset of the last. */
static u8 last_capability(struct quirk_card *card)
{
	u8 at = (u8)sim_read(&card->vp, PCI_CAPABILITY_LIST, 1), next;

	while ((next = (u8)sim_read(&card->vp, at + 1, 1)))
		at = next;
	return at;
}

static void the_driver_finds_its_clique(void **state)
{
	static const struct {
		u8 taken; /* by a capability of the card's; 0: none */
		u8 found;
	} cases[] = { { 0, 0xc8 }, { 0x60, 0xc8 }, { 0xc8, 0xd4 }, { 0xcc, 0xd4 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_options options = { .clique = 5 + 1 };
		struct quirk_card card;

		quirk_card_init(&card, 0x10de, 0x20b0);
		sim_put(&card.sim, PCI_CLASS_REVISION, 4, 0x030200a1);
		if (cases[i].taken)
			sim_add_cap(&card.sim, PCI_CAP_ID_SSVID, cases[i].taken);
		/* What the hardware has there is not shown. */
		sim_put(&card.sim, cases[i].found + 4u, 4, 0xdeadbeef);
		quirk_card_start(&card, &options);
		assert_true(sim_read(&card.vp, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
		assert_int_equal(last_capability(&card), cases[i].found);
		assert_int_equal(sim_read(&card.vp, cases[i].found, 4), 0x50080009);
		assert_int_equal(sim_read(&card.vp, cases[i].found + 4, 4), 0x00285032);
		sim_write(&card.vp, cases[i].found + 4, 4, 0);
		assert_int_equal(sim_read(&card.vp, cases[i].found + 4, 4), 0x00285032);
		assert_int_equal(card.sim.config_writes[cases[i].found + 4], 0);
		quirk_card_close(&card);
	}
}

static int open_error(u16 vendor, u32 class, bool quirks_off, const u8 *taken)
{
	struct vfio_options options = { .clique = 1, .quirks_off = quirks_off };
	struct quirk_card card;
	struct err err = { 0 };
	int ret;

	quirk_card_init(&card, vendor, 0x20b0);
	sim_put(&card.sim, PCI_CLASS_REVISION, 4, class);
	for (; taken && *taken; taken++)
		sim_add_cap(&card.sim, PCI_CAP_ID_SSVID, *taken);
	sim_machine_open(&card.machine);
	ret = vfio_pci_open(&card.vp, (struct pci_addr){ .bus = 1 }, &card.sim.dev, &options,
		&card.machine.watcher, &err);
	if (!ret)
		ret = vfio_pci_attach(&card.vp, &card.machine.behind, 0, false, &err);
	quirk_card_close(&card);
	return ret;
}

static void what_cannot_have_one_is_refused(void **state)
{
	static const u8 both[] = { 0xc8, 0xd4, 0 };

	assert_int_equal(open_error(0x10de, 0x030000a1, false, NULL), 0);
	assert_int_equal(open_error(0x1002, 0x030000a1, false, NULL), -EINVAL);
	assert_int_equal(open_error(0x10de, 0x040300a1, false, NULL), -EINVAL);
	assert_int_equal(open_error(0x10de, 0x030000a1, true, NULL), -EINVAL);
	assert_int_equal(open_error(0x10de, 0x030000a1, false, both), -ENOSPC);
}

static void none_is_told_unasked(void **state)
{
	struct quirk_card card;

	quirk_card_init(&card, 0x10de, 0x20b0);
	quirk_card_start(&card, NULL);
	assert_int_equal(sim_read(&card.vp, PCI_CAPABILITY_LIST, 1), 0);
	quirk_card_close(&card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_driver_finds_its_clique),
		cmocka_unit_test(what_cannot_have_one_is_refused),
		cmocka_unit_test(none_is_told_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
