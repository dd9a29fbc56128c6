// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

struct window_card {
	struct quirk_card card;
	u32 address;
	u8 registers[0x8000]; /* what the window leads to, but for config space */
	unsigned data_reads, config_writes;
};

/* An address at 0 of BAR 4, data at 4; from 4000h on it is the config space. */
static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	struct window_card *w = sim->card;
	u32 at = w->address + (u32)(offset & 3);
	u8 *target = at >= 0x4000 && at < 0x5000 ? sim->config + (at - 0x4000)
						 : w->registers + at % sizeof(w->registers);

	if (region != 4 || offset >= 8)
		return false;
	if (offset < 4 && write)
		memcpy((u8 *)&w->address + offset, bytes, size);
	else if (offset < 4)
		memcpy(bytes, (u8 *)&w->address + offset, size);
	else if (write)
		memcpy(target, bytes, size);
	else
		memcpy(bytes, target, size);
	w->data_reads += offset >= 4 && !write;
	w->config_writes += offset >= 4 && write && at >= 0x4000 && at < 0x5000;
	return true;
}

static void open_card(struct window_card *w, bool quirks_off)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .quirks_off = quirks_off };

	memset(w, 0, sizeof(*w));
	quirk_card_init(&w->card, 0x1002, 0x6779);
	quirk_card_bar(&w->card, 0, 64 * KIB, 0);
	quirk_card_bar(&w->card, 4, 256, PCI_BASE_ADDRESS_SPACE_IO);
	w->card.sim.access = card_access;
	w->card.sim.card = w;
	quirk_card_start(&w->card, &options);
}

static u32 read_window(struct window_card *w, u32 address, unsigned size)
{
	quirk_store(&w->card, 4, 0, 4, address);
	return quirk_load(&w->card, 4, 4, size);
}

static void config_space_is_the_guests(void **state)
{
	struct window_card w;

	open_card(&w, false);
	assert_int_equal(read_window(&w, 0x4000, 4), 0x67791002);
	assert_int_equal(read_window(&w, 0x4010, 4), GUEST_BAR(0));
	assert_int_equal(read_window(&w, 0x4012, 2), GUEST_BAR(0) >> 16);
	assert_int_equal(quirk_load(&w.card, 4, 5, 1), GUEST_BAR(0) >> 24);
	/* The card saw the reads, and what was asked for. */
	assert_int_equal(w.data_reads, 4);
	assert_int_equal(w.address, 0x4012);
	quirk_card_close(&w.card);
}

static void writes_of_config_space_stay_here(void **state)
{
	struct window_card w;

	open_card(&w, false);
	quirk_store(&w.card, 4, 0, 4, 0x4010);
	quirk_store(&w.card, 4, 4, 4, 0xd0000000);
	assert_int_equal(w.config_writes, 0);
	assert_int_equal(sim_read(&w.card.vp, PCI_BASE_ADDRESS_0, 4), 0xd0000000);
	assert_int_equal(get_le32(w.card.sim.config + PCI_BASE_ADDRESS_0), HOST_BAR(0));
	quirk_card_close(&w.card);
}

static void other_registers_are_the_cards(void **state)
{
	struct window_card w;

	open_card(&w, false);
	quirk_store(&w.card, 4, 0, 4, 0x3ffc);
	quirk_store(&w.card, 4, 4, 4, 0x12345678);
	assert_int_equal(get_le32(w.registers + 0x3ffc), 0x12345678);
	assert_int_equal(read_window(&w, 0x3ffc, 4), 0x12345678);
	assert_int_equal(read_window(&w, 0x5000, 4), 0);
	/* The rest of the BAR, too. */
	quirk_store(&w.card, 4, 8, 4, 0xcafe);
	assert_int_equal(get_le32(w.card.sim.regions[4].mem + 8), 0xcafe);
	quirk_card_close(&w.card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct window_card w;

	open_card(&w, true);
	assert_int_equal(read_window(&w, 0x4010, 4), HOST_BAR(0));
	quirk_card_close(&w.card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_space_is_the_guests),
		cmocka_unit_test(writes_of_config_space_stay_here),
		cmocka_unit_test(other_registers_are_the_cards),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
