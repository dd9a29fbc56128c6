// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads one image: its header, its PCI data structure, and NVIDIA's and UEFI's additions. */
#include <string.h>

#include "base/bytes.h"
#include "pci/rom/rom_internal.h"

static bool is_data_signature(u16 image, u32 data)
{
	if (image == ROM_SIG_PCI)
		return data == ROM_SIG_PCIR;
	return data == ROM_SIG_PCIR || data == ROM_SIG_NPDS || data == ROM_SIG_RGIS;
}

bool rom_image_at(const struct rom *rom, u32 offset)
{
	u16 signature, pcir;

	if (!rom_holds(rom, offset, ROM_HDR_SIZE))
		return false;
	signature = rom_u16(rom, offset);
	if (signature != ROM_SIG_PCI && signature != ROM_SIG_NV && signature != ROM_SIG_NV2)
		return false;
	pcir = rom_u16(rom, offset + ROM_HDR_PCIR);
	return pcir && rom_holds(rom, (u64)offset + pcir, PCIR_MIN_SIZE) &&
	       is_data_signature(signature, rom_u32(rom, (u64)offset + pcir));
}

static enum rom_code code_of(u16 signature, u8 byte)
{
	switch (byte) {
	case PCIR_CODE_NBSI:
	case PCIR_CODE_FWSEC:
		return ROM_CODE_NVIDIA;
	}
	if (signature != ROM_SIG_PCI)
		return ROM_CODE_NVIDIA;
	switch (byte) {
	case PCIR_CODE_BIOS:
		return ROM_CODE_BIOS;
	case PCIR_CODE_OF:
		return ROM_CODE_OPENFIRMWARE;
	case PCIR_CODE_HP:
		return ROM_CODE_HP;
	case PCIR_CODE_EFI:
		return ROM_CODE_EFI;
	}
	return ROM_CODE_UNKNOWN;
}

/* The list's offset counts from the structure's start, and the list ends with a zero. */
static void read_devices(const struct rom *rom, struct rom_image *image)
{
	u16 list = rom_u16(rom, image->pcir_offset + PCIR_DEVICE_LIST);
	u64 at = (u64)image->pcir_offset + list;

	if (!list)
		return;
	for (; image->nr_devices < ROM_MAX_DEVICES && rom_holds(rom, at, 2); at += 2) {
		u16 device = rom_u16(rom, at);

		if (!device)
			break;
		image->devices[image->nr_devices++] = device;
	}
}

static void read_revision_3(const struct rom *rom, struct rom_image *image)
{
	u32 pcir = image->pcir_offset;

	if (image->pcir_revision < 3 || image->pcir_size < PCIR_REV3_SIZE)
		return;
	image->runtime_length = rom_u16(rom, pcir + PCIR_RUNTIME_LEN) * ROM_BLOCK;
	image->config_utility = rom_u16(rom, pcir + PCIR_CONFIG_UTIL);
	image->clp_entry = rom_u16(rom, pcir + PCIR_CLP);
	read_devices(rom, image);
}

/* NPDE is at the first 16-byte boundary, relative to the image, after the data structure. */
static void read_npde(const struct rom *rom, struct rom_image *image)
{
	u32 behind = image->pcir_offset - image->offset + image->pcir_size;
	u32 at = image->offset + round_up(behind, 16);
	struct rom_npde *npde = &image->npde;
	u16 revision, size, length;

	if (!rom_holds(rom, at, 10) || rom_u32(rom, at) != ROM_SIG_NPDE)
		return;
	revision = rom_u16(rom, at + 4);
	size = rom_u16(rom, at + 6);
	length = rom_u16(rom, at + 8);
	if (revision != 0x0100 && revision != 0x0101)
		return;
	npde->present = true;
	npde->revision = revision;
	npde->length = length * ROM_BLOCK;
	if (size >= 11 && rom_holds(rom, at, 11)) {
		npde->has_last = true;
		npde->last = rom->bytes[at + 10] & PCIR_LAST;
	}
}

static void read_lengths(const struct rom *rom, struct rom_image *image)
{
	const struct rom_npde *npde = &image->npde;

	if (image->code == ROM_CODE_BIOS)
		image->init_length = rom->bytes[image->offset + ROM_HDR_INIT] * ROM_BLOCK;
	else if (image->code == ROM_CODE_EFI)
		image->init_length = rom_u16(rom, image->offset + ROM_HDR_INIT) * ROM_BLOCK;

	image->length = image->pcir_length;
	image->last = image->pcir_last;
	/*
	 * A BIOS image that has run may have shrunk itself in memory. It then corrects the header
	 * and PCIR, but not NPDE, whose length in a ROM is never more than PCIR's.
	 */
	image->shadow = image->code == ROM_CODE_BIOS && npde->present && image->pcir_length &&
			npde->length > image->pcir_length;
	if (npde->present && npde->length && !image->shadow) {
		image->length = npde->length;
		/* If NPDE's length is less than PCIR's, more sub-images follow. */
		if (!npde->has_last && npde->length < image->pcir_length)
			image->last = false;
	}
	if (npde->present && npde->has_last && !image->shadow)
		image->last = npde->last;
	if (!image->length)
		image->length = image->init_length;
	/* Firmware uses PCIR and ignores NPDE. */
	image->truncated = !rom_holds(rom, image->offset, image->length) ||
			   (image->code == ROM_CODE_BIOS &&
				   !rom_holds(rom, image->offset, image->pcir_length));
}

