/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ROMs that are put together: one of a BIOS and an EFI image, and one around a bare EFI driver.
 * Pure: bytes in, bytes out. Any thread.
 */
#ifndef PCI_ROM_JOIN_H
#define PCI_ROM_JOIN_H

#include "base/err.h"
#include "pci/rom/fix.h"
#include "pci/rom/rom.h"
#include "pci/rom/verdict.h"

/* A ROM that was made. The caller frees the bytes. */
struct rom_made {
	u8 *bytes;
	u32 size;
};

/*
 * One ROM of the BIOS images of the first of @roms that has any, and of the EFI images of the last
 * that has any: in this order, each in whole blocks, only the last marked as the last, lengths and
 * checksums right. @target: ids for all of them, NULL: they keep their own. What was changed goes
 * to
 * @fixed. Returns 0, or -EINVAL with @err set: no images, or one that is damaged or not complete.
 */
int rom_join(const struct rom *const *roms, unsigned nr_roms, const struct rom_target *target,
	struct rom_made *made, struct rom_fixed *fixed, struct err *err);

/*
 * A ROM of one EFI image, for the device @target, around the driver in @driver. @compress: as UEFI
 * defines it, where that makes it smaller. -EINVAL with @err set where it is no EFI driver.
 */
int rom_wrap(const u8 *driver, size_t size, const struct rom_target *target, bool compress,
	struct rom_made *made, struct err *err);

#endif
