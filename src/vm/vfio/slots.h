/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides where the functions go in the guest: functions that share a slot of the host share one in
 * the guest, as drivers of cards with audio and USB functions expect. Pure functions.
 */
#ifndef VM_VFIO_SLOTS_H
#define VM_VFIO_SLOTS_H

#include "base/err.h"
#include "pci/addr.h"

struct vfio_place {
	unsigned slot; /* from 0, in the order of their first mention */
	u8 fn;
	bool multifunction; /* others share the slot */
};

/*
 * Functions keep their numbers if function 0 is assigned with them; otherwise they are renumbered
 * from 0, because a guest takes a slot without function 0 for empty. Returns the number of slots,
 * or -EEXIST if a function is named twice.
 */
int vfio_slots_place(
	const struct pci_addr *addrs, unsigned nr, struct vfio_place *places, struct err *err);

#endif
