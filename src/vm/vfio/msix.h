/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of an assigned function (PCI 3.0, 6.8.2). The guest's table is memory of ours; what it
 * says is brought to the device and to KVM by one function that compares what is wanted with
 * what is. The device's own table is the host kernel's.
 *
 * Embedded in struct vfio_interrupts, which locks: no function here does.
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
	struct range table; /* in their BARs */
	struct range pba;
	u8 *entries; /* the guest's table, PCI_MSIX_ENTRY_SIZE each */
	struct irq_vector *vectors;

	bool on;       /* at the device */
	bool resizes;  /* the kernel takes further vectors while MSI-X is on */
	unsigned high; /* vectors [0, high) are at the device; with @resizes only some of them */
	bool *given;   /* with @resizes: which */
	bool warned;
};

/* @config shows the capability. Finds the table, checks that it lies in its BAR. */
int vfio_msix_open(struct vfio_msix *msix, struct vfio_config *config, struct vfio_device *dev,
	struct err *err);
/* It is off. */
void vfio_msix_close(struct vfio_msix *msix);

/* Whether the guest's capability says that it is on. */
bool vfio_msix_wanted(const struct vfio_msix *msix);

/* Brings everything to what the guest's capability and table say; turns MSI-X on and off. */
void vfio_msix_start(struct vfio_msix *msix, struct irq *irq);
void vfio_msix_stop(struct vfio_msix *msix, struct irq *irq);
void vfio_msix_update(struct vfio_msix *msix, struct irq *irq);

/* The table as after a reset: all vectors masked. */
void vfio_msix_clear(struct vfio_msix *msix);

/* Accesses within the table or the PBA, by offset in them. */
u64 vfio_msix_table_read(struct vfio_msix *msix, u64 offset, unsigned size);
void vfio_msix_table_write(
	struct vfio_msix *msix, struct irq *irq, u64 offset, unsigned size, u64 value);
u64 vfio_msix_pba_read(struct vfio_msix *msix, u64 offset, unsigned size);

#endif
