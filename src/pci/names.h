/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of vendors, devices and classes from the pci.ids database, through libpci but without its
 * cache of names in the caller's home, and ids from names for dumps that have no numbers. The
 * database is loaded at the first look-up (10 to 20 ms). A struct pci_names is its opener's; one
 * thread at a time.
 */
#ifndef PCI_NAMES_H
#define PCI_NAMES_H

#include "base/types.h"

struct pci_names;

#define PCI_NAME_SIZE 256

/* NULL without memory. Without a database every name is a number. */
struct pci_names *pci_names_open(void);
/* NULL is fine. */
void pci_names_close(struct pci_names *names);

/* "NVIDIA Corporation GA102 [GeForce RTX 3090]". Returns @text. */
char *pci_names_device(struct pci_names *names, u16 vendor, u16 device, char text[PCI_NAME_SIZE]);

/* The base and sub class as words: "VGA compatible controller". Returns @text. */
char *pci_names_class(struct pci_names *names, u16 class, char text[PCI_NAME_SIZE]);

/* The base and sub class that a dump names so, in any case, or -1. */
int pci_names_find_class(struct pci_names *names, const char *text, size_t len);

/*
 * The ids that a dump's "Vendor Device name" stands for. Returns how much was found: 0 nothing,
 * 1 the vendor, 2 both. Names change over the years and repeat; the first match counts.
 */
int pci_names_find_device(
	struct pci_names *names, const char *text, size_t len, u16 *vendor, u16 *device);

#endif
