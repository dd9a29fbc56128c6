/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option ROM of an assigned function, as its BAR 6: the card's own or a file's.
 *
 * The card's is read once, at the guest's first access: hardware gives it only while memory
 * decoding is on, some cards stop giving it once their driver has run, and firmware reads it
 * four bytes at a time. From then on it is read-only memory of the guest.
 *
 * Embedded in the function, whose owner builds and closes it.
 */
#ifndef VM_VFIO_ROM_H
#define VM_VFIO_ROM_H

#include "vm/vfio/config.h"

struct vfio_rom {
	struct vfio_config *config;
	struct vfio_device *dev;
	struct vfio_region region; /* of the card's; size 0 where a file stands for it */
	u8 *bytes;                 /* @size bytes, whole pages; NULL: the guest has no ROM */
	u64 size;
	bool loaded;
	bool fix_id; /* in what the card gives */
	struct pci_bar_page page;
};

/*
 * Adds the ROM BAR, if there is a ROM. @file: a file that replaces the card's, or NULL. A file
 * that cannot be read, is empty or is no option ROM is an error. @fix_id: where the card's names
 * another device than its config space, SeaBIOS would not run it, so the copy gets the id; not
 * where an EFI image comes first, whose firmware does not look at it.
 */
int vfio_rom_build(struct vfio_rom *rom, struct vfio_config *config, struct vfio_device *dev,
	const char *file, bool fix_id, struct err *err);
/*
 * Reads the card's ROM now, if there is one and the guest has not read it yet; @rom->bytes are what
 * the guest sees. The function is on its bus.
 */
void vfio_rom_read(struct vfio_rom *rom);

/* The function's BARs are out of the address spaces. */
void vfio_rom_close(struct vfio_rom *rom);

/* What @fix_id asks for, of what was read from the card. */
void vfio_rom_fix_id(struct vfio_rom *rom);

#endif
