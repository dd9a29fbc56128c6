/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI function as the guest sees it: config space, BARs and its place on a bus.
 *
 * The implementation of a function embeds struct pci_dev, fills the config space with
 * pci_dev_init() and the pci_dev_add_*() helpers, and puts it on a bus. It keeps the struct for the
 * machine's life. The lock of the PCI hierarchy (struct pci_host) is held in all callbacks, except
 * in accesses to BARs.
 *
 * PCI Express Base Specification 5.0 chapter 7, PCI Local Bus Specification 3.0 chapter 6.
 */
#ifndef VM_PCI_PCI_DEV_H
#define VM_PCI_PCI_DEV_H

#include <linux/pci_regs.h>

#include "base/err.h"
#include "pci/caps.h"
#include "vm/bus/bus.h"
#include "vm/irq/irq.h"
#include "vm/mem/mem.h"

#define PCI_NUM_BARS 7 /* six BARs and the expansion ROM */
#define PCI_ROM_BAR  6

#define PCI_DEVFN_OF(dev, fn) ((u8)(((dev) << 3) | (fn)))
#define PCI_DEV_OF(devfn)     ((devfn) >> 3)
#define PCI_FN_OF(devfn)      ((devfn)&7)

struct pci_bus;
struct pci_dev;
struct pci_vga;

/* A part of a memory BAR that is backed by host pages: the guest accesses it without an exit. */
struct pci_bar_page {
	u64 offset; /* in the BAR; its length is @region.range.size */
	struct mem_region region;
	bool mapped;
};

/* An address in a memory BAR where a write of any size signals an eventfd, without an exit. */
struct pci_bar_doorbell {
	u64 offset; /* in the BAR */
	int eventfd;
	bool mapped; /* otherwise the write exits and @ops handles it */
};

/* A range in an address space where a BAR is mapped. */
struct pci_bar_place {
	struct pci_bar_page *pages; /* @nr_pages of the BAR */

	/* Set by pci_dev_update(): */
	struct bus_region region;
	bool mapped;
};

struct pci_dev_bar {
	u64 size;  /* a power of two; 0: not implemented */
	u32 flags; /* PCI_BASE_ADDRESS_*: space, 64-bit, prefetchable */
	/* Handles accesses that no page serves; offsets are in the BAR. */
	const struct bus_ops *ops;
	void *owner;
	pthread_mutex_t *lock; /* as in struct bus_region */
	unsigned nr_pages;
	struct pci_bar_doorbell *doorbells; /* for @place only */
	unsigned nr_doorbells;
	struct pci_bar_place place; /* as programmed in the register */
	/*
	 * A second address where a memory BAR answers while the function decodes memory, whatever
	 * its register and the bridges above it say; 0: none. Anything else at this address wins.
	 */
	u64 alias_addr;
	struct pci_bar_place alias; /* its pages have FLAT_RANK_ALIAS */
};

struct pci_dev_ops {
	/*
	 * @size is 1, 2 or 4, and the access is naturally aligned and within the 4 KiB. NULL: call
	 * pci_dev_config_read() and _write().
	 */
	u32 (*config_read)(struct pci_dev *dev, u16 offset, unsigned size);
	void (*config_write)(struct pci_dev *dev, u16 offset, unsigned size, u32 value);
	/* The bus is reset, or the machine starts; the config space has been reset before. */
	void (*reset)(struct pci_dev *dev);
	/* The GSI of the function's INTx pin may have changed: see pci_dev_intx_gsi(). */
	void (*intx_moved)(struct pci_dev *dev);
	/* BARs have been mapped or unmapped, or have moved. */
	void (*moved)(struct pci_dev *dev);
};

struct pci_dev {
	const char *name; /* for messages, e.g. "0000:01:00.0" of the host */
	u8 devfn;
	struct pci_bus *bus;
	const struct pci_dev_ops *ops;
	void *owner;

	u8 config[PCI_CONFIG_SIZE];
	u8 initial[PCI_CONFIG_SIZE]; /* @config after a reset */
	u8 writable[PCI_CONFIG_SIZE];
	u8 write1clear[PCI_CONFIG_SIZE];
	u16 cap_end;  /* offset of the first byte after the capabilities */
	bool asleep;  /* in D1 to D3, where it only answers config accesses */
	bool trapped; /* do not map pages of BARs: each access exits */
	struct pci_dev_bar bars[PCI_NUM_BARS];
	struct pci_vga *vga; /* legacy VGA, see vga.h; NULL: none */
	bool intx_level;     /* whether the function asserts its pin */
	int intx_held_gsi;   /* the GSI that it asserts; -1: none */

	/* For bridges: the bus below; otherwise NULL. */
	struct pci_bus *secondary;
};

/*
 * Clears @dev and fills in the ids. @class: 24 bits, with class, subclass and interface.
 * @header_type: PCI_HEADER_TYPE_NORMAL or _BRIDGE. The standard writable bits become writable.
 */
void pci_dev_init(struct pci_dev *dev, const char *name, const struct pci_dev_ops *ops, u16 vendor,
	u16 device, u32 class, u8 header_type);

/*
 * Adds a capability of @size bytes at @offset (0: after the others), at the front of the list. Its
 * body is zero and read-only. Returns the offset, or -ENOSPC.
 */
int pci_dev_add_cap(struct pci_dev *dev, u8 id, u8 offset, u8 size);

/* Implements BAR @index. @flags as in struct pci_dev_bar. Sets the register's writable bits. */
void pci_dev_set_bar(struct pci_dev *dev, unsigned index, u64 size, u32 flags);

/* Call it when the config space is complete: a reset restores its present contents. */
void pci_dev_seal(struct pci_dev *dev);

/*
 * Restores the sealed config space: no BAR answers, and INTx is deasserted. Takes no lock: the
 * host's must be held.
 */
void pci_dev_reset(struct pci_dev *dev);

u32 pci_dev_config_read(struct pci_dev *dev, u16 offset, unsigned size);
/*
 * Honours @writable and @write1clear. Calls pci_dev_update() after a write to the command register,
 * a BAR or a bridge window.
 */
void pci_dev_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value);

/*
 * Maps and unmaps the BARs of this function, and of all below it, as the command registers and the
 * bridges say. Call it after a change of the config space other than by pci_dev_config_write().
 */
void pci_dev_update(struct pci_dev *dev);

/* Unmaps all BARs from the address spaces, before the owner frees them. */
void pci_dev_unmap(struct pci_dev *dev);

/*
 * Call it after a change of @trapped, or of the pages of a BAR that is decoded now: it only maps
 * and unmaps pages. The BARs answer all the time.
 */
void pci_dev_update_pages(struct pci_dev *dev);

/* The range to which the register of BAR @index maps it now; size 0: not mapped. */
struct range pci_dev_bar_range(const struct pci_dev *dev, unsigned index);

/* Sets the level of the function's INTx pin. Any thread. */
void pci_dev_set_intx(struct pci_dev *dev, bool level);
/* The pin's routing may have changed. Called by the bus. */
void pci_dev_intx_moved(struct pci_dev *dev);
/* The GSI that the pin is routed to; -1 if there is no pin. */
int pci_dev_intx_gsi(const struct pci_dev *dev);

static inline u16 pci_dev_command(const struct pci_dev *dev)
{
	return dev->config[PCI_COMMAND] | dev->config[PCI_COMMAND + 1] << 8;
}

#endif
