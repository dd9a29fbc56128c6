/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCIe link of a function (PCIe 7.5.3.6, 7.5.3.8): its current and its maximum speed and width.
 */
#ifndef PCI_LINK_H
#define PCI_LINK_H

#include "base/types.h"

struct pci_link {
	u8 speed;     /* 1 = 2.5 GT/s ... 6 = 64 GT/s, 0 = not known */
	u8 width;     /* lanes; 0 = no link */
	u8 max_speed; /* likewise, of the function itself */
	u8 max_width;
};

/* Reads the PCIe capability; all 0 if there is none, or if this type of function has no link. */
struct pci_link pci_link_read(const u8 *config, unsigned size);

/* "16 GT/s"; "?" where not known. A string constant. */
const char *pci_link_speed_text(u8 speed);
/* The code for a speed in megatransfers per second (2500 -> 1), 0 if it has none. */
u8 pci_link_speed_code(unsigned mts);

/* Writes "16 GT/s x16", or "" without a link. Returns @text. */
#define PCI_LINK_TEXT_SIZE 24
char *pci_link_text(u8 speed, u8 width, char text[PCI_LINK_TEXT_SIZE]);

#endif
