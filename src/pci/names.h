/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks up names of vendors, devices and classes in the pci.ids database, and ids by name for dumps
 * that have no numbers. Uses libpci, but not its cache in the user's home directory. The first
 * look-up loads the database (10 to 20 ms). The caller owns a struct pci_names; one thread at a
 * time may use it.
 */
#ifndef PCI_NAMES_H
#define PCI_NAMES_H

#include "base/types.h"

struct pci_names;

#define PCI_NAME_SIZE 256

/* Returns NULL when memory runs out. Without a database every name is a number. */
struct pci_names *pci_names_open(void);
/* @names may be NULL. */
void pci_names_close(struct pci_names *names);

/* "NVIDIA Corporation GA102 [GeForce RTX 3090]". Returns @text. */
char *pci_names_device(struct pci_names *names, u16 vendor, u16 device, char text[PCI_NAME_SIZE]);

/* The base and sub class as words: "VGA compatible controller". Returns @text. */
char *pci_names_class(struct pci_names *names, u16 class, char text[PCI_NAME_SIZE]);

/* The base and sub class with a name from a dump, regardless of case, or -1. */
int pci_names_find_class(struct pci_names *names, const char *text, size_t len);

/*
 * Finds the ids for "Vendor Device name" in a dump. Returns 0 if neither was found, 1 for the
 * vendor only, 2 for both. Names change over the years and are not unique; the first match is
 * taken.
 */
int pci_names_find_device(
	struct pci_names *names, const char *text, size_t len, u16 *vendor, u16 *device);

#endif
