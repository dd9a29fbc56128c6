/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI of an emulated function with one message and no mask bit (PCI 3.0, 6.8.1): a signal of an
 * eventfd goes to the guest in the kernel.
 *
 * Everything but the signal runs under the PCI hierarchy's lock. The caller owns the struct.
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
 * Adds the capability at @offset (0: behind the others), before pci_dev_seal(). @eventfd stays the
 * caller's.
 */
int pci_msi_open(struct pci_msi *msi, struct pci_dev *pci, u8 offset, int eventfd, struct err *err);
/* Safe on a zeroed struct. */
void pci_msi_close(struct pci_msi *msi);

bool pci_msi_enabled(const struct pci_msi *msi);
/* After a write of [@offset, @offset + @size) of the config space, or a reset: size 0. */
void pci_msi_update(struct pci_msi *msi, u16 offset, unsigned size);

#endif
