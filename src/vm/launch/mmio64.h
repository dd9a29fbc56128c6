/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How wide the guest's physical addresses are, so that its BARs have room above its RAM. Pure.
 *
 * Wide costs time: OVMF's 4 MiB image maps all of it with 2 MiB pages, 4 KiB of tables for each
 * GiB. So a guest gets WINDOW_USUAL_BITS, and more only where its BARs need it. OVMF puts 64-bit
 * BARs into the top eighth of the address space; where that is too small it can be told a size
 * (fw_cfg file "opt/ovmf/X-PciMmio64Mb"), and then takes the first such place behind RAM.
 */
#ifndef VM_LAUNCH_MMIO64_H
#define VM_LAUNCH_MMIO64_H

#include "base/err.h"
#include "base/range.h"
#include "vm/boot/firmware_find.h"
#include "vm/devices/assigned.h"

#define MMIO64_USUAL_BITS 42

/*
 * AMD processors keep 12 GiB below 1 TiB for HyperTransport, whatever the guest believes (the
 * processors' BKDGs, "System Address Map").
 */
#define MMIO64_AMD_HOLE     0xfd00000000ull
#define MMIO64_AMD_HOLE_END 0x10000000000ull

/* What 64-bit prefetchable BARs ask for: bytes, in an area that starts at a multiple of @align. */
struct mmio64_need {
	u64 size;
	u64 align; /* of the largest BAR, a power of two; 0: no BARs */
	/* The end of what is kept for the host's addresses above 4 GiB; 0: nothing is. */
	u64 kept_end;
};

struct mmio64 {
	unsigned phys_bits;
	u64 ovmf_mib; /* 0: OVMF's own choice is large enough */
	u64 floor;    /* firmware is told to place BARs above 4 GiB from here on; 0: behind RAM */
	/*
	 * The end of the address space, to be told to SeaBIOS as reserved; size 0: not necessary.
	 * From 1.16.3 on it puts BARs there, forgets what their alignment costs, and goes over the
	 * end, unless something is in the way: then it goes down by as much as they need.
	 */
	struct range reserved;
};

/* A slot's functions are behind one bridge, whose window is as aligned as its largest BAR. */
void mmio64_add_slot(struct mmio64_need *need, const u64 *sizes, unsigned nr);

/* Of all cards. */
struct mmio64_need mmio64_need_of(const struct assigned *assigned);

/*
 * @host_bits: what the processor has for guests. @ram_end: the first address behind RAM above
 * 4 GiB. -ENOSPC where the host has too few bits.
 */
int mmio64_choose(struct mmio64 *mmio64, const struct mmio64_need *need, enum firmware_kind kind,
	unsigned host_bits, u64 ram_end, struct err *err);

#endif
