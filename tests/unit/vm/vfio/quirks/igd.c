// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"

#define OPREGION VFIO_PCI_NUM_REGIONS /* the first that is device-specific */

static void add_opregion(struct quirk_card *card, const char *signature, u64 size)
{
	struct sim_region *region = &card->sim.regions[OPREGION];
	u64 pages = round_up(size, 4096);

	sim_add_region(&card->sim, OPREGION, pages);
	region->info.size = size;
	region->info.type = BIT(31) | 0x8086; /* regions of a vendor's, this vendor's */
	region->info.subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION;
	memcpy(region->mem, signature, strlen(signature));
	region->mem[4096] = 0x5a;
}

/* With what the host's firmware has set, which is of no use to a guest. */
static void open_card(struct quirk_card *card, u16 device, u16 ggc, const char *signature)
{
	struct vfio_options options = { .vga = VFIO_VGA_ON };

	quirk_card_init(card, 0x8086, device);
	quirk_card_bar(card, 0, 16 * MIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
	sim_put(&card->sim, 0x50, 2, ggc);
	sim_put(&card->sim, 0x5c, 4, 0x7b800001);
	sim_put(&card->sim, 0xc0, 4, 0x7c000001);
	sim_put(&card->sim, 0xfc, 4, 0x78e1b018);
	card->addr.dev = 2;
	if (signature)
		add_opregion(card, signature, 8192);
	quirk_card_start(card, &options);
}

static const struct vfio_file *find_file(const struct quirk_card *card, const char *name)
{
	for (unsigned i = 0; i < card->vp.nr_files; i++)
		if (!strcmp(card->vp.files[i].name, name))
			return &card->vp.files[i];
	return NULL;
}

static void firmware_finds_a_copy_of_the_opregion(void **state)
{
	const struct vfio_file *file;
	struct quirk_card card;

	open_card(&card, 0x5912, 0x01c1, "IntelGraphicsMem");
	file = find_file(&card, "etc/igd-opregion");
	assert_non_null(file);
	assert_int_equal(file->size, 8192);
	assert_memory_equal(file->bytes, "IntelGraphicsMem", 16);
	assert_int_equal(((const u8 *)file->bytes)[4096], 0x5a);
	/* And says where it put it. */
	assert_int_equal(sim_read(&card.vp, 0xfc, 4), 0);
	sim_write(&card.vp, 0xfc, 4, 0x7ffe0000);
	assert_int_equal(sim_read(&card.vp, 0xfc, 4), 0x7ffe0000);
	assert_int_equal(get_le32(card.sim.config + 0xfc), 0x78e1b018);
	quirk_card_close(&card);
}

static void none_without_a_sound_one(void **state)
{
	static const char *const signatures[] = { NULL, "IntelGraphicsXXX" };

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		struct quirk_card card;

		open_card(&card, 0x5912, 0x01c1, signatures[i]);
		assert_null(find_file(&card, "etc/igd-opregion"));
		assert_non_null(find_file(&card, "etc/igd-bdsm-size"));
		quirk_card_close(&card);
	}
}

static void stolen_memory_is_the_guests(void **state)
{
	static const struct {
		u16 device, ggc, bdsm;
		u64 mib; /* of the memory and of its table */
	} cases[] = {
		{ 0x0112, 0x0211, 0x5c, 2 * 32 + 2 }, /* Sandy Bridge */
		{ 0x0412, 0x0108, 0x5c, 1 * 32 + 1 }, /* Haswell */
		{ 0x1616, 0x02c0, 0x5c, 2 * 32 + 8 }, /* Broadwell */
		{ 0x5912, 0x01c1, 0x5c, 1 * 32 + 8 }, /* Kaby Lake */
		{ 0x3e92, 0xf1c0, 0x5c, 2 * 4 + 8 },  /* Coffee Lake, in steps of 4 MiB */
		{ 0x9a49, 0x0200, 0xc0, 2 * 32 },     /* Tiger Lake */
		{ 0xa780, 0x02c0, 0xc0, 2 * 32 + 8 }, /* Raptor Lake */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct quirk_card card;
		const struct vfio_file *file;

		open_card(&card, cases[i].device, cases[i].ggc, "IntelGraphicsMem");
		file = find_file(&card, "etc/igd-bdsm-size");
		assert_non_null(file);
		assert_int_equal(file->size, 8);
		assert_int_equal(get_le64(file->bytes), cases[i].mib * MIB);
		assert_int_equal(sim_read(&card.vp, 0x50, 2), cases[i].ggc);
		assert_int_equal(sim_read(&card.vp, cases[i].bdsm, 4), 0);
		sim_write(&card.vp, cases[i].bdsm, 4, 0x7a000000);
		assert_int_equal(sim_read(&card.vp, cases[i].bdsm, 4), 0x7a000000);
		assert_int_equal(card.sim.config_writes[cases[i].bdsm], 0);
		quirk_card_close(&card);
	}
}

static void bar_0_mirrors_the_guests_registers(void **state)
{
	struct quirk_card card;

	open_card(&card, 0x9a49, 0x0240, "IntelGraphicsMem");
	sim_write(&card.vp, 0xc0, 4, 0x7a000000);
	sim_write(&card.vp, 0xc4, 4, 1);
	put_le32(card.sim.regions[0].mem + 0x1080c0, 0x7c000001);
	put_le32(card.sim.regions[0].mem + 0x108044, 0x1234);
	assert_int_equal(quirk_load(&card, 0, 0x1080c0, 4), 0x7a000000);
	assert_int_equal(bus_read(&card.machine.mmio, GUEST_BAR(0) + 0x1080c0, 8), 0x17a000000);
	assert_int_equal(quirk_load(&card, 0, 0x108040, 2), 0x0240);
	assert_int_equal(quirk_load(&card, 0, 0x108044, 4), 0x1234);
	assert_true(quirk_mapped(&card, 0, 0x107fff));
	assert_false(quirk_mapped(&card, 0, 0x108000));
	assert_true(quirk_mapped(&card, 0, 0x109000));
	quirk_card_close(&card);
	/* Older ones have none. */
	open_card(&card, 0x5912, 0x01c1, "IntelGraphicsMem");
	assert_true(quirk_mapped(&card, 0, 0x108000));
	quirk_card_close(&card);
}

/* Found by fuzzing: what was written there led a capability list astray. */
static void a_capability_in_their_place_stays(void **state)
{
	static const u8 places[] = { 0x50, 0x5c, 0xfc };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct quirk_card card;

		quirk_card_init(&card, 0x8086, 0x5912);
		quirk_card_bar(&card, 0, 16 * MIB, PCI_BASE_ADDRESS_MEM_TYPE_64);
		sim_add_cap(&card.sim, PCI_CAP_ID_VNDR, places[i]);
		add_opregion(&card, "IntelGraphicsMem", 8192);
		quirk_card_start(&card, &(struct vfio_options){ .vga = VFIO_VGA_ON });
		assert_int_equal(sim_read(&card.vp, PCI_CAPABILITY_LIST, 1), places[i]);
		assert_int_equal(sim_read(&card.vp, places[i], 2), PCI_CAP_ID_VNDR);
		assert_int_equal(card.vp.nr_files, 0);
		quirk_card_close(&card);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firmware_finds_a_copy_of_the_opregion),
		cmocka_unit_test(none_without_a_sound_one),
		cmocka_unit_test(stolen_memory_is_the_guests),
		cmocka_unit_test(bar_0_mirrors_the_guests_registers),
		cmocka_unit_test(a_capability_in_their_place_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
