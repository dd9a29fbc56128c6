/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupts of an assigned function: which of INTx, MSI and MSI-X is in use. VFIO lets a
 * device have one at a time, and so does PCI; the guest's capabilities decide, and INTx is what
 * remains.
 *
 * Embedded in the function; all functions run under the lock of the PCI hierarchy.
 */
#ifndef VM_VFIO_INTERRUPTS_H
#define VM_VFIO_INTERRUPTS_H

#include "vm/vfio/intx.h"
#include "vm/vfio/msi.h"
#include "vm/vfio/msix.h"

enum vfio_mode { VFIO_MODE_NONE, VFIO_MODE_INTX, VFIO_MODE_MSI, VFIO_MODE_MSIX };

struct vfio_interrupts {
	struct vfio_config *config;
	enum vfio_mode mode;
	struct vfio_intx intx;
	struct vfio_msi msi;
	struct vfio_msix msix;
};

/* @config is built. Nothing is on yet. */
int vfio_interrupts_open(struct vfio_interrupts *interrupts, struct vfio_config *config,
	struct vfio_device *dev, struct loop *loop, struct err *err);
void vfio_interrupts_close(struct vfio_interrupts *interrupts);

/* Brings the device to what the guest's config space says. The function is on a bus. */
void vfio_interrupts_update(struct vfio_interrupts *interrupts);
/* Everything off, until the next update. */
void vfio_interrupts_stop(struct vfio_interrupts *interrupts);

/* Around a guest's access to config space. */
void vfio_interrupts_before_read(struct vfio_interrupts *interrupts, u16 offset, unsigned size);
void vfio_interrupts_after_write(struct vfio_interrupts *interrupts, u16 offset, unsigned size);

#endif
