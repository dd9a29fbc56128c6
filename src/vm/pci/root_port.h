/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI Express root port with one slot, so that an assigned device sits where its drivers expect
 * it: below a port that has a link, a slot number, and ACS that isolates it.
 *
 * It has no hot-plug, for which firmware would reserve I/O and memory windows, and no power
 * management capability, so that no guest suspends the path to the device. It never signals an
 * interrupt, but has MSI, because port drivers ask for it.
 */
#ifndef VM_PCI_ROOT_PORT_H
#define VM_PCI_ROOT_PORT_H

#include "vm/pci/pci_bus.h"

struct root_port_config {
	u8 slot;       /* physical slot number, unique in the machine, from 1 on */
	u8 link_speed; /* PCI_EXP_LNKCAP_SLS_*: 1 to 7, 2.5 to 128 GT/s */
	u8 link_width; /* lanes: 1, 2, 4, 8, 12, 16 or 32 */
	bool io;       /* forwards I/O ports; otherwise its window reads as zero */
	u32 atomics;   /* PCI_EXP_DEVCAP2_ATOMIC_COMP*: atomics that it completes */
	bool no_vga;   /* never forwards legacy VGA */
};

struct root_port {
	struct pci_dev dev;
	struct pci_bus bus;
	char name[24];
};

/*
 * @devfn: on the root bus. Returns -EINVAL if the link's speed or width is invalid, -EBUSY if
 * @devfn is taken.
 */
int root_port_open(struct root_port *port, struct pci_host *host, u8 devfn,
	const struct root_port_config *config, struct err *err);
/*
 * Writes the windows of @bridge in place of firmware; a range of size 0 leaves that window as it
 * is. @io is in whole 4 KiB, the others are in whole MiB, and @memory is below 4 GiB. The lock of
 * the PCI hierarchy is held.
 */
void root_port_set_windows(
	struct pci_dev *bridge, struct range io, struct range memory, struct range prefetch);
/* Nothing may be on its bus any more. */
void root_port_close(struct root_port *port);

#endif
