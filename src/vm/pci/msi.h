/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI of an emulated function with one message and no mask bit (PCI 3.0, 6.8.1). The function
 * signals an eventfd, and the kernel delivers the message to the guest.
 *
 * Everything but the signal needs the lock of the PCI hierarchy. The caller owns the struct.
 */
#ifndef VM_PCI_MSI_H
#define VM_PCI_MSI_H

#include "vm/irq/vector.h"
#include "vm/pci/pci_dev.h"

#define PCI_MSI_SIZE 14 /* with a 64-bit address */

struct pci_msi {
	struct pci_dev *pci;
	u8 cap; /* 0: not open */
	struct irq_vector vector;
};

/*
 * Adds the capability at @offset (0: after the others), before pci_dev_seal(). The caller keeps
 * @eventfd.
 */
int pci_msi_open(struct pci_msi *msi, struct pci_dev *pci, u8 offset, int eventfd, struct err *err);
/* Safe on a zeroed struct. */
void pci_msi_close(struct pci_msi *msi);

bool pci_msi_enabled(const struct pci_msi *msi);
/* After a write to [@offset, @offset + @size) of config space, or after a reset (size 0). */
void pci_msi_update(struct pci_msi *msi, u16 offset, unsigned size);

#endif
