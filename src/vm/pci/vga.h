/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy VGA: memory A0000h-BFFFFh and ports 3B0h-3BBh and 3C0h-3DFh, which every VGA card decodes,
 * whatever its BARs say. Routing decides which card gets an access: the card's command register
 * must enable memory or I/O, and every bridge above it must have VGA Enable set and forward that
 * space (PCI-to-PCI Bridge 1.2, 3.2.5.18). If a guest routes a range to two cards, the first one
 * keeps it.
 *
 * Bridges without the 16-bit decode bit only compare ten bits of a port's number. So they also
 * forward the aliases of these ports, unless something else decodes them.
 *
 * The implementation of a card embeds the struct, sets pci_dev.vga before the function is on a bus,
 * and keeps both. The lock of the PCI hierarchy is held in updates, but not in accesses.
 */
#ifndef VM_PCI_VGA_H
#define VM_PCI_VGA_H

#include "vm/pci/pci_dev.h"

#define VGA_MEMORY_START 0xa0000u
#define VGA_MEMORY_SIZE  0x20000u
#define VGA_MONO_START   0x3b0u
#define VGA_MONO_SIZE    12u
#define VGA_COLOR_START  0x3c0u
#define VGA_COLOR_SIZE   32u

struct pci_vga_ops {
	/*
	 * @addr: a memory address or a port number, which never coincide. @size as in struct
	 * bus_ops.
	 */
	u64 (*read)(void *owner, u32 addr, unsigned size);
	void (*write)(void *owner, u32 addr, unsigned size, u64 value);
	/* The ranges routed to the card have changed. The lock of the PCI hierarchy is held. */
	void (*routed)(void *owner, bool memory, bool ports);
};

enum pci_vga_part_index {
	PCI_VGA_MEMORY,
	PCI_VGA_MONO,
	PCI_VGA_COLOR,
	PCI_VGA_ALIASES,
	PCI_VGA_PARTS,
};

struct pci_vga_part {
	struct pci_vga *vga;
	struct bus_region region;
	bool on;
};

struct pci_vga {
	const struct pci_vga_ops *ops;
	void *owner;
	struct pci_vga_part parts[PCI_VGA_PARTS]; /* set by pci_vga_update() */
};

/* Called by pci_dev_update() and pci_dev_unmap(). */
void pci_vga_update(struct pci_dev *dev);
void pci_vga_unmap(struct pci_dev *dev);

#endif
