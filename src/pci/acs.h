/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access Control Services (PCIe 6.12, 7.7.11): whether a port or a function of a multi-function
 * device sends requests up to the root complex instead of straight to a neighbour. Plain values.
 */
#ifndef PCI_ACS_H
#define PCI_ACS_H

#include <linux/pci_regs.h>

#include "base/types.h"

/*
 * The bits that Linux requires at each port on the way up before it gives a device its own group.
 */
#define PCI_ACS_ISOLATION (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

struct pci_acs {
	bool present;
	u16 cap;  /* what the hardware offers */
	u16 ctrl; /* what is switched on */
};

/* Decodes the capability in a config space; ->present is false if the buffer does not hold it. */
struct pci_acs pci_acs_read(const u8 *config, unsigned size);

/*
 * The bits of @want that are offered but off. A bit that is not offered counts as satisfied, as in
 * Linux, which trusts the hardware to have no such path. The caller checks ->present.
 */
u16 pci_acs_missing(struct pci_acs acs, u16 want);

/* Writes "SV RR CR UF", or "none". Returns @text. */
#define PCI_ACS_TEXT_SIZE 64
char *pci_acs_text(u16 bits, char text[PCI_ACS_TEXT_SIZE]);

/* Writes "source validation, request redirect": the same in words. Returns @text. */
#define PCI_ACS_WORDS_SIZE 192
char *pci_acs_words(u16 bits, char text[PCI_ACS_WORDS_SIZE]);

#endif
