/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a corrected copy of a ROM. Pure: the input is not changed. The caller owns both buffers.
 * Any thread.
 */
#ifndef PCI_ROM_FIX_H
#define PCI_ROM_FIX_H

#include "base/err.h"
#include "pci/rom/rom.h"

struct rom_fix {
	bool unwrap;   /* leave out the container and what follows the last image in it */
	bool checksum; /* correct the checksums of BIOS images, also of those without new ids */
	bool anyway;   /* also for an image that was read only in part */
	bool set_vendor, set_device;
	u16 vendor, device;
	u32 images; /* bit n: image n gets the ids; 0: all BIOS and EFI images */
};

#define ROM_MAX_CHANGES (2 * ROM_MAX_IMAGES + 1)

struct rom_fixed {
	size_t size;
	unsigned nr_changes;                /* 0: the copy is the same */
	char changes[ROM_MAX_CHANGES][128]; /* one sentence each, in the order of the file */
};

/* Adds a sentence to the changes if there is room. */
void rom_changed(struct rom_fixed *fixed, const char *fmt, ...) PRINTF(2, 3);

/*
 * Writes the copy to @out, which has room for rom->size bytes. Returns 0, or -EINVAL with @err set
 * if a requested change is impossible: there is no such image, the checksum is of an image that the
 * file holds only in part, or the ROM has no images.
 */
int rom_fix(const struct rom *rom, const struct rom_fix *fix, u8 *out, struct rom_fixed *fixed,
	struct err *err);

#endif