static void read_sum(const struct rom *rom, struct rom_image *image)
{
	u32 size = image->init_length ? image->init_length : image->length;

	image->has_sum = size && rom_holds(rom, image->offset, size);
	if (image->has_sum)
		image->sum = rom_sum(rom, image->offset, size);
}

static void read_efi(const struct rom *rom, struct rom_image *image)
{
	u32 at = image->offset;

	image->has_efi = rom_u32(rom, at + ROM_HDR_EFI_SIG) == ROM_EFI_SIG;
	if (!image->has_efi)
		return;
	image->efi.subsystem = rom_u16(rom, at + ROM_HDR_SUBSYSTEM);
	image->efi.machine = rom_u16(rom, at + ROM_HDR_MACHINE);
	image->efi.compression = rom_u16(rom, at + ROM_HDR_COMPRESSION);
	image->efi.pe_offset = rom_u16(rom, at + ROM_HDR_PE);
	rom_driver_read(rom, image);
}

void rom_image_read(const struct rom *rom, u32 offset, struct rom_image *image)
{
	u32 pcir = offset + rom_u16(rom, offset + ROM_HDR_PCIR);

	*image = (struct rom_image){
		.offset = offset,
		.signature = rom_u16(rom, offset),
		.has_pcir = true,
		.pcir_offset = pcir,
		.pcir_length = rom_u16(rom, pcir + PCIR_IMAGE_LEN) * ROM_BLOCK,
		.pcir_last = rom->bytes[pcir + PCIR_INDICATOR] & PCIR_LAST,
		.pcir_size = rom_u16(rom, pcir + PCIR_LENGTH),
		.pcir_revision = rom->bytes[pcir + PCIR_REVISION],
		.code_byte = rom->bytes[pcir + PCIR_CODE_TYPE],
		.vendor = rom_u16(rom, pcir + PCIR_VENDOR),
		.device = rom_u16(rom, pcir + PCIR_DEVICE),
		.class = get_le(rom->bytes + pcir + PCIR_CLASS, 3),
		.revision = rom_u16(rom, pcir + PCIR_CODE_REV),
	};
	image->code = code_of(image->signature, image->code_byte);
	memcpy(image->entry, rom->bytes + offset + ROM_HDR_ENTRY, sizeof(image->entry));
	read_revision_3(rom, image);
	read_npde(rom, image);
	read_lengths(rom, image);
	if (image->code == ROM_CODE_BIOS)
		read_sum(rom, image);
	else if (image->code == ROM_CODE_EFI)
		read_efi(rom, image);
	rom_find_hole(rom, image);
}

/*
 * Whether there are signs of a damaged PCI data structure: its signature anywhere in the image, or
 * its length at the place that the pointer gives.
 */
static bool has_pcir_inside(const struct rom *rom, u32 offset, u32 length)
{
	u64 pcir = (u64)offset + rom_u16(rom, offset + ROM_HDR_PCIR);
	u16 size = rom_u16(rom, pcir + PCIR_LENGTH);

	return size == PCIR_MIN_SIZE || size == PCIR_REV3_SIZE ||
	       memmem(rom->bytes + offset, length, "PCIR", 4);
}

bool rom_image_read_isa(const struct rom *rom, u32 offset, struct rom_image *image)
{
	u32 length;

	/* In an ISA ROM, 18h is code or text like any other byte. */
	if (!rom_holds(rom, offset, ROM_HDR_SIZE) || rom_u16(rom, offset) != ROM_SIG_PCI)
		return false;
	length = rom->bytes[offset + ROM_HDR_INIT] * ROM_BLOCK;
	if (!length || !rom_holds(rom, offset, length) || rom_sum(rom, offset, length) ||
		has_pcir_inside(rom, offset, length))
		return false;
	*image = (struct rom_image){
		.offset = offset,
		.length = length,
		.init_length = length,
		.signature = ROM_SIG_PCI,
		.last = true,
		.code = ROM_CODE_UNKNOWN,
	};
	memcpy(image->entry, rom->bytes + offset + ROM_HDR_ENTRY, sizeof(image->entry));
	return true;
}
