// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_display.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"

#define CLASS_VGA           0x0300
#define CLASS_DISPLAY_OTHER 0x0380

/* Emulated cards for which OVMF has drivers. Their ROMs usually have a BIOS image only. */
static const u32 driven_by_ovmf[] = {
	0x12341111, /* standard VGA, bochs-display */
	0x1af41050, /* virtio-gpu */
	0x1b360100, /* QXL */
};

static bool is_display(const struct rom_target *target, enum firmware_kind kind)
{
	u32 class = target->class >> 8;

	return class == CLASS_VGA || (class == CLASS_DISPLAY_OTHER && kind == FIRMWARE_UEFI);
}

static bool needs_no_rom(const struct rom_target *target, enum firmware_kind kind)
{
	u32 id = (u32)target->vendor << 16 | target->device;

	for (unsigned i = 0; i < ARRAY_SIZE(driven_by_ovmf) && kind == FIRMWARE_UEFI; i++)
		if (driven_by_ovmf[i] == id)
			return true;
	return false;
}

bool firmware_shows(enum firmware_kind kind, const struct rom_target *target, const struct rom *rom,
	char *why, size_t size)
{
	bool uefi = kind == FIRMWARE_UEFI;
	struct rom_verdict bios = { 0 }, efi = { 0 };
	const struct rom_verdict *own = uefi ? &efi : &bios, *other = uefi ? &bios : &efi;

	if (!is_display(target, kind) || needs_no_rom(target, kind))
		return true;
	if (rom) {
		rom_verdict_bios(rom, target, &bios);
		rom_verdict_efi(rom, ROM_MACHINE_X64, &efi);
	}
	if (own->boots)
		return true;
	snprintf(why, size,
		"it shows nothing before the guest's own driver runs, because %s firmware cannot "
		"use its option ROM: %s; %srom=FILE gives it another",
		uefi ? "UEFI" : "BIOS", rom ? own->why : "it has none",
		!other->boots ? ""
		: uefi        ? "--firmware bios can, "
			      : "--firmware uefi can, ");
	return false;
}

static struct rom_target target_of(const struct vfio_pci *vp)
{
	const u8 *config = vp->config.physical;

	return (struct rom_target){
		.vendor = get_le16(config + PCI_VENDOR_ID),
		.device = get_le16(config + PCI_DEVICE_ID),
		.class = get_le32(config + PCI_CLASS_REVISION) >> 8,
	};
}

static void check(struct vfio_pci *vp, enum firmware_kind kind, struct rom *rom)
{
	const struct rom_target target = target_of(vp);
	bool has_rom = vp->rom.bytes;
	char why[512];

	if (!is_display(&target, kind))
		return;
	if (has_rom) {
		vfio_rom_read(&vp->rom);
		rom_parse(rom, vp->rom.bytes, vp->rom.size);
	}
	if (!firmware_shows(kind, &target, has_rom ? rom : NULL, why, sizeof(why)))
		log_warn("%s: %s", vp->name, why);
}

void firmware_check_displays(const struct assigned *assigned, enum firmware_kind kind)
{
	own_free struct rom *rom = malloc(sizeof(*rom));

	for (unsigned i = 0; i < assigned->assign.nr_devices && rom; i++)
		check(assigned->assign.devices[i], kind, rom);
}
