/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets of assigned functions: before the guest starts, when the guest resets the bus above them,
 * and at the end, so that the next user finds a clean device.
 *
 * The best reset is a function level reset (FLR). The kernel also accepts a change of power state
 * as a reset, but many graphics cards ignore it; for them a bus reset is better. A bus reset
 * affects all functions of the slot, so it is done only if the machine owns the groups of all of
 * them.
 */
#ifndef VM_VFIO_RESET_H
#define VM_VFIO_RESET_H

#include "base/types.h"

struct vfio_config;
struct vfio_pci;

/* Offsets of the capabilities that offer FLR; 0: not offered. */
struct vfio_flr {
	u16 exp;
	u16 af;
};

struct vfio_flr vfio_find_flr(const struct vfio_config *config);

/* The devices and groups that one machine owns; whoever opens the devices keeps it up to date. */
struct vfio_owned {
	struct vfio_pci *const *devices;
	unsigned nr_devices;
	const u32 *group_ids;
	const s32 *group_fds;
	unsigned nr_groups;
};

/*
 * The guest reset the bus that the function is on; its emulated config space has been reset. The
 * lock of the PCI hierarchy is held. A function that was not used since its last reset is not reset
 * again: resetting the first function of a slot may have reset the others, too. Once the machine
 * ends the hardware is not reset either, because every vCPU may be about to ask for that, and
 * vfio_reset_all() comes anyway.
 */
void vfio_reset_one(struct vfio_pci *vp);

/*
 * Resets all of the machine's functions that have just been opened. If the kernel offers
 * VFIO_DEVICE_RESET, it has reset the function on opening in the same way. If that is the best way,
 * the reset is not repeated, because each takes 100 ms (PCIe 5.0, 6.6.2).
 */
void vfio_reset_opened(const struct vfio_owned *owned);

/* Resets all of the machine's functions; no vCPU runs. Warns of those without a working reset. */
void vfio_reset_all(const struct vfio_owned *owned);

#endif
