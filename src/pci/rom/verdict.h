/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether firmware in a virtual machine uses a ROM, and why not. Pure; any thread.
 *
 * Each consumer walks the images in its own way, unlike the reader in rom.h: SeaBIOS and edk2 know
 * no containers and no NPDE, do not scan, and stop at different faults.
 */
#ifndef PCI_ROM_VERDICT_H
#define PCI_ROM_VERDICT_H

#include "pci/rom/rom.h"

/* The device that is to have the ROM. */
struct rom_target {
	u16 vendor;
	u16 device;
	u32 class; /* 24 bits */
};

struct rom_verdict {
	bool boots;
	int offset;    /* of the image that is used, -1 if none is */
	char why[384]; /* one sentence, no full stop; set either way */
};

/*
 * SeaBIOS uses the first x86 image that has the device's ids and whose bytes add up to 0. Without
 * @target the device is assumed to have the ids of the first x86 image.
 */
void rom_verdict_bios(
	const struct rom *rom, const struct rom_target *target, struct rom_verdict *verdict);

/*
 * edk2 (OVMF) uses the first image with a driver for @machine (enum rom_machine), else the first
 * with one in EFI byte code. It does not compare ids. edk2's loader must accept the driver's
 * headers; this does not check its signature.
 */
void rom_verdict_efi(const struct rom *rom, u16 machine, struct rom_verdict *verdict);

#endif
