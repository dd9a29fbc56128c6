/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that describe the machine to an operating system, built from its parts: plain data in,
 * blobs out. Firmware gets them through fw_cfg; a direct boot places them in memory.
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
 * Builds the ACPI tables of @board and @devices for the present addresses of ECAM and the windows.
 * @phys_bits: the guest's address width. @kept: addresses that the tables declare as taken; NULL:
 * none. The vCPUs may run. The sizes of the blobs never change while the machine exists.
 */
int tables_build_acpi(struct acpi_tables *tables, struct board *board,
	const struct device_set *devices, const struct ram *ram, unsigned phys_bits,
	const struct fixed_bars *kept, struct err *err);

/*
 * The range in which the guest finds 64-bit BARs: everything behind RAM, up to the top of the
 * address space, which OVMF uses. The range lies on one side of the hole that AMD processors keep
 * below 1 TiB. @lowest and @highest are the lowest and the highest BAR above 4 GiB that has been
 * placed; they decide the side; if BARs lie on both sides, there is no hole. Both are 0 before BARs
 * are placed. Size 0 if RAM leaves no room.
 */
struct range tables_mmio64(const struct ram *ram, unsigned phys_bits, u64 lowest, u64 highest);

/*
 * Builds the SMBIOS tables. The texts are the user's, or neutral if the machine is hidden; the
 * processor is the one that CPUID shows the guest. @uefi: UEFI firmware will pass them on.
 */
int tables_build_smbios(struct smbios *smbios, const struct board *board, const struct ram *ram,
	bool uefi, struct err *err);

/*
 * Places the tables of the MultiProcessor Specification at the start of @area, for guests without
 * ACPI. The vCPUs do not run.
 */
int tables_place_mptable(struct board *board, struct mem *mem, struct range area, struct err *err);

#endif
