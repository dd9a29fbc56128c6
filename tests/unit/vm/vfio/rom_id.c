// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_card.h"
#include "pci/rom/rom.h"
#include "rom_builder.h"

#define GUEST_ROM 0xe0000000u
#define SIZE      (16 * KIB)
#define BIOS(ven, dev, ...)                                                      \
	{                                                                        \
		.vendor = (ven), .device = (dev), .class = 0x030000, __VA_ARGS__ \
	}
#define EFI(ven, dev, ...) BIOS(ven, dev, .code = 3, __VA_ARGS__)

/* What SeaBIOS asks of an image: the card's ids and a sum of 0. */
static bool seabios_runs(const struct rom_image *image)
{
	return image->vendor == 0x1002 && image->device == 0x6779 && image->has_sum && !image->sum;
}

static void open_card(
	struct quirk_card *card, const struct make_image *images, unsigned nr, bool quirks_off)
{
	struct vfio_options options = { .quirks_off = quirks_off };
	u32 at = 0;

	quirk_card_init(card, 0x1002, 0x6779);
	sim_add_rom(&card->sim, SIZE);
	memset(card->sim.regions[VFIO_PCI_ROM_REGION_INDEX].mem, 0xff, SIZE);
	for (unsigned i = 0; i < nr; i++)
		at = make_image(card->sim.regions[VFIO_PCI_ROM_REGION_INDEX].mem, at, &images[i]);
	quirk_card_start(card, &options);
	sim_write(&card->vp, PCI_ROM_ADDRESS, 4, GUEST_ROM | PCI_ROM_ADDRESS_ENABLE);
}

/* As firmware copies it. */
static void read_rom(struct quirk_card *card, struct rom *rom, u8 *bytes)
{
	put_le32(bytes, (u32)bus_read(&card->machine.mmio, GUEST_ROM, 4));
	memcpy(bytes, card->vp.rom.bytes, SIZE);
	rom_parse(rom, bytes, SIZE);
}

static void the_copy_gets_the_cards_id(void **state)
{
	static const struct {
		struct make_image images[2];
		unsigned nr;
		bool quirks_off, runs, changed;
	} cases[] = {
		{ { BIOS(0x1002, 0x6779, .last = true) }, 1, false, true, false },
		{ { BIOS(0x1002, 0x6778, .last = true) }, 1, false, true, true },
		{ { BIOS(0x1002, 0x6778), EFI(0x1002, 0x6778, .last = true) }, 2, false, true,
			true },
		{ { BIOS(0x1002, 0x6778, .last = true) }, 1, true, false, false },
		{ { BIOS(0x10de, 0x6778, .last = true) }, 1, false, false, false },
		{ { EFI(0x1002, 0x6778), BIOS(0x1002, 0x6778, .last = true) }, 2, false, false,
			false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rom *rom = calloc(1, sizeof(*rom));
		u8 *bytes = calloc(1, SIZE);
		struct quirk_card card;
		const u8 *own;

		open_card(&card, cases[i].images, cases[i].nr, cases[i].quirks_off);
		own = card.sim.regions[VFIO_PCI_ROM_REGION_INDEX].mem;
		read_rom(&card, rom, bytes);
		assert_int_equal(seabios_runs(&rom->images[0]), cases[i].runs);
		assert_int_equal(!!memcmp(bytes, own, SIZE), cases[i].changed);
		/* An EFI image is as it was. */
		if (cases[i].nr == 2 && cases[i].changed)
			assert_memory_equal(bytes + rom->images[1].offset,
				own + rom->images[1].offset, rom->images[1].length);
		quirk_card_close(&card);
		free(bytes);
		free(rom);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_copy_gets_the_cards_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
