/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base address registers: a region's kind, address and size. Config space does not show the size
 * without writing to it, so it comes from sysfs or from a dump. Plain values.
 */
#ifndef PCI_BAR_H
#define PCI_BAR_H

#include "base/types.h"

#define PCI_BARS    6
#define PCI_BAR_ROM 6 /* index of the expansion ROM in an array of regions */
#define PCI_REGIONS 7

enum pci_bar_flags {
	PCI_BAR_IO = 1,
	PCI_BAR_64BIT = 2,
	PCI_BAR_PREFETCH = 4,
	PCI_BAR_OFF = 8,     /* decoding is off, or it has no address */
	PCI_BAR_SHADOW = 16, /* the ROM region shows a copy in RAM at C0000h */
};

struct pci_bar {
	u64 start;
	u64 size; /* 0: there is no such region, or its size is not known */
	u8 flags;
};

/*
 * Reads one line of a sysfs `resource` file, "start end flags" in hexadecimal. A line of zeros
 * gives an empty region. Returns the length of the line with its newline, 0 if it is malformed.
 */
unsigned pci_bar_scan_resource(const char *line, struct pci_bar *bar);

/* Writes a size as "256M", "4K", "128". Returns @text. */
#define PCI_BAR_TEXT_SIZE 24
char *pci_bar_size_text(u64 size, char text[PCI_BAR_TEXT_SIZE]);
/*
 * Reads "256M", "4K", "128", as lspci writes them. Returns how many characters were read, 0 if
 * none.
 */
unsigned pci_bar_scan_size(const char *text, u64 *size);

#endif
