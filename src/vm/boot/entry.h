/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state in which a guest starts without firmware: long mode, flat segments, the low 4 GiB
 * mapped one to one. boot_entry_place() writes what that state needs into low RAM.
 */
#ifndef VM_BOOT_ENTRY_H
#define VM_BOOT_ENTRY_H

#include "base/err.h"
#include "base/types.h"
#include "vm/boot/e820.h"
#include "vm/mem/mem.h"
#include "vm/vcpu/entry.h"

/*
 * What lies in low RAM while the kernel starts (guest physical addresses). The E820 map declares it
 * as RAM: the kernel copies what it needs before it reuses the memory.
 */
#define BOOT_GDT          0x1000
#define BOOT_PAGE_TABLES  0x2000 /* six pages: PML4, PDPT, four page directories */
#define BOOT_ZERO_PAGE    0x8000
#define BOOT_STACK_TOP    0xa000
#define BOOT_CMDLINE      0x10000
#define BOOT_CMDLINE_SIZE 0x10000 /* with the NUL */
#define BOOT_LOW_END      (BOOT_CMDLINE + BOOT_CMDLINE_SIZE)

/* The selectors that the boot protocol asks for (Documentation/arch/x86/boot.rst). */
#define BOOT_CS 0x10
#define BOOT_DS 0x18

/*
 * Writes the GDT and the page tables, and fills @entry except rip and rsi. Returns -EINVAL if the
 * range from BOOT_GDT to BOOT_LOW_END is not RAM in @map or not in @mem.
 */
int boot_entry_place(
	struct vcpu_entry *entry, struct mem *mem, const struct e820 *map, struct err *err);

#endif
