// SPDX-License-Identifier: GPL-2.0-or-later
/* Files with several ROMs: VFCT, firmware volumes, files put together; and ROMs joined out of them.
 */
#include "fuzz.h"

#include "base/own.h"
#include "pci/rom/join.h"
#include "pci/rom/set.h"

static void check_entry(const struct rom_entry *entry, const u8 *data, size_t size)
{
	CLAIM(entry->offset <= entry->end && entry->end <= entry->size);
	CLAIM(entry->decompressed || (entry->bytes == data && entry->size <= size));
}

static void join(const struct rom *rom)
{
	static const struct rom_target target = { 0x10de, 0x1280, 0x030000 };
	const struct rom *const roms[] = { rom, rom };
	own_free struct rom_fixed *fixed = malloc(sizeof(*fixed));
	own_free struct rom *after = malloc(sizeof(*after));
	struct rom_made made;
	struct err err = { 0 };

	if (rom_join(roms, 2, &target, &made, fixed, &err)) {
		CLAIM(err.text[0]);
		return;
	}
	CLAIM(made.size && made.size % ROM_BLOCK == 0);
	rom_parse(after, made.bytes, made.size);
	CLAIM(after->nr_images);
	free(made.bytes);
}

static void wrap(const u8 *data, size_t size)
{
	static const struct rom_target target = { 0x10de, 0x1280, 0x030000 };
	struct rom_verdict verdict;
	struct rom_made made;
	struct err err = { 0 };
	own_free struct rom *rom = malloc(sizeof(*rom));

	if (rom_wrap(data, size, &target, size & 1, &made, &err))
		return;
	rom_parse(rom, made.bytes, made.size);
	CLAIM(rom->nr_images == 1 && rom->images[0].last && rom->images[0].efi.driver.loads);
	rom_verdict_efi(rom, rom->images[0].efi.machine, &verdict);
	free(made.bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	own_free struct rom_set *set = malloc(sizeof(*set));
	own_free struct rom *rom = malloc(sizeof(*rom));

	rom_set_read(set, data, size);
	for (unsigned i = 0; i < set->nr_entries; i++) {
		check_entry(&set->entries[i], data, size);
		rom_set_parse(set, i, rom);
		CLAIM(rom->nr_images || rom->nr_problems);
		join(rom);
	}
	rom_set_close(set);
	wrap(data, size);
	return 0;
}
