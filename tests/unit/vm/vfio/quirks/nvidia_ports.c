// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

#define SELECT 0x338
#define READ   0x538
#define WRITE  0x738

struct ports_card {
	struct quirk_card card;
	unsigned state; /* the last command */
	u32 offset;
	unsigned writes; /* that reached a register */
};

/* What the card does with the sequence; from 1800h on it is config space. */
static bool card_access(struct sim *sim, u32 region, u64 offset, u8 *bytes, size_t size, bool write)
{
	struct ports_card *p = sim->card;

	if (region != VFIO_PCI_VGA_REGION_INDEX || (offset != 0x3d0 && offset != 0x3d4))
		return false;
	if (offset == 0x3d4) {
		if (write && size == 2)
			p->state = get_le16(bytes);
	} else if (write && p->state == SELECT) {
		p->offset = get_le32(bytes);
	} else if (write && p->state == WRITE) {
		p->writes++;
	} else if (!write && p->state == READ && p->offset >= 0x1800 && p->offset < 0x1900) {
		memcpy(bytes, sim->config + (p->offset - 0x1800), size);
	} else if (!write) {
		memset(bytes, 0x11, size);
	}
	return true;
}

static void open_card(struct ports_card *p, bool quirks_off)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON, .quirks_off = quirks_off };

	memset(p, 0, sizeof(*p));
	quirk_card_init(&p->card, 0x10de, 0x1234);
	quirk_card_bar(&p->card, 1, 64 * KIB, 0);
	p->card.sim.access = card_access;
	p->card.sim.card = p;
	quirk_card_start(&p->card, &options);
}

static void select_register(struct ports_card *p, u32 offset, u16 command)
{
	quirk_out(&p->card, 0x3d4, 2, SELECT);
	quirk_out(&p->card, 0x3d0, 4, offset);
	quirk_out(&p->card, 0x3d4, 2, command);
}

static void the_vbios_reads_the_guests_config_space(void **state)
{
	struct ports_card p;

	open_card(&p, false);
	select_register(&p, 0x1800, READ);
	assert_int_equal(quirk_in(&p.card, 0x3d0, 4), 0x123410de);
	select_register(&p, 0x1814, READ);
	assert_int_equal(quirk_in(&p.card, 0x3d0, 4), GUEST_BAR(1));
	select_register(&p, 0x1814, WRITE);
	quirk_out(&p.card, 0x3d0, 4, 0xd0000000);
	assert_int_equal(sim_read(&p.card.vp, PCI_BASE_ADDRESS_1, 4), 0xd0000000);
	assert_int_equal(p.writes, 0);
	quirk_card_close(&p.card);
}

static void other_registers_are_the_cards(void **state)
{
	struct ports_card p;

	open_card(&p, false);
	select_register(&p, 0x1000, READ);
	assert_int_equal(quirk_in(&p.card, 0x3d0, 4), 0x11111111);
	select_register(&p, 0x1900, WRITE);
	quirk_out(&p.card, 0x3d0, 4, 7);
	assert_int_equal(p.writes, 1);
	quirk_card_close(&p.card);
}

/* Each breaks the sequence: the access that follows is the card's. */
static void what_is_out_of_turn_starts_anew(void **state)
{
	struct ports_card p;

	open_card(&p, false);
	for (unsigned i = 0; i < 4; i++) {
		select_register(&p, 0x1814, READ);
		if (i == 0)
			quirk_out(&p.card, 0x3d4, 2, READ);
		else if (i == 1)
			quirk_in(&p.card, 0x3d4, 2);
		else if (i == 2)
			quirk_in(&p.card, 0x3d0, 4);
		else
			quirk_out(&p.card, 0x3d4, 1, 0x11);
		assert_int_equal(quirk_in(&p.card, 0x3d0, 4), HOST_BAR(1));
	}
	quirk_card_close(&p.card);
}

static void without_quirks_it_is_the_hosts(void **state)
{
	struct ports_card p;

	open_card(&p, true);
	select_register(&p, 0x1814, READ);
	assert_int_equal(quirk_in(&p.card, 0x3d0, 4), HOST_BAR(1));
	quirk_card_close(&p.card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vbios_reads_the_guests_config_space),
		cmocka_unit_test(other_registers_are_the_cards),
		cmocka_unit_test(what_is_out_of_turn_starts_anew),
		cmocka_unit_test(without_quirks_it_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
