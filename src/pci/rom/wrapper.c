// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Skips what may precede the first image. A device's ROM BAR and `romfile` need the images at 0;
 * dumps of the flash chip begin with the vendor's own data.
 */
#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

#define NVGI_SIGNATURE 0x4947564eu /* "NVGI" */
#define NVGI_BLANK     0xffff564eu /* "NV", FF, FF */
#define NVGI_DIRECTORY 0x44524652u /* "RFRD" */
#define NVGI_FIXED1    4           /* 15:8 version, 30:16 size of the fixed part */
#define NVGI_FIXED2    8           /* 19:0 size of all data (version 3) */
#define NVGI_STATUS    4096        /* bytes of flash status before the directory */

/* The first image may also be an ISA ROM, which has a size and a checksum but no data structure. */
static bool first_image_at(const struct rom *rom, u32 offset)
{
	struct rom_image image;

	return rom_image_at(rom, offset) || rom_image_read_isa(rom, offset, &image);
}

/* The offset of the images by the NVGI header, 0 if it gives none. */
static u32 nvgi_base(const struct rom *rom, unsigned version)
{
	u32 fixed1 = rom_u32(rom, NVGI_FIXED1);
	u32 fixed2 = rom_u32(rom, NVGI_FIXED2);
	u64 directory;

	switch (version) {
	case 1:
	case 2:
		return rom_u32(rom, ((fixed1 >> 16) & 0x7fff) + 4);
	case 3:
		directory = (u64)rom_u32(rom, fixed2 & 0xfffff) + NVGI_STATUS;
		if (rom_u32(rom, directory) != NVGI_DIRECTORY)
			return 0;
		return rom_u32(rom, directory + 8);
	}
	return 0;
}

static bool unwrap_nvgi(struct rom *rom)
{
	u32 base;

	rom->wrapper = ROM_WRAPPER_NVGI;
	rom->nvgi_version = (rom_u32(rom, NVGI_FIXED1) >> 8) & 0xff;
	base = nvgi_base(rom, rom->nvgi_version);
	if (base && rom_image_at(rom, base)) {
		rom->base = base;
		return true;
	}
	rom_report(rom, ROM_PROBLEM, "nvgi-base", -1, 0,
		"the NVGI header (version %u) does not lead to an image; scanning instead",
		rom->nvgi_version);
	return false;
}

u32 rom_scan(const struct rom *rom, u32 from, u32 step)
{
	for (u64 at = from; at + ROM_HDR_SIZE <= rom->size; at += step)
		if (at && rom_image_at(rom, at))
			return at;
	return 0;
}

static bool unwrap_by_scan(struct rom *rom)
{
	u32 base = rom_scan(rom, ROM_BLOCK, ROM_BLOCK);

	if (!base)
		base = rom_scan(rom, 1, 1);
	if (!base)
		return false;
	rom->base = base;
	rom->scanned = true;
	if (rom->wrapper == ROM_WRAPPER_NONE)
		rom->wrapper = ROM_WRAPPER_UNKNOWN;
	return true;
}

/* Reports the usual kinds of dump that contain nothing. */
static void report_nothing(struct rom *rom)
{
	if (!rom->size)
		rom_report(rom, ROM_PROBLEM, "empty", -1, 0, "the file is empty");
	else if (rom_filled(rom, 0, rom->size, 0xff))
		rom_report(rom, ROM_PROBLEM, "all-ff", -1, 0,
			"every byte is FF: the device did not answer when this was read (asleep, "
			"memory decoding off, or no ROM fitted)");
	else if (rom_filled(rom, 0, rom->size, 0))
		rom_report(rom, ROM_PROBLEM, "all-zero", -1, 0,
			"every byte is 00: this was not read from a ROM");
	else if (rom_u32(rom, 0) == NVGI_BLANK)
		rom_report(rom, ROM_PROBLEM, "blank-nvidia", -1, 0,
			"the file starts with NV and FFs: a failed read of an NVIDIA flash chip");
	else
		rom_report(rom, ROM_PROBLEM, "no-image", -1, 0,
			"no image starts anywhere: no 55 AA that leads to a PCI data structure");
}

bool rom_unwrap(struct rom *rom)
{
	/* A ROM signature with a damaged data structure is not a wrapper; the walk reports it. */
	if (first_image_at(rom, 0) || rom_u16(rom, 0) == ROM_SIG_PCI)
		return true;
	if (rom_u32(rom, 0) == NVGI_SIGNATURE && unwrap_nvgi(rom))
		return true;
	if (unwrap_by_scan(rom))
		return true;
	report_nothing(rom);
	return false;
}
