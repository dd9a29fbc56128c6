/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine tells an operating system of itself in tables, gathered from its parts:
 * plain data in, blobs out. Firmware gets them through fw_cfg, a direct boot places them.
 */
#ifndef VM_LAUNCH_TABLES_H
#define VM_LAUNCH_TABLES_H

#include "vm/board/board.h"
#include "vm/boot/acpi/acpi.h"
#include "vm/boot/smbios.h"
#include "vm/devices/fixed_bars.h"
#include "vm/devices/kinds.h"
#include "vm/mem/ram.h"

/*
 * The ACPI tables of @board and @devices as ECAM and windows are now. @phys_bits: the guest's.
 * @kept: of these addresses an operating system is told that they are not free; NULL: none. The
 * vCPUs may run; the sizes of the blobs never change while the machine lives.
 */
int tables_build_acpi(struct acpi_tables *tables, struct board *board,
	const struct device_set *devices, const struct ram *ram, unsigned phys_bits,
	const struct fixed_bars *kept, struct err *err);

/*
 * Where a guest finds 64-bit BARs: all that lies behind RAM, and with it what OVMF uses, the top
 * of the address space; on one side of what AMD processors keep below 1 TiB. @lowest, @highest: the
 * first and the last BAR above 4 GiB that has been placed, which decide the side, or that there is
 * none; 0 before. Size 0 where RAM leaves nothing.
 */
struct range tables_mmio64(const struct ram *ram, unsigned phys_bits, u64 lowest, u64 highest);

/*
 * The SMBIOS tables: the texts are the user's, or neutral where the machine is hidden; the
 * processor is what CPUID shows the guest.
 * @uefi: UEFI firmware is going to hand them on.
 */
int tables_build_smbios(struct smbios *smbios, const struct board *board, const struct ram *ram,
	bool uefi, struct err *err);

#endif
