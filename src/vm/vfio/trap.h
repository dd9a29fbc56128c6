/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of an assigned function's BARs and VGA ports that tenon answers itself, or looks at before
 * the hardware does. Accesses there exit, those to the rest of the 4 KiB page too and pass through.
 *
 * The table is the function's; it is filled before the BARs are built and then stays. Whoever
 * makes an access holds the lock of the PCI hierarchy around the operation.
 */
#ifndef VM_VFIO_TRAP_H
#define VM_VFIO_TRAP_H

#include "base/range.h"
#include "vm/bus/bus.h"

#define VFIO_MAX_OVERLAYS 16

struct vfio_trap {
	u32 region;                /* VFIO_PCI_*_REGION_INDEX of a BAR or of VGA */
	struct range range;        /* in the region */
	const struct bus_ops *ops; /* offsets are in the region */
	void *owner;
};

struct vfio_traps {
	struct vfio_trap trap[VFIO_MAX_OVERLAYS];
	unsigned nr;
};

/* -ENOSPC. */
int vfio_trap_add(struct vfio_traps *traps, u32 region, struct range range,
	const struct bus_ops *ops, void *owner);

/* What all of an access is for, NULL: nothing, or several. */
const struct vfio_trap *vfio_trap_find(
	const struct vfio_traps *traps, u32 region, u64 offset, unsigned size);
/* Whether some of an access is in an overlay and the rest is not: to be made byte by byte. */
bool vfio_trap_splits(const struct vfio_traps *traps, u32 region, u64 offset, unsigned size);

#endif
