// SPDX-License-Identifier: GPL-2.0-or-later
/* Option ROMs: reading, judging and correcting them. */
#include "fuzz.h"

#include "base/own.h"
#include "pci/rom/fix.h"
#include "pci/rom/verdict.h"

static void check_images(const struct rom *rom)
{
	CLAIM(rom->base <= rom->size && rom->end <= rom->size);
	CLAIM(rom->nr_images || rom->nr_problems);
	CLAIM(rom_wrapper_name(rom->wrapper));
	for (unsigned i = 0; i < rom->nr_images; i++) {
		const struct rom_image *image = &rom->images[i];

		CLAIM(image->offset < rom->size);
		CLAIM(image->truncated || image->length <= rom->size - image->offset);
		CLAIM(!i || image->offset > rom->images[i - 1].offset);
		CLAIM(image->nr_devices <= ROM_MAX_DEVICES);
		CLAIM(rom_code_name(image->code));
	}
}

static void check_verdicts(const struct rom *rom)
{
	static const struct rom_target target = { 0x10de, 0x1280, 0x030000 };
	struct rom_verdict own, other, efi;

	rom_verdict_bios(rom, NULL, &own);
	rom_verdict_bios(rom, &target, &other);
	rom_verdict_efi(rom, ROM_MACHINE_X64, &efi);
	CLAIM(own.why[0] && other.why[0] && efi.why[0]);
	CLAIM(own.boots == (own.offset >= 0) && efi.boots == (efi.offset >= 0));
}

/* A corrected ROM is one whose BIOS images add up, and correcting it again changes nothing. */
static void check_fix(const struct rom *rom, const struct rom_fix *fix)
{
	own_free u8 *once = malloc(rom->size + 1), *twice = malloc(rom->size + 1);
	own_free struct rom *after = malloc(sizeof(*after));
	struct rom_fixed fixed;
	struct err err;

	if (rom_fix(rom, fix, once, &fixed, &err))
		return;
	CLAIM(fixed.size <= rom->size);
	rom_parse(after, once, fixed.size);
	check_images(after);
	if (rom->scanned || rom->wrapper != ROM_WRAPPER_NONE || fix->set_device)
		return;
	/* Overlapping structures aside, which no real ROM has. */
	for (unsigned i = 0; i < after->nr_images; i++)
		if (after->images[i].init_length > after->images[i].length)
			return;
	if (rom_fix(after, fix, twice, &fixed, &err))
		return;
	CLAIM(fixed.nr_changes == 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct rom_fix fixes[] = {
		{ .unwrap = true, .checksum = true },
		{ .set_vendor = true, .set_device = true, .vendor = 0x1002, .device = 0x73ff },
	};
	own_free struct rom *rom = malloc(sizeof(*rom));

	rom_parse(rom, data, size);
	check_images(rom);
	check_verdicts(rom);
	for (size_t i = 0; i < ARRAY_SIZE(fixes); i++)
		check_fix(rom, &fixes[i]);
	return 0;
}
