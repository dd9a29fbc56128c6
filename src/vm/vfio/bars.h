/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BARs of an assigned function. What the kernel lets us map becomes pages in the guest's
 * memory, so that the guest reaches it without an exit; the rest, the pages of the MSI-X
 * table and I/O ports go through tenon.
 *
 * A BAR's mapping begins where the address modulo 1 GiB is as in any place that a guest can
 * give the BAR (BARs are aligned to their size), so that host and KVM can use pages of 2 MiB
 * and 1 GiB.
 *
 * Embedded in the function. Building and closing are the owner's; accesses come from any vCPU.
 */
#ifndef VM_VFIO_BARS_H
#define VM_VFIO_BARS_H

#include "pci/bar.h"
#include "vm/vfio/interrupts.h"
#include "vm/vfio/trap.h"
#include "vm/vfio/vga.h"

#define VFIO_NR_BARS 6
/* Leaving out the pages of the MSI-X table or of an overlay can cut an area in two. */
#define VFIO_MAX_PAGES (VFIO_MAX_AREAS + 1 + VFIO_MAX_OVERLAYS)

struct vfio_bar {
	struct vfio_bars *bars;
	unsigned index;
	struct vfio_region region;
	u8 *host; /* where the BAR's first byte would be; NULL: nothing is mapped */
	void *reserved;
	size_t reserved_size;
	struct pci_bar_page pages[VFIO_MAX_PAGES];
	struct pci_bar_page alias_pages[VFIO_MAX_PAGES]; /* the same at the alias */
	unsigned nr_pages;
	/* Of the MSI-X table and its pending bits, what lies here; size 0: nothing. */
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
 * Adds the BARs to the function that @config built. @vga: settled before an access, open or not.
 * @traps: what is answered here, complete.
 * @map: as pages where that can be; a BAR that the kernel offers and then does not map is an
 * error.
 */
int vfio_bars_build(struct vfio_bars *bars, struct vfio_config *config, struct vfio_device *dev,
	struct vfio_interrupts *interrupts, struct vfio_vga *vga, const struct vfio_traps *traps,
	bool map, struct err *err);
/* The function's BARs are out of the address spaces. */
void vfio_bars_close(struct vfio_bars *bars);

/*
 * Lets memory BARs answer at the host's addresses, too (pci_dev_bar.alias_addr): with the same
 * pages, and what is answered here is answered there. @host: as the host's kernel shows them;
 * -EPROTO where it shows others than VFIO. Before the function is on a bus.
 */
int vfio_bars_alias(
	struct vfio_bars *bars, const struct pci_bar host[PCI_REGIONS], struct err *err);

/*
 * Lets the guest's other devices reach what is mapped by DMA, wherever the guest does. Before the
 * function is on a bus.
 */
void vfio_bars_share(struct vfio_bars *bars);

/* The hardware's registers, past everything. [offset, offset + size) lies in the BAR. */
u64 vfio_bar_hw_read(struct vfio_bar *bar, u64 offset, unsigned size);
void vfio_bar_hw_write(struct vfio_bar *bar, u64 offset, unsigned size, u64 value);

#endif
