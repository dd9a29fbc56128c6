/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupts of an assigned function: which of INTx, MSI and MSI-X is in use. VFIO and PCI
 * allow only one at a time. The guest enables MSI or MSI-X in the capability; otherwise INTx is in
 * use.
 *
 * Embedded in the function; all functions are called with the lock of the PCI hierarchy held.
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

/* @config has been built. Nothing is enabled yet. */
int vfio_interrupts_open(struct vfio_interrupts *interrupts, struct vfio_config *config,
	struct vfio_device *dev, struct loop *loop, struct err *err);
void vfio_interrupts_close(struct vfio_interrupts *interrupts);

/* Makes the device's interrupts match the guest's config space. The function is on a bus. */
void vfio_interrupts_update(struct vfio_interrupts *interrupts);
/* Turns everything off until the next update. */
void vfio_interrupts_stop(struct vfio_interrupts *interrupts);

/* Call these before and after a guest's access to config space. */
void vfio_interrupts_before_read(struct vfio_interrupts *interrupts, u16 offset, unsigned size);
void vfio_interrupts_after_write(struct vfio_interrupts *interrupts, u16 offset, unsigned size);

#endif
