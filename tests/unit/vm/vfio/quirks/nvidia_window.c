// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

struct window_card {
	struct quirk_card card;
	u32 regs[4]; /* master, enable, address, and what the data register holds else */
};

/* With both switches on, the data register is the config space from 1800h and 88000h on. */
static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	struct window_card *w = sim->card;
	u32 at = w->regs[2] + (u32)(offset & 3);
	u8 *target = (u8 *)w->regs + offset;

	if (region != 5 || offset >= 16)
		return false;
	if (offset >= 12 && w->regs[0] & w->regs[1] & 1) {
		if (at >= 0x1800 && at < 0x1900)
			target = sim->config + (at - 0x1800);
		else if (at >= 0x88000 && at < 0x89000)
			target = sim->config + (at - 0x88000);
	}
	memcpy(write ? target : bytes, write ? bytes : target, size);
	return true;
}

static void open_card(struct window_card *w, bool quirks_off)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .quirks_off = quirks_off };

	memset(w, 0, sizeof(*w));
	quirk_card_init(&w->card, 0x10de, 0x1234);
	quirk_card_bar(&w->card, 1, 64 * KIB, 0);
	quirk_card_bar(&w->card, 5, 128, PCI_BASE_ADDRESS_SPACE_IO);
	w->card.sim.access = card_access;
	w->card.sim.card = w;
	quirk_card_start(&w->card, &options);
	quirk_store(&w->card, 5, 0, 4, 1);
	quirk_store(&w->card, 5, 4, 4, 1);
}

static u32 read_window(struct window_card *w, u32 address)
{
	quirk_store(&w->card, 5, 8, 4, address);
	return quirk_load(&w->card, 5, 12, 4);
}

static void config_space_is_the_guests(void **state)
{
	struct window_card w;

	open_card(&w, false);
	assert_int_equal(read_window(&w, 0x1814), GUEST_BAR(1));
	assert_int_equal(read_window(&w, 0x88014), GUEST_BAR(1));
	quirk_store(&w.card, 5, 12, 4, 0xd0000000);
	assert_int_equal(sim_read(&w.card.vp, PCI_BASE_ADDRESS_1, 4), 0xd0000000);
	assert_int_equal(get_le32(w.card.sim.config + PCI_BASE_ADDRESS_1), HOST_BAR(1));
	quirk_card_close(&w.card);
}

static void both_switches_turn_it_on(void **state)
{
	static const struct {
		u8 master, enable;
	} off[] = { { 0, 1 }, { 1, 0 }, { 2, 1 }, { 0xfe, 0xff } };
	struct window_card w;

	open_card(&w, false);
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		quirk_store(&w.card, 5, 0, 4, off[i].master);
		quirk_store(&w.card, 5, 4, 4, off[i].enable);
		quirk_store(&w.card, 5, 8, 4, 0x1814);
		quirk_store(&w.card, 5, 12, 4, 0x100 + i);
		assert_int_equal(w.regs[3], 0x100 + i);
		assert_int_equal(quirk_load(&w.card, 5, 12, 4), 0x100 + i);
	}
	assert_int_equal(sim_read(&w.card.vp, PCI_BASE_ADDRESS_1, 4), GUEST_BAR(1));
	quirk_card_close(&w.card);
}

static void a_reset_turns_it_off(void **state)
{
	struct window_card w;

	open_card(&w, false);
	quirk_store(&w.card, 5, 8, 4, 0x1814);
	pci_dev_reset(&w.card.vp.pci);
	vfio_pci_resume(&w.card.vp);
	memset(w.regs, 0, sizeof(w.regs));
	sim_write(&w.card.vp, PCI_BASE_ADDRESS_5, 4, GUEST_PORTS(5));
	sim_write(&w.card.vp, PCI_COMMAND, 2, PCI_COMMAND_IO);
	w.regs[3] = 0x77;
	assert_int_equal(quirk_load(&w.card, 5, 12, 4), 0x77);
	quirk_card_close(&w.card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct window_card w;

	open_card(&w, true);
	assert_int_equal(read_window(&w, 0x1814), HOST_BAR(1));
	quirk_card_close(&w.card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_space_is_the_guests),
		cmocka_unit_test(both_switches_turn_it_on),
		cmocka_unit_test(a_reset_turns_it_off),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
