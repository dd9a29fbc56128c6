/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI Express root port with one slot behind it, for an assigned card to sit where its
 * drivers expect it: below a port with a link, an isolating ACS and a slot number.
 *
 * No hot-plug, which would cost firmware I/O and memory windows, and no power management
 * capability, so that no guest puts the way to the card to sleep. It signals nothing, but has
 * an interrupt, which drivers of ports ask for.
 */
#ifndef VM_PCI_ROOT_PORT_H
#define VM_PCI_ROOT_PORT_H

#include "vm/pci/pci_bus.h"

struct root_port_config {
	u8 slot;       /* physical slot number, unique in the machine, from 1 on */
	u8 link_speed; /* PCI_EXP_LNKCAP_SLS_*: 1 to 7, 2.5 to 128 GT/s */
	u8 link_width; /* lanes: 1, 2, 4, 8, 12, 16 or 32 */
	bool io;       /* forwards I/O ports; otherwise its window reads as zero */
	u32 atomics;   /* PCI_EXP_DEVCAP2_ATOMIC_COMP*: what the way to memory completes */
	bool no_vga;   /* forwards no legacy VGA, whatever the guest says */
};

struct root_port {
	struct pci_dev dev;
	struct pci_bus bus;
	char name[24];
};

/*
 * @devfn: on the root bus. Returns -EINVAL for a link that does not exist, -EBUSY where the
 * place is taken.
 */
int root_port_open(struct root_port *port, struct pci_host *host, u8 devfn,
	const struct root_port_config *config, struct err *err);
/* What is on its bus is gone already. */
void root_port_close(struct root_port *port);

#endif
