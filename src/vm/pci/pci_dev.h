/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI function as the guest sees it: config space, BARs and its place on a bus.
 *
 * Whoever implements a function embeds struct pci_dev, fills the config space with
 * pci_dev_init() and the pci_dev_add_*() helpers, and puts it on a bus. The owner keeps it; it
 * lives as long as the machine. All callbacks run under the lock of the PCI hierarchy
 * (struct pci_host), except the accesses to BARs.
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

/* A part of a memory BAR with host pages behind it: the guest reaches it without an exit. */
struct pci_bar_page {
	u64 offset; /* in the BAR; @region.range.size long */
	struct mem_region region;
	bool mapped;
};

/* A place in a memory BAR where a write of any size signals an eventfd, without an exit. */
struct pci_bar_doorbell {
	u64 offset; /* in the BAR */
	int eventfd;
	bool mapped; /* otherwise the write exits and @ops serves it */
};

/* A place in an address space where a BAR answers. */
struct pci_bar_place {
	struct pci_bar_page *pages; /* as many as the BAR has */

	/* Of pci_dev_update(): */
	struct bus_region region;
	bool mapped;
};

struct pci_dev_bar {
	u64 size;  /* a power of two; 0: not implemented */
	u32 flags; /* PCI_BASE_ADDRESS_*: space, 64-bit, prefetchable */
	/* What answers accesses that no page serves; offsets are in the BAR. */
	const struct bus_ops *ops;
	void *owner;
	pthread_mutex_t *lock; /* as in struct bus_region */
	unsigned nr_pages;
	struct pci_bar_doorbell *doorbells; /* of @place alone */
	unsigned nr_doorbells;
	struct pci_bar_place place; /* where the register puts it */
	/*
	 * A second address where a memory BAR answers while the function decodes memory, whatever
	 * its register and the bridges above it say; 0: none. What else is there wins.
	 */
	u64 alias_addr;
	struct pci_bar_place alias; /* its pages have FLAT_RANK_ALIAS */
};

struct pci_dev_ops {
	/*
	 * Any size of 1, 2 or 4 at its natural alignment, within the 4 KiB. NULL: the plain
	 * pci_dev_config_read() and _write().
	 */
	u32 (*config_read)(struct pci_dev *dev, u16 offset, unsigned size);
	void (*config_write)(struct pci_dev *dev, u16 offset, unsigned size, u32 value);
	/* The bus is reset or the machine starts; the config space is set back before. */
	void (*reset)(struct pci_dev *dev);
	/* The GSI of the function's INTx pin may have changed: see pci_dev_intx_gsi(). */
	void (*intx_moved)(struct pci_dev *dev);
	/* Where BARs are decoded has changed. */
	void (*moved)(struct pci_dev *dev);
};

struct pci_dev {
	const char *name; /* for messages, e.g. "0000:01:00.0" of the host */
	u8 devfn;
	struct pci_bus *bus;
	const struct pci_dev_ops *ops;
	void *owner;

	u8 config[PCI_CONFIG_SIZE];
	u8 initial[PCI_CONFIG_SIZE]; /* @config at reset */
	u8 writable[PCI_CONFIG_SIZE];
	u8 write1clear[PCI_CONFIG_SIZE];
	u16 cap_end;  /* the first byte behind the capabilities */
	bool asleep;  /* in D1 to D3, where only config accesses are answered */
	bool trapped; /* no pages of BARs in the guest's memory: each access exits */
	struct pci_dev_bar bars[PCI_NUM_BARS];
	struct pci_vga *vga; /* legacy VGA, see vga.h; NULL: none */
	bool intx_level;     /* what the function wants of its pin */
	int intx_held_gsi;   /* the GSI that it holds, -1: none */

	/* For bridges: the bus below, else NULL. */
	struct pci_bus *secondary;
};

/*
 * Clears @dev and fills the header's ids. @class: 24 bits, class, sub-class, interface.
 * @header_type: PCI_HEADER_TYPE_NORMAL or _BRIDGE. The usual bits become writable.
 */
void pci_dev_init(struct pci_dev *dev, const char *name, const struct pci_dev_ops *ops, u16 vendor,
	u16 device, u32 class, u8 header_type);

/*
 * Adds a capability of @size bytes at @offset (0: behind the others) to the front of the list; its
 * body is zero and read-only. Returns the offset, or -ENOSPC.
 */
int pci_dev_add_cap(struct pci_dev *dev, u8 id, u8 offset, u8 size);

/* Makes BAR @index answer. @flags as in struct pci_dev_bar. Sets the register's writable bits. */
void pci_dev_set_bar(struct pci_dev *dev, unsigned index, u64 size, u32 flags);

/* Once everything is in place: what the config space holds now is what a reset gives. */
void pci_dev_seal(struct pci_dev *dev);

/* The registers as they were sealed: no BAR answers, INTx is down. Under the host's lock. */
void pci_dev_reset(struct pci_dev *dev);

u32 pci_dev_config_read(struct pci_dev *dev, u16 offset, unsigned size);
/*
 * Honours @writable and @write1clear; calls pci_dev_update() where the command register, a BAR
 * or a bridge's window was written.
 */
void pci_dev_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value);

/*
 * Maps and unmaps the BARs, here and below, as the command registers and the bridges say.
 * Whoever changes the config space by other ways than pci_dev_config_write() calls it.
 */
void pci_dev_update(struct pci_dev *dev);

/* Takes every BAR out of the address spaces, before the owner goes. */
void pci_dev_unmap(struct pci_dev *dev);

/*
 * After a change of @trapped, or of what pages there are behind one that is decoded now: maps and
 * unmaps pages only. The BARs answer all the while.
 */
void pci_dev_update_pages(struct pci_dev *dev);

/* Where the register of BAR @index puts it now; size 0: nowhere. */
struct range pci_dev_bar_range(const struct pci_dev *dev, unsigned index);

/* The level of the function's INTx pin. Any thread. */
void pci_dev_set_intx(struct pci_dev *dev, bool level);
/* The way of the pin may have changed. Called by the bus. */
void pci_dev_intx_moved(struct pci_dev *dev);
/* The GSI that the pin reaches; -1 without a pin. */
int pci_dev_intx_gsi(const struct pci_dev *dev);

static inline u16 pci_dev_command(const struct pci_dev *dev)
{
	return dev->config[PCI_COMMAND] | dev->config[PCI_COMMAND + 1] << 8;
}

#endif
