/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets of assigned functions: before the guest starts, when it resets the bus above them, and
 * at the end, so that the next user finds a clean card.
 *
 * The best reset is the function's own (FLR). A change of power state passes for one with the
 * kernel, but many graphics cards ignore it: then a reset of the bus is better. That takes all
 * functions of the slot along, so it is done only where the machine owns the groups of them all.
 */
#ifndef VM_VFIO_RESET_H
#define VM_VFIO_RESET_H

#include "base/types.h"

struct vfio_config;
struct vfio_pci;

/* The capabilities by which the function can be reset alone; 0: it has none that does. */
struct vfio_flr {
	u16 exp;
	u16 af;
};

struct vfio_flr vfio_find_flr(const struct vfio_config *config);

/* What one machine owns, kept up to date by whoever opens its devices. */
struct vfio_owned {
	struct vfio_pci *const *devices;
	unsigned nr_devices;
	const u32 *group_ids;
	const s32 *group_fds;
	unsigned nr_groups;
};

/*
 * The guest reset the bus that the function is on; its config space is set back. Under the lock
 * of the PCI hierarchy. A function that was not used since its last reset is not reset again,
 * so that the first of a slot resets the others too and nothing is done twice.
 */
void vfio_reset_one(struct vfio_pci *vp);

/*
 * All of the machine's functions, when they have just been opened. The kernel has reset them then,
 * by the way of VFIO_DEVICE_RESET, or it would not offer that: where it is the best way, it is not
 * gone twice, because each takes 100 ms (PCIe 5.0, 6.6.2).
 */
void vfio_reset_opened(const struct vfio_owned *owned);

/* All of the machine's functions; no vCPU runs. What has no working reset is warned of. */
void vfio_reset_all(const struct vfio_owned *owned);

#endif
