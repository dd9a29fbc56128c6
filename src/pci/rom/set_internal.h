/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How firmware.c tells set.c what it finds. Not for others. */
#ifndef PCI_ROM_SET_INTERNAL_H
#define PCI_ROM_SET_INTERNAL_H

#include "pci/rom/set.h"

/* Adds the ROMs that begin in @bytes at @from or behind it. @bytes must live as long as the set. */
void rom_set_scan(struct rom_set *set, const u8 *bytes, u32 size, u32 from, bool decompressed);

/* Whether the file is a mainboard's firmware: a flash image, a capsule, or UEFI firmware volumes.
 */
bool rom_is_firmware(const u8 *bytes, size_t size);

/* Adds the ROMs in compressed sections of the firmware volumes in @bytes, to any depth that is
 * sane. */
void rom_firmware_read(struct rom_set *set, const u8 *bytes, u32 size);

#endif
