/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTx of an assigned function: a level line, carried by edges of eventfds.
 *
 * The usual way stays in the kernel: the device raises its line, VFIO masks it and signals the
 * trigger, KVM raises the GSI; the guest's EOI lowers it and signals the resample eventfd,
 * which unmasks the line at VFIO; if the device still raises it, all begins anew.
 *
 * Where KVM cannot resample the GSI, no one sees the EOI. Then the trigger is read by the
 * machine's loop, which raises the line itself, and the guest's next access to one of the
 * device's BARs is taken for its handler: the line falls and VFIO unmasks. For that every
 * access has to exit, so the BARs have no pages as long as this lasts.
 *
 * Embedded in struct vfio_interrupts. Start, stop and moved run under the lock of the PCI
 * hierarchy.
 */
#ifndef VM_VFIO_INTX_H
#define VM_VFIO_INTX_H

#include <stdatomic.h>

#include "base/loop.h"
#include "kernel/vfio.h"
#include "vm/pci/pci_bus.h"

struct vfio_intx {
	struct pci_dev *pci;
	struct vfio_device *dev;
	struct loop *loop;
	bool present;
	bool on;
	bool warned;
	int trigger; /* eventfds */
	int resample;
	int gsi; /* to which @trigger is attached; -1: to none */

	/* The fallback: */
	bool watched;              /* it is in use */
	struct loop_source source; /* @trigger; added at the first need and kept */
	atomic_bool raised;        /* the line is up, and VFIO holds it masked */
};

void vfio_intx_open(
	struct vfio_intx *intx, struct pci_dev *pci, struct vfio_device *dev, struct loop *loop);
/* It is off. On the loop's thread. */
void vfio_intx_close(struct vfio_intx *intx);
void vfio_intx_start(struct vfio_intx *intx);
void vfio_intx_stop(struct vfio_intx *intx);
/* The pin may reach another GSI now. */
void vfio_intx_moved(struct vfio_intx *intx);

/* The fallback: the guest touched a BAR. Any thread; cheap where nothing is to be done. */
void vfio_intx_bar_touched(struct vfio_intx *intx);

#endif
