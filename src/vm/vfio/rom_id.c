// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "pci/rom/fix.h"
#include "vm/vfio/rom.h"

/* A bit for each BIOS image that names the device's vendor but another device id. */
static u32 images_of_others(const struct rom *rom, u16 vendor, u16 device)
{
	u32 images = 0;

	for (unsigned i = 0; i < rom->nr_images; i++) {
		const struct rom_image *image = &rom->images[i];

		if (image->has_pcir && image->code == ROM_CODE_BIOS && image->vendor == vendor &&
			image->device != device)
			images |= BIT(i);
	}
	/* Firmware uses an EFI image that comes first without comparing the ids. */
	return images & 1 ? images : 0;
}

void vfio_rom_fix_id(struct vfio_rom *rom)
{
	const u8 *physical = rom->config->physical;
	u16 vendor = get_le16(physical + PCI_VENDOR_ID),
	    device = get_le16(physical + PCI_DEVICE_ID);
	own_free struct rom *parsed = calloc(1, sizeof(*parsed));
	own_free struct rom_fixed *fixed = calloc(1, sizeof(*fixed));
	own_free u8 *copy = malloc(rom->region.size);
	struct rom_fix fix = { .set_device = true, .device = device };
	struct err err = { 0 };

	if (!parsed || !fixed || !copy)
		return;
	rom_parse(parsed, rom->bytes, rom->region.size);
	fix.images = images_of_others(parsed, vendor, device);
	if (!fix.images)
		return;
	log_info("%s: its option ROM names device %04x, the card is %04x: the guest's copy is "
		 "changed",
		rom->config->pci->name, parsed->images[0].device, device);
	if (rom_fix(parsed, &fix, copy, fixed, &err))
		log_err(&err);
	else
		memcpy(rom->bytes, copy, fixed->size);
}
