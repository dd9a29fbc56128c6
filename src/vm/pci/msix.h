/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X of an emulated function: the capability, the table and the pending bits (PCI Express 5.0,
 * 7.7.2). Each source of interrupts in the function has an eventfd. The driver assigns a table
 * entry to each source; several sources may share one. When the eventfd is signalled, the kernel
 * delivers the message to the guest. While the entry is masked, the signal stays pending in the
 * eventfd.
 *
 * All functions need the lock of the PCI hierarchy, except those of the BAR, which take it. The
 * caller owns the structs.
 */
#ifndef VM_PCI_MSIX_H
#define VM_PCI_MSIX_H

#include "vm/irq/vector.h"
#include "vm/pci/pci_dev.h"

#define PCI_MSIX_NO_ENTRY    0xffff
#define PCI_MSIX_MAX_SOURCES 72

struct pci_msix_source {
	struct irq_vector vector;
	u16 entry; /* any number; PCI_MSIX_NO_ENTRY: no interrupts */
};

struct pci_msix {
	struct pci_dev *pci;
	u8 cap; /* 0: not open */
	unsigned nr;
	u32 table, pba; /* offsets in the BAR */
	u8 *entries;
	struct pci_msix_source *sources[PCI_MSIX_MAX_SOURCES];
	unsigned nr_sources;
};

/*
 * Adds the capability with @nr entries; @table and @pba are offsets in BAR @bar. Call it before
 * pci_dev_seal().
 */
int pci_msix_open(struct pci_msix *msix, struct pci_dev *pci, unsigned nr, u8 bar, u32 table,
	u32 pba, struct err *err);
/* Also detaches the sources; their eventfds stay open. Safe on a zeroed struct. */
void pci_msix_close(struct pci_msix *msix);
/* Returns to the state after power-on: every entry is masked and no source has one. */
void pci_msix_reset(struct pci_msix *msix);

/* Adds @source, which signals by @eventfd; the caller keeps it. At most PCI_MSIX_MAX_SOURCES. */
void pci_msix_add(struct pci_msix *msix, struct pci_msix_source *source, int eventfd);

bool pci_msix_enabled(const struct pci_msix *msix);
/* After a change of the capability's message control word. */
void pci_msix_update(struct pci_msix *msix);
void pci_msix_set_entry(struct pci_msix *msix, struct pci_msix_source *source, u16 entry);

/*
 * [@offset, @offset + @size) lies within the table; @size is 4 or 8, and @offset is a multiple of
 * it.
 */
u64 pci_msix_table_read(const struct pci_msix *msix, u64 offset, unsigned size);
void pci_msix_table_write(struct pci_msix *msix, u64 offset, unsigned size, u64 value);
u64 pci_msix_pba_read(const struct pci_msix *msix, u64 offset, unsigned size);

/*
 * The same for any access to the part of a BAR that holds the table and up to 64 pending bits, for
 * a BAR whose region has no lock. @offset is that in the BAR. What is neither, smaller than 4 bytes
 * or not aligned reads as 0, and is not written.
 */
u64 pci_msix_bar_read(const struct pci_msix *msix, u64 offset, unsigned size);
void pci_msix_bar_write(struct pci_msix *msix, u64 offset, unsigned size, u64 value);

#endif
