// SPDX-License-Identifier: GPL-2.0-or-later
#include "rom_builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pci/rom/uefi_compress.h"

void make_sum(u8 *bytes, u32 at, u32 size)
{
	u8 sum = 0;

	for (u32 i = 0; i < size; i++)
		sum += bytes[at + i];
	bytes[at + 6] -= sum;
}

static void make_npde(u8 *npde, const struct make_image *spec)
{
	memcpy(npde, "NPDE", 4);
	put_le16(npde + 4, 0x0101);
	put_le16(npde + 6, spec->npde_size ? spec->npde_size : 11);
	put_le16(npde + 8, spec->npde_blocks);
	npde[10] = spec->npde_last ? 0x80 : 0;
}

static void make_pcir(u8 *image, u16 at, const struct make_image *spec)
{
	u8 *pcir = image + at;
	u16 size = spec->revision >= 3 ? 0x1c : 0x18;

	memcpy(pcir, spec->pcir_signature ? spec->pcir_signature : "PCIR", 4);
	put_le16(pcir + 4, spec->vendor);
	put_le16(pcir + 6, spec->device);
	put_le16(pcir + 0x0a, size);
	pcir[0x0c] = spec->revision;
	put_le(pcir + 0x0d, 3, spec->class);
	put_le16(pcir + 0x10, spec->no_length ? 0 : spec->blocks ? spec->blocks : 2);
	put_le16(pcir + 0x12, 0x0102);
	pcir[0x14] = spec->code;
	pcir[0x15] = spec->last ? 0x80 : 0;
	if (spec->npde_blocks)
		make_npde(image + round_up(at + size, 16), spec);
	if (spec->devices) {
		u16 list = 0x40;

		put_le16(pcir + 8, list);
		for (const u16 *d = spec->devices; *d; d++, list += 2)
			put_le16(pcir + list, *d);
	}
}

/* Writes the least that a loader accepts: headers, and one section of code. */
void make_driver(u8 *bytes, u16 machine, u16 subsystem)
{
	u8 *pe = bytes + 0x40, *optional = pe + 0x18, *section = optional + 0xf0;

	memset(bytes, 0, MAKE_DRIVER_SIZE);
	memcpy(bytes, "MZ", 2);
	put_le32(bytes + 0x3c, 0x40);
	memcpy(pe, "PE", 2);
	put_le16(pe + 4, machine);
	put_le16(pe + 6, 1);
	put_le16(pe + 0x14, 0xf0);
	put_le16(optional, 0x20b);
	put_le32(optional + 0x38, 0x1000);
	put_le32(optional + 0x3c, 0x180);
	put_le16(optional + 0x44, subsystem);
	put_le32(optional + 0x6c, 16);
	put_le32(section + 0x10, MAKE_DRIVER_SIZE - 0x180);
	put_le32(section + 0x14, 0x180);
	memset(bytes + 0x180, 0xc3, MAKE_DRIVER_SIZE - 0x180);
}

static void make_payload(u8 *to, u32 room, const struct make_image *spec)
{
	u16 subsystem = spec->subsystem ? spec->subsystem : 0x0b;
	u8 driver[MAKE_DRIVER_SIZE], *compressed = NULL;
	u32 size = sizeof(driver);

	make_driver(driver, spec->machine ? spec->machine : 0x8664, subsystem);
	if (spec->compression == 1 && !uefi_compress(driver, sizeof(driver), &compressed, &size) &&
		size <= room)
		memcpy(to, compressed, size);
	else if (size <= room)
		memcpy(to, driver, size);
	free(compressed);
}

static void make_efi(u8 *image, u32 size, const struct make_image *spec)
{
	u16 pe = spec->pe_offset ? spec->pe_offset : 0x80;

	if (!spec->no_efi_signature)
		put_le32(image + 4, 0x0ef1);
	put_le16(image + 8, spec->subsystem ? spec->subsystem : 0x0b);
	put_le16(image + 0x0a, spec->machine ? spec->machine : 0x8664);
	put_le16(image + 0x0c, spec->compression);
	put_le16(image + 0x16, pe);
	if (pe < size && !spec->no_driver)
		make_payload(image + pe, size - pe, spec);
}

u32 make_image(u8 *bytes, u32 at, const struct make_image *spec)
{
	u16 blocks = spec->blocks ? spec->blocks : 2;
	u16 init = spec->no_init ? 0 : spec->init_blocks ? spec->init_blocks : blocks;
	u16 pcir = spec->pcir_at ? spec->pcir_at : 0x1c;
	u8 *image = bytes + at;

	memset(image, 0, blocks * 512);
	put_le16(image, spec->signature ? spec->signature : 0xaa55);
	put_le16(image + 0x18, pcir);
	if (pcir + 0x60 <= blocks * 512)
		make_pcir(image, pcir, spec);
	if (spec->code == 3) {
		put_le16(image + 2, init);
		make_efi(image, blocks * 512, spec);
	} else {
		image[2] = init;
	}
	if (spec->code == 0) {
		memcpy(image + 3, "\xe9\x40\x01", 3);
		make_sum(bytes, at, init * 512);
		image[6] += spec->bad_sum;
	}
	return at + blocks * 512;
}

void make_nvgi(u8 *bytes, unsigned version, u32 base)
{
	memcpy(bytes, "NVGI", 4);
	if (version < 3) {
		put_le32(bytes + 4, 0x40 << 16 | version << 8);
		put_le32(bytes + 0x44, base);
		return;
	}
	put_le32(bytes + 4, 0x20 << 16 | version << 8);
	put_le32(bytes + 8, 0x80);
	put_le32(bytes + 0x80, 0x100);
	memcpy(bytes + 0x100 + 4096, "RFRD", 4);
	put_le32(bytes + 0x100 + 4096 + 8, base);
}
