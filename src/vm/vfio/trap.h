/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps: parts of an assigned function's BARs and VGA ports that tenon emulates, or sees before the
 * hardware does. Accesses there exit. Those to the rest of the same 4 KiB page exit, too, and are
 * passed through.
 *
 * The table belongs to the function; it is filled before the BARs are built and does not change
 * later. The lock of the PCI hierarchy is held whenever a trap's operations are called.
 */
#ifndef VM_VFIO_TRAP_H
#define VM_VFIO_TRAP_H

#include "base/range.h"
#include "vm/bus/bus.h"

#define VFIO_MAX_TRAPS 16

struct vfio_trap {
	u32 region;                /* VFIO_PCI_*_REGION_INDEX of a BAR or of VGA */
	struct range range;        /* within the region */
	const struct bus_ops *ops; /* called with offsets in the region */
	void *owner;
};

struct vfio_traps {
	struct vfio_trap trap[VFIO_MAX_TRAPS];
	unsigned nr;
};

/* Returns 0 or -ENOSPC. */
int vfio_trap_add(struct vfio_traps *traps, u32 region, struct range range,
	const struct bus_ops *ops, void *owner);

/* The trap that contains the whole access; NULL: none does. */
const struct vfio_trap *vfio_trap_find(
	const struct vfio_traps *traps, u32 region, u64 offset, unsigned size);
/* Whether a trap contains a part of the access but not all of it: then make it byte by byte. */
bool vfio_trap_splits(const struct vfio_traps *traps, u32 region, u64 offset, unsigned size);

#endif
