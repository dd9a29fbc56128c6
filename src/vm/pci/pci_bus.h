/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI hierarchy: buses, the routing of config accesses to functions, the bridge windows through
 * which memory and port accesses pass, and the routing of INTx pins to GSIs.
 */
#ifndef VM_PCI_PCI_BUS_H
#define VM_PCI_PCI_BUS_H

#include "vm/pci/pci_dev.h"

#define PCI_BUS_DEVFNS 256

struct pci_host;

struct pci_bus {
	struct pci_host *host;
	struct pci_dev *bridge; /* the bridge above; NULL: this is the root bus */
	struct pci_dev *devs[PCI_BUS_DEVFNS];
};

/* The root of the hierarchy. The host bridge embeds it. */
struct pci_host {
	pthread_mutex_t lock; /* recursive; protects everything from the root bus down */
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

/*
 * For handlers of the machine's event loop, which takes the signal that ends the machine: they must
 * not wait for whatever a vCPU waits for while it holds @lock, such as a device's reset. Returns
 * whether it got @lock, within PCI_HOST_PATIENCE_MS; if not, the handler has itself called again.
 */
#define PCI_HOST_PATIENCE_MS 20
bool pci_host_lock_soon(struct pci_host *host);

/* Returns 0, or -EBUSY if @devfn is taken. */
int pci_bus_add(struct pci_bus *bus, struct pci_dev *dev, u8 devfn);
/* The function's BARs must be unmapped first: see pci_dev_unmap(). */
void pci_bus_remove(struct pci_bus *bus, struct pci_dev *dev);

/* Finds a function by guest bus number, as the bridges are programmed now; NULL: there is none. */
struct pci_dev *pci_host_find(struct pci_host *host, u8 bus, u8 devfn);

/* Config accesses by bus, devfn and offset, as decoded from CF8/CFC and ECAM. */
u32 pci_host_config_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size);
void pci_host_config_write(
	struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned size, u32 value);

/* Resets every function below @bus to its sealed config space, and calls its reset operation. */
void pci_bus_reset(struct pci_bus *bus);

/*
 * Maps every BAR below @bus again, and tells functions that the GSIs of their INTx pins may have
 * changed.
 */
void pci_bus_update(struct pci_bus *bus);
void pci_bus_intx_moved(struct pci_bus *bus);

/*
 * Whether every bridge above @bus forwards all of @range to it, as the bridges' windows and command
 * registers are programmed now. @space: PCI_BASE_ADDRESS_SPACE_IO or _MEMORY.
 */
bool pci_bus_forwards(const struct pci_bus *bus, struct range range, u32 space);

#endif
