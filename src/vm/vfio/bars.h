/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BARs of an assigned function. Areas that the kernel lets us mmap become pages of guest
 * memory, so that the guest accesses them without an exit. Tenon handles all other accesses: those
 * to other areas, to the pages of the MSI-X table, and to I/O ports.
 *
 * The mapping's host virtual address is congruent modulo 1 GiB to every address that a guest can
 * give the BAR (BARs are aligned to their size), so that the host and KVM can use pages of 2 MiB
 * and 1 GiB.
 *
 * Embedded in the function, whose owner builds and closes it. Any vCPU may access the BARs.
 */
#ifndef VM_VFIO_BARS_H
#define VM_VFIO_BARS_H

#include "pci/bar.h"
#include "vm/vfio/interrupts.h"
#include "vm/vfio/trap.h"
#include "vm/vfio/vga.h"

#define VFIO_NR_BARS 6
/* Leaving out the pages of the MSI-X table or of a trap can cut an area in two. */
#define VFIO_MAX_PAGES (VFIO_MAX_AREAS + 1 + VFIO_MAX_TRAPS)

struct vfio_bar {
	struct vfio_bars *bars;
	unsigned index;
	struct vfio_region region;
	u8 *host; /* host address of the BAR's first byte; NULL: nothing is mapped */
	void *reserved;
	size_t reserved_size;
	struct pci_bar_page pages[VFIO_MAX_PAGES];
	struct pci_bar_page alias_pages[VFIO_MAX_PAGES]; /* the same pages for the alias */
	unsigned nr_pages;
	/* The parts of the MSI-X table and of the PBA that lie in this BAR; size 0: none. */
	struct range table;
	struct range pba;
};

struct vfio_bars {
	struct vfio_config *config;
	struct vfio_device *dev;
	struct vfio_interrupts *interrupts;
	struct vfio_vga *vga;
	const struct vfio_traps *traps;
	struct vfio_bar bar[VFIO_NR_BARS];
};

/*
 * Adds the BARs to the function that @config built. @vga: its queued accesses are flushed before
 * each BAR access; it need not be open. @traps: accesses that tenon handles itself; complete by
 * now. @map: map the BARs where possible; it is an error if the kernel offers to map a BAR and then
 * refuses.
 */
int vfio_bars_build(struct vfio_bars *bars, struct vfio_config *config, struct vfio_device *dev,
	struct vfio_interrupts *interrupts, struct vfio_vga *vga, const struct vfio_traps *traps,
	bool map, struct err *err);
/* The function's BARs must be unmapped from the guest's address spaces. */
void vfio_bars_close(struct vfio_bars *bars);

/*
 * Makes memory BARs answer at the host's addresses, too (pci_dev_bar.alias_addr), with the same
 * pages and the same traps. @host: the BARs as the host's sysfs shows them; -EPROTO if they differ
 * from VFIO's. Call it before the function is on a bus.
 */
int vfio_bars_alias(
	struct vfio_bars *bars, const struct pci_bar host[PCI_REGIONS], struct err *err);

/*
 * Lets the guest's devices reach the mapped parts by DMA, wherever the guest puts the BARs: those
 * of BARs of up to @max bytes; ~0: of all, and the user has asked for it. Call it before the
 * function is on a bus.
 */
void vfio_bars_share(struct vfio_bars *bars, u64 max);

/* Access the hardware's registers and bypass all traps. [offset, offset + size) lies in the BAR. */
u64 vfio_bar_hw_read(struct vfio_bar *bar, u64 offset, unsigned size);
void vfio_bar_hw_write(struct vfio_bar *bar, u64 offset, unsigned size, u64 value);

#endif
