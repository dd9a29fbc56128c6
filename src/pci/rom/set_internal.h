/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by set.c and firmware.c; private to them. */
#ifndef PCI_ROM_SET_INTERNAL_H
#define PCI_ROM_SET_INTERNAL_H

#include "pci/rom/set.h"

/* Adds the ROMs that begin at @from in @bytes or after it. @bytes must live as long as the set. */
void rom_set_scan(struct rom_set *set, const u8 *bytes, u32 size, u32 from, bool decompressed);

/*
 * Whether the file is a mainboard's firmware: a flash image, a capsule, or UEFI firmware volumes.
 */
bool rom_is_firmware(const u8 *bytes, size_t size);

/*
 * Adds the ROMs in compressed sections of the firmware volumes in @bytes, down to a fixed depth of
 * nesting.
 */
void rom_firmware_read(struct rom_set *set, const u8 *bytes, u32 size);

#endif
