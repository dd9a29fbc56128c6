/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI of an assigned function (PCI 3.0, 6.8.1): up to 32 vectors whose messages are in config
 * space, with or without a mask bit for each.
 *
 * Embedded in struct vfio_interrupts. The functions take no lock: their caller holds that of the
 * PCI hierarchy.
 */
#ifndef VM_VFIO_MSI_H
#define VM_VFIO_MSI_H

#include "vm/irq/vector.h"
#include "vm/vfio/config.h"

#define VFIO_MSI_MAX 32

struct vfio_msi {
	struct vfio_config *config;
	struct vfio_device *dev;
	bool is64;
	bool maskable;
	bool on;        /* enabled in the device */
	unsigned asked; /* vectors that the guest had enabled at the start */
	unsigned given; /* vectors that the device got; at most @asked */
	bool warned;
	struct irq_vector vectors[VFIO_MSI_MAX];
};

void vfio_msi_open(struct vfio_msi *msi, struct vfio_config *config, struct vfio_device *dev);

bool vfio_msi_wanted(const struct vfio_msi *msi);
void vfio_msi_start(struct vfio_msi *msi, struct irq *irq);
void vfio_msi_stop(struct vfio_msi *msi, struct irq *irq);
/* After a write to the capability: messages, masks or the number of vectors may have changed. */
void vfio_msi_update(struct vfio_msi *msi, struct irq *irq);
/* Updates the capability's pending bits before the guest reads them. */
void vfio_msi_refresh_pending(struct vfio_msi *msi);

#endif
