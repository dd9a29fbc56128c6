/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the functions go in the guest: those of one slot of the host stay together in one slot,
 * as drivers expect of a card with its audio and USB functions. Pure.
 */
#ifndef VM_VFIO_SLOTS_H
#define VM_VFIO_SLOTS_H

#include "base/err.h"
#include "pci/addr.h"

struct vfio_place {
	unsigned slot; /* from 0, in the order in which the slots are first named */
	u8 fn;
	bool multifunction; /* others share the slot */
};

/*
 * Function numbers stay where function 0 is among those of its slot; else they are counted
 * from 0, because a slot without function 0 is empty to a guest. Returns the number of slots,
 * or -EEXIST for a function that is named twice.
 */
int vfio_slots_place(
	const struct pci_addr *addrs, unsigned nr, struct vfio_place *places, struct err *err);

#endif
