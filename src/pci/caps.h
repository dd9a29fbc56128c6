/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capability lists of a config space held in a buffer: the list from offset 34h within the
 * first 256 bytes, and the extended one from 100h. A buffer ends where the reader's rights or the
 * dump ended (64, 256 or 4096 bytes); capabilities beyond are not found. A list that loops or
 * points outside ends the walk. The caller owns all buffers.
 */
#ifndef PCI_CAPS_H
#define PCI_CAPS_H

#include "base/types.h"

#define PCI_CONFIG_SIZE 4096u

struct pci_cap {
	u16 id;
	u16 pos;    /* offset in config space, 0 before the first and after the last */
	u8 version; /* of an extended capability */
	u8 steps;   /* steps taken so far; bounds the walk */
};

/*
 * Moves to the next capability: start with a zeroed @cap. Returns false at the end.
 *
 *	struct pci_cap cap = { 0 };
 *
 *	while (pci_cap_next(config, size, &cap))
 */
bool pci_cap_next(const u8 *config, unsigned size, struct pci_cap *cap);
bool pci_ext_cap_next(const u8 *config, unsigned size, struct pci_cap *cap);

/*
 * The offset of the first capability @id that has @need bytes inside the buffer, or 0.
 */
unsigned pci_cap_find(const u8 *config, unsigned size, u8 id, unsigned need);
unsigned pci_ext_cap_find(const u8 *config, unsigned size, u16 id, unsigned need);

/*
 * Reads config space by following the lists, and touches nothing but the header and the
 * capabilities, because some devices hang when other registers are read. @read reads a piece and
 * returns the number of bytes; fewer, or a negative value, means that the space ends. @config has
 * PCI_CONFIG_SIZE bytes; bytes that were not read are 0. Returns the size that a walk may use: 0,
 * 64, 256 or 4096.
 */
typedef long (*pci_read_fn)(void *from, unsigned pos, void *bytes, unsigned size);
unsigned pci_config_collect(pci_read_fn read, void *from, u8 *config);

#endif
