/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option ROM of an assigned function, as its ROM BAR: the device's own or a file.
 *
 * The device's ROM is read once, at the guest's first access: hardware only returns it while memory
 * decoding is on, some cards stop returning it once their driver has run, and firmware reads it
 * four bytes at a time. From then on it is read-only guest memory.
 *
 * Embedded in the function, whose owner builds and closes it.
 */
#ifndef VM_VFIO_ROM_H
#define VM_VFIO_ROM_H

#include "vm/vfio/config.h"

struct vfio_rom {
	struct vfio_config *config;
	struct vfio_device *dev;
	struct vfio_region region; /* the device's; size 0: a file replaces it */
	u8 *bytes;                 /* @size bytes, whole pages; NULL: the guest has no ROM */
	u64 size;
	bool loaded;
	bool fix_id; /* in the device's ROM */
	struct pci_bar_page page;
};

/*
 * Adds the ROM BAR, if there is a ROM. @file: a file that replaces the device's ROM, or NULL. It is
 * an error if the file cannot be read, is empty or is no option ROM. @fix_id: if the device's ROM
 * has another device id than its config space, correct the guest's copy, because SeaBIOS would not
 * run it otherwise. A ROM whose first image is for EFI stays as it is: EFI firmware does not
 * compare the ids.
 */
int vfio_rom_build(struct vfio_rom *rom, struct vfio_config *config, struct vfio_device *dev,
	const char *file, bool fix_id, struct err *err);
/*
 * Reads the device's ROM now, if it has one and the guest has not read it yet; then @rom->bytes
 * holds what the guest sees. The function is on its bus.
 */
void vfio_rom_read(struct vfio_rom *rom);

/* The function's BARs must be unmapped from the guest's address spaces. */
void vfio_rom_close(struct vfio_rom *rom);

/* Corrects the device id in the copy of the device's ROM: see vfio_rom_build(). */
void vfio_rom_fix_id(struct vfio_rom *rom);

#endif
