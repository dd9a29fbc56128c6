/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether firmware in a virtual machine uses a ROM, and why not. Pure; any thread.
 *
 * Each consumer has a walk of its own, other than the reader's in rom.h: SeaBIOS and edk2 know
 * nothing of containers, of NPDE or of scanning, and stop at different faults.
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
 * SeaBIOS: the first x86 image with the device's ids, whose bytes add up to 0. Without @target
 * the device is taken to have the ids of the first x86 image.
 */
void rom_verdict_bios(
	const struct rom *rom, const struct rom_target *target, struct rom_verdict *verdict);

/*
 * edk2, as OVMF is made of: the first image with a driver for @machine (enum rom_machine), else the
 * first with one in EFI byte code. It does not compare ids. The driver has to be one that edk2's
 * loader takes; its signature is not looked at.
 */
void rom_verdict_efi(const struct rom *rom, u16 machine, struct rom_verdict *verdict);

#endif
