/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds ROMs: one that joins BIOS and EFI images, and one that holds a bare EFI driver. Pure:
 * bytes in, bytes out. Any thread.
 */
#ifndef PCI_ROM_JOIN_H
#define PCI_ROM_JOIN_H

#include "base/err.h"
#include "pci/rom/fix.h"
#include "pci/rom/rom.h"
#include "pci/rom/verdict.h"

/* A ROM that was built. The caller frees the bytes. */
struct rom_made {
	u8 *bytes;
	u32 size;
};

/*
 * Builds a ROM from the BIOS images of the first of @roms that has any, followed by the EFI images
 * of the last that has any. Each image is padded to whole blocks, only the last is marked as the
 * last, and lengths and checksums are corrected. @target: ids for all of them; NULL: they keep
 * their own. @fixed gets a list of the changes. Returns 0, -ENOMEM, or -EINVAL with @err set if
 * there are no images or one is damaged or incomplete.
 */
int rom_join(const struct rom *const *roms, unsigned nr_roms, const struct rom_target *target,
	struct rom_made *made, struct rom_fixed *fixed, struct err *err);

/*
 * Builds a ROM of one EFI image that holds the driver in @driver, for the device @target.
 * @compress: compress the driver as UEFI defines it, if that makes it smaller. Returns -EINVAL with
 * @err set if @driver is not an EFI driver.
 */
int rom_wrap(const u8 *driver, size_t size, const struct rom_target *target, bool compress,
	struct rom_made *made, struct err *err);

#endif
