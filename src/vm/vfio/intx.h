/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTx of an assigned function: a level-triggered line over eventfds, which only carry edges.
 *
 * Normally the kernel does everything: the device asserts its line, VFIO masks it and signals the
 * trigger, and KVM asserts the GSI. The guest's EOI deasserts it and signals the resample eventfd,
 * which unmasks the line in VFIO; if the device still asserts it, all of this repeats.
 *
 * Where KVM cannot resample the GSI, nobody sees the EOI. Then the machine's loop reads the trigger
 * and asserts the line itself. The guest's next access to one of the device's BARs is taken for its
 * interrupt handler's: the line is deasserted and VFIO unmasks it. For that every access has to
 * exit, so the BARs have no pages as long as the fallback is in use.
 *
 * Embedded in struct vfio_interrupts. Start, stop and moved are called with the lock of the PCI
 * hierarchy held.
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
	int gsi; /* which @trigger is attached to; -1: none */

	/* For the fallback: */
	bool watched;              /* it is in use */
	struct loop_source source; /* for @trigger; added at the first need and kept */
	atomic_bool raised;        /* the line is asserted, and VFIO holds it masked */
};

void vfio_intx_open(
	struct vfio_intx *intx, struct pci_dev *pci, struct vfio_device *dev, struct loop *loop);
/* INTx is off. Called on the loop's thread. */
void vfio_intx_close(struct vfio_intx *intx);
void vfio_intx_start(struct vfio_intx *intx);
void vfio_intx_stop(struct vfio_intx *intx);
/* The pin may be routed to another GSI now. */
void vfio_intx_moved(struct vfio_intx *intx);

/*
 * The guest accessed a BAR, which ends an interrupt of the fallback. Any thread; cheap if none is
 * pending.
 */
void vfio_intx_bar_touched(struct vfio_intx *intx);

#endif
