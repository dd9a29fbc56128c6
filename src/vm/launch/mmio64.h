/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the width of the guest's physical addresses, so that its BARs have room above RAM. Pure.
 *
 * A wide address space costs boot time: OVMF's 4 MiB image maps all of it with 2 MiB pages, which
 * takes 4 KiB of page tables for each GiB. So a guest gets MMIO64_USUAL_BITS, and more only if its
 * BARs need it. OVMF puts 64-bit BARs into the top eighth of the address space; if that is too
 * small, fw_cfg's file "opt/ovmf/X-PciMmio64Mb" tells it a size, and it then takes the first
 * suitable address behind RAM.
 */
#ifndef VM_LAUNCH_MMIO64_H
#define VM_LAUNCH_MMIO64_H

#include "base/err.h"
#include "base/range.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"

#define MMIO64_USUAL_BITS 42

/*
 * AMD processors keep 12 GiB below 1 TiB for HyperTransport, whatever the guest assumes (the
 * processors' BKDGs, "System Address Map").
 */
#define MMIO64_AMD_HOLE     0xfd00000000ull
#define MMIO64_AMD_HOLE_END 0x10000000000ull

/*
 * How many bytes the 64-bit prefetchable BARs need, in an area that starts at a multiple of @align.
 */
struct mmio64_need {
	u64 size;
	u64 align; /* of the largest BAR, a power of two; 0: no BARs */
	/* The end of the fixed BARs above 4 GiB (bars=host); 0: there are none. */
	u64 kept_end;
};

struct mmio64 {
	unsigned phys_bits;
	u64 ovmf_mib; /* 0: OVMF's own choice is large enough */
	u64 floor;    /* where firmware is told to start with BARs above 4 GiB; 0: behind RAM */
	/*
	 * The top of the address space, which SeaBIOS is told is reserved; size 0: not necessary.
	 * From 1.16.3 on SeaBIOS places BARs at the top without counting the gaps that their
	 * alignment costs, and so runs over the end. If the top is reserved, it moves the BARs down
	 * far enough.
	 */
	struct range reserved;
};

/* Adds a slot. Its functions are behind one bridge, whose window is aligned to the largest BAR. */
void mmio64_add_slot(struct mmio64_need *need, const u64 *sizes, unsigned nr);

/* The need of all assigned devices together. */
struct mmio64_need mmio64_need_of(const struct assigned *assigned);

/*
 * @host_bits: the address width that the processor offers guests. @ram_end: the first address
 * behind RAM above 4 GiB. Returns -ENOSPC if the processor has too few bits.
 */
int mmio64_choose(struct mmio64 *mmio64, const struct mmio64_need *need, enum firmware_kind kind,
	unsigned host_bits, u64 ram_end, struct err *err);

#endif
