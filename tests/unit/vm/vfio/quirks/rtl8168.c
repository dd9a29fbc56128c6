// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"
#include "fake_irq.h"

#define MSIX     0xb0
#define TABLE    0x00010000u
#define DO_WRITE 0x80000000u
#define DONE     0x80000000u

/* The card's own table, which must stay as the host has it, behind data at 70h and address at 74h.
 */
struct rtl_card {
	struct quirk_card card;
	u32 data, address;
	u8 table[64];
};

static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	struct rtl_card *rtl = sim->card;
	u32 at = rtl->address & 0x3f;

	if (region != 2 || (offset != 0x70 && offset != 0x74))
		return false;
	if (offset == 0x70 && write) {
		rtl->data = get_le32(bytes);
	} else if (offset == 0x70) {
		put_le32(bytes, rtl->data);
	} else if (!write) {
		put_le32(bytes, rtl->address);
	} else {
		rtl->address = get_le32(bytes);
		at = rtl->address & 0x3c;
		if (rtl->address & DO_WRITE)
			put_le32(rtl->table + at, rtl->data);
		else
			rtl->data = get_le32(rtl->table + at);
		rtl->address ^= DO_WRITE;
	}
	return true;
}

static void open_card(struct rtl_card *rtl, bool quirks_off)
{
	struct vfio_options options = { .quirks_off = quirks_off };

	memset(rtl, 0, sizeof(*rtl));
	quirk_card_init(&rtl->card, 0x10ec, 0x8168);
	sim_put(&rtl->card.sim, PCI_CLASS_REVISION, 4, 0x02000015);
	quirk_card_bar(&rtl->card, 2, 256, PCI_BASE_ADDRESS_MEM_TYPE_64);
	quirk_card_bar(&rtl->card, 4, 4 * KIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	sim_add_msix(&rtl->card.sim, MSIX, 4, 4, 4 | 0x800);
	rtl->card.sim.access = card_access;
	rtl->card.sim.card = rtl;
	put_le32(rtl->table, 0xfee0dead);
	quirk_card_start(&rtl->card, &options);
}

/* As its driver does: data, then the address with the write bit, which turns when it is done. */
static void write_table(struct rtl_card *rtl, u32 offset, u32 value)
{
	quirk_store(&rtl->card, 2, 0x70, 4, value);
	quirk_store(&rtl->card, 2, 0x74, 4, TABLE | DO_WRITE | offset);
	assert_false(quirk_load(&rtl->card, 2, 0x74, 4) & DO_WRITE);
}

static u32 read_table(struct rtl_card *rtl, u32 offset)
{
	quirk_store(&rtl->card, 2, 0x74, 4, TABLE | offset);
	assert_true(quirk_load(&rtl->card, 2, 0x74, 4) & DONE);
	return quirk_load(&rtl->card, 2, 0x70, 4);
}

static void the_window_is_to_the_guests_table(void **state)
{
	struct rtl_card rtl;

	open_card(&rtl, false);
	write_table(&rtl, 0, 0xfee01000);
	write_table(&rtl, 8, 0x41);
	write_table(&rtl, 12, 0);
	assert_int_equal(read_table(&rtl, 0), 0xfee01000);
	assert_int_equal(read_table(&rtl, 8), 0x41);
	assert_int_equal(quirk_load(&rtl.card, 4, 0, 4), 0xfee01000);
	assert_int_equal(get_le32(rtl.table), 0xfee0dead);
	/* And the vector works. */
	sim_write(&rtl.card.vp, MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	assert_true(sim_raise(&rtl.card.sim, VFIO_PCI_MSIX_IRQ_INDEX, 0));
	irq_fake_deliver();
	assert_int_equal(irq_fake_delivered(0xfee01000, 0x41), 1);
	quirk_card_close(&rtl.card);
}

static void other_targets_and_sizes_are_the_cards(void **state)
{
	struct rtl_card rtl;

	open_card(&rtl, false);
	quirk_store(&rtl.card, 2, 0x70, 4, 0x1234);
	quirk_store(&rtl.card, 2, 0x74, 4, 0x00020000 | DO_WRITE | 16);
	assert_int_equal(get_le32(rtl.table + 16), 0x1234);
	/* Behind the guest's four entries there is nothing of the guest's. */
	assert_int_equal(quirk_load(&rtl.card, 4, 4 * 16 - 4, 4), 1);
	quirk_store(&rtl.card, 2, 0x74, 4, TABLE | DO_WRITE | 64);
	quirk_store(&rtl.card, 2, 0x74, 4, TABLE | DO_WRITE | 0xfff);
	assert_int_equal(quirk_load(&rtl.card, 4, 4 * 16 - 4, 4), 1);
	quirk_card_close(&rtl.card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct rtl_card rtl;

	open_card(&rtl, true);
	assert_int_equal(read_table(&rtl, 0), 0xfee0dead);
	quirk_card_close(&rtl.card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_is_to_the_guests_table),
		cmocka_unit_test(other_targets_and_sizes_are_the_cards),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
