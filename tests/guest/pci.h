/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions as sysfs shows them. What fails here ends the step. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include "guest.h"

#define PCI_ADDRESS_SIZE 16

struct pci {
	char address[PCI_ADDRESS_SIZE]; /* 0000:00:03.0 */
	int config;                     /* a file: the config space */
};

/*
 * The function at the argument pci=, or the first with the numbers @vendor and @device in the
 * order of addresses. Its driver has to have nothing to do with it.
 */
void pci_open(struct pci *pci, const struct args *args, u16 vendor, u16 device);
/* The same by address. */
void pci_open_address(struct pci *pci, const char *address);
/* Fills @addresses with the functions there are, in order; how many. */
unsigned pci_list(char (*addresses)[PCI_ADDRESS_SIZE], unsigned size);

u16 pci_read16(const struct pci *pci, unsigned offset);
u32 pci_read32(const struct pci *pci, unsigned offset);
void pci_write16(const struct pci *pci, unsigned offset, u16 value);
void pci_write32(const struct pci *pci, unsigned offset, u32 value);
/* The offset of the capability @id; 0 if there is none. */
unsigned pci_capability(const struct pci *pci, u8 id);

/* Maps @size bytes of the memory BAR @bar. */
volatile void *pci_map(const struct pci *pci, unsigned bar, size_t size);
/* Gives the function to @driver, which is loaded, and away from any other. */
void pci_bind(const struct pci *pci, const char *driver);

/*
 * Reports the function's address and how its driver gets interrupts: irq=msix|msi|intx|none, and
 * with MSI or INTx vectors= and interrupts=, the number on all CPUs so far.
 */
void pci_report(const char *address);

#endif
