/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quirks of an assigned function: which of pci/quirk.h's it gets, and when their operations are
 * called. What they do is in quirks/.
 *
 * Embedded in the function, by the phases of which the functions are called.
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

/* When the device is open: by its facts and the user's options. */
int vfio_quirks_choose(struct vfio_pci *vp, struct err *err);
static inline bool vfio_quirks_has(const struct vfio_quirks *quirks, enum pci_quirk_id id)
{
	return quirks->chosen & 1u << id;
}

/* When its config space is built and its BARs are not. */
int vfio_quirks_open(struct vfio_pci *vp, struct err *err);
void vfio_quirks_close(struct vfio_pci *vp);

/* Under the lock of the PCI hierarchy. */
void vfio_quirks_reset(struct vfio_pci *vp);
void vfio_quirks_moved(struct vfio_pci *vp);

/* Whether a quirk of the device has a reset of its own for it. */
bool vfio_quirks_can_reset(const struct vfio_pci *vp);
/* Does it. The device has to be quiet. -ENOTSUP where it cannot be done now. */
int vfio_quirks_hw_reset(struct vfio_pci *vp);

#endif
