/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of an assigned function (PCI 3.0, 6.8.2). The guest's table is emulated in our memory; one
 * function compares what it asks for with what is set up, and tells the device and KVM the
 * difference. The device's own table belongs to the host's kernel.
 *
 * Embedded in struct vfio_interrupts. The functions take no lock: their caller holds that of the
 * PCI hierarchy.
 */
#ifndef VM_VFIO_MSIX_H
#define VM_VFIO_MSIX_H

#include "vm/irq/vector.h"
#include "vm/vfio/config.h"

struct vfio_msix {
	struct vfio_config *config;
	struct vfio_device *dev;
	unsigned nr; /* vectors; 0: no MSI-X */
	u8 table_bar;
	u8 pba_bar;
	struct range table; /* offset in their BARs */
	struct range pba;
	u8 *entries; /* the guest's table, PCI_MSIX_ENTRY_SIZE bytes for each vector */
	struct irq_vector *vectors;

	bool on;       /* enabled in the device */
	bool resizes;  /* the kernel can add vectors while MSI-X is on */
	unsigned high; /* the device has vectors [0, high); with @resizes only those in @given */
	bool *given;   /* with @resizes: vectors that the device has */
	bool warned;
};

/* @config shows the capability. Finds the table and checks that it lies within its BAR. */
int vfio_msix_open(struct vfio_msix *msix, struct vfio_config *config, struct vfio_device *dev,
	struct err *err);
/* MSI-X is off. */
void vfio_msix_close(struct vfio_msix *msix);

/* Whether the guest has enabled MSI-X in the capability. */
bool vfio_msix_wanted(const struct vfio_msix *msix);

/*
 * Make the device and KVM match the guest's capability and table; start and stop also turn MSI-X on
 * and off.
 */
void vfio_msix_start(struct vfio_msix *msix, struct irq *irq);
void vfio_msix_stop(struct vfio_msix *msix, struct irq *irq);
void vfio_msix_update(struct vfio_msix *msix, struct irq *irq);

/* Sets the table to its state after a reset: all vectors masked. */
void vfio_msix_clear(struct vfio_msix *msix);

/* Accesses within the table or the PBA; @offset is relative to it. */
u64 vfio_msix_table_read(struct vfio_msix *msix, u64 offset, unsigned size);
void vfio_msix_table_write(
	struct vfio_msix *msix, struct irq *irq, u64 offset, unsigned size, u64 value);
u64 vfio_msix_pba_read(struct vfio_msix *msix, u64 offset, unsigned size);

#endif
