/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI hierarchy: buses, the way of a config access to its function, the windows through
 * which memory and ports pass bridges, and the way of an INTx pin to its GSI.
 */
#ifndef VM_PCI_PCI_BUS_H
#define VM_PCI_PCI_BUS_H

#include "vm/pci/pci_dev.h"

#define PCI_BUS_DEVFNS 256

struct pci_host;

struct pci_bus {
	struct pci_host *host;
	struct pci_dev *bridge; /* what leads here; NULL: this is the root bus */
	struct pci_dev *devs[PCI_BUS_DEVFNS];
};

/* The root of the hierarchy, and what it is made of. The host bridge embeds it. */
struct pci_host {
	pthread_mutex_t lock; /* recursive; guards everything below the root bus */
	struct pci_bus root;
	struct bus *mmio;
	struct bus *pio;
	struct mem *mem;
	struct irq *irq;
	/* INTx of the root bus: the GSI for a device number and pin (0 to 3). */
	unsigned (*intx_gsi)(struct pci_host *host, unsigned device, unsigned pin);
};

int pci_host_init(
	struct pci_host *host, struct bus *mmio, struct bus *pio, struct mem *mem, struct irq *irq);
void pci_host_close(struct pci_host *host);

/* -EBUSY where the place is taken. */
int pci_bus_add(struct pci_bus *bus, struct pci_dev *dev, u8 devfn);
/* The function's BARs are to be unmapped before: see pci_dev_unmap(). */
void pci_bus_remove(struct pci_bus *bus, struct pci_dev *dev);

/* By guest bus number, as the bridges are programmed now; NULL: nobody answers. */
struct pci_dev *pci_host_find(struct pci_host *host, u8 bus, u8 devfn);

/* Config accesses by bus, devfn and offset: what CF8/CFC and ECAM decode to. */
u32 pci_host_config_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size);
void pci_host_config_write(
	struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size, u32 value);

/* Sets every function below @bus back to its sealed config space and calls its reset. */
void pci_bus_reset(struct pci_bus *bus);

/* Maps every BAR below @bus anew, and tells functions that their INTx may have moved. */
void pci_bus_update(struct pci_bus *bus);
void pci_bus_intx_moved(struct pci_bus *bus);

/*
 * Whether every bridge above @bus forwards all of @range down to it, as their windows and
 * command registers are programmed now. @space: PCI_BASE_ADDRESS_SPACE_IO or _MEMORY.
 */
bool pci_bus_forwards(const struct pci_bus *bus, struct range range, u32 space);

#endif
