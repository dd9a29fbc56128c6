/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quirks of an assigned function: which of those in pci/quirk.h it gets, and when their
 * operations are called. The directory quirks/ holds what they do.
 *
 * Embedded in the function. Its owner calls these in the order of its life cycle: choose, open,
 * reset or moved, close.
 */
#ifndef VM_VFIO_QUIRKS_H
#define VM_VFIO_QUIRKS_H

#include "base/err.h"
#include "pci/quirk.h"
#include "vm/vfio/trap.h"

struct vfio_pci;
struct vfio_quirk;

struct vfio_quirks {
	u32 chosen; /* bits of enum pci_quirk_id */
	struct vfio_quirk *open[PCI_QUIRKS];
	struct vfio_traps traps;
};

/* Called when the device is open: chooses by device ids and the user's options. */
int vfio_quirks_choose(struct vfio_pci *vp, struct err *err);
static inline bool vfio_quirks_has(const struct vfio_quirks *quirks, enum pci_quirk_id id)
{
	return quirks->chosen & 1u << id;
}

/* Called when config space has been built, but not the BARs. */
int vfio_quirks_open(struct vfio_pci *vp, struct err *err);
void vfio_quirks_close(struct vfio_pci *vp);

/* The lock of the PCI hierarchy is held. */
void vfio_quirks_reset(struct vfio_pci *vp);
void vfio_quirks_moved(struct vfio_pci *vp);

/* Whether one of the device's quirks can reset it. */
bool vfio_quirks_can_reset(const struct vfio_pci *vp);
/* Resets the device. It must be quiesced. -ENOTSUP if that is not possible now. */
int vfio_quirks_hw_reset(struct vfio_pci *vp);

#endif
