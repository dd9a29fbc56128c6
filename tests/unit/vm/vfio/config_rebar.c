// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

#define REBAR 0x200

/* BAR 0 and BAR 2 resizable: the sizes that it can have and has, as bits and numbers. */
static void add_rebar(struct quirk_card *card, u32 sizes0, unsigned now0, u32 sizes2, unsigned now2)
{
	sim_add_exp(&card->sim, 0x40, PCI_EXP_TYPE_ENDPOINT, 0);
	sim_add_ext_cap(&card->sim, PCI_EXT_CAP_ID_VNDR, 1, 0x100);
	sim_add_ext_cap(&card->sim, PCI_EXT_CAP_ID_REBAR, 1, REBAR);
	sim_put(&card->sim, REBAR + 4, 4, sizes0 << 4);
	sim_put(&card->sim, REBAR + 8, 4, 2u << 5 | now0 << 8);
	sim_put(&card->sim, REBAR + 12, 4, sizes2 << 4);
	sim_put(&card->sim, REBAR + 16, 4, 2 | now2 << 8);
	sim_add_ext_cap(&card->sim, PCI_EXT_CAP_ID_DSN, 1, 0x300);
}

static void the_size_that_is_is_the_only_one(void **state)
{
	struct quirk_card card;

	quirk_card_init(&card, 0x1002, 0x73bf);
	/* 256 MiB of 256 MiB to 16 GiB; 2 MiB of 2 to 256 MiB. */
	add_rebar(&card, 0x7f00, 8, 0x1fe, 1);
	quirk_card_start(&card, NULL);
	assert_int_equal(sim_read(&card.vp, 0x100, 4), PCI_EXT_CAP_ID_VNDR | 1 << 16 | REBAR << 20);
	assert_int_equal(
		sim_read(&card.vp, REBAR, 4), PCI_EXT_CAP_ID_REBAR | 1 << 16 | 0x300 << 20);
	assert_int_equal(sim_read(&card.vp, REBAR + 4, 4), BIT(12));
	assert_int_equal(sim_read(&card.vp, REBAR + 8, 4), 2 << 5 | 8 << 8);
	assert_int_equal(sim_read(&card.vp, REBAR + 12, 4), BIT(5));
	assert_int_equal(sim_read(&card.vp, REBAR + 16, 4), 2 | 1 << 8);
	/* No resizing. */
	sim_write(&card.vp, REBAR + 8, 4, 2 << 5 | 14 << 8);
	assert_int_equal(sim_read(&card.vp, REBAR + 8, 4), 2 << 5 | 8 << 8);
	assert_int_equal(card.sim.config_writes[REBAR + 9], 0);
	quirk_card_close(&card);
}

static void hidden_where_it_makes_no_sense(void **state)
{
	static const struct {
		u32 sizes;
		unsigned now, count;
		bool quirks_off;
	} cases[] = {
		{ 0x7f00, 7, 1, false }, /* a size that it does not list */
		{ 0xfffffff, 30, 1, false },
		{ 0x7f00, 8, 0, false },
		{ 0x7f00, 8, 7, false },
		{ 0x7f00, 8, 1, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_options options = { .quirks_off = cases[i].quirks_off };
		struct quirk_card card;

		quirk_card_init(&card, 0x1002, 0x73bf);
		add_rebar(&card, cases[i].sizes, cases[i].now, 0, 0);
		sim_put(&card.sim, REBAR + 8, 4, cases[i].count << 5 | cases[i].now << 8);
		quirk_card_start(&card, &options);
		assert_int_equal(sim_read(&card.vp, 0x100, 4) >> 20, 0x300);
		assert_int_equal(sim_read(&card.vp, REBAR, 4), 0);
		assert_int_equal(sim_read(&card.vp, REBAR + 4, 4), 0);
		quirk_card_close(&card);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_size_that_is_is_the_only_one),
		cmocka_unit_test(hidden_where_it_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
