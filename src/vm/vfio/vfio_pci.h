/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function of the host that the guest has as its own: config space, BARs, ROM and
 * interrupts, put together from a struct vfio_device.
 *
 * The owner keeps the struct at one address from open to close. It opens it, puts it on a bus
 * of the guest, and closes it when no vCPU runs any more. Between, the PCI hierarchy calls it
 * under its lock.
 */
#ifndef VM_VFIO_VFIO_PCI_H
#define VM_VFIO_VFIO_PCI_H

#include "pci/addr.h"
#include "vm/vfio/bars.h"
#include "vm/vfio/quirks.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/rom.h"
#include "vm/vfio/watcher.h"

/* Whether the guest has the card's legacy VGA. */
enum vfio_vga_wish {
	VFIO_VGA_AUTO, /* where its firmware needs it and the host's kernel gives it */
	VFIO_VGA_ON,
	VFIO_VGA_OFF,
};

/* What the user chose for one function. */
struct vfio_options {
	const char *rom_file; /* replaces the card's ROM; NULL: the card's own */
	bool rom_off;
	bool mmap_off; /* every access to a BAR exits: slow, for debugging */
	bool msi_off;  /* show neither MSI nor MSI-X */
	bool boot_off; /* firmware is not to start from it */
	bool root_bus; /* no root port above it */
	enum vfio_vga_wish vga;
	bool bios; /* the guest's firmware shows things by legacy VGA only */
	bool quirks_off;
	bool peer;      /* the guest's other devices reach its BARs by DMA */
	bool bars_host; /* its memory BARs are at the host's addresses, too: with all of its slot */
	u8 clique;      /* of GPUDirect, from 1 on; 0: none is told */
};

/* The highest number of a clique is 15. */
#define VFIO_MAX_CLIQUE 16

/* What the guest's firmware is to find in fw_cfg. */
struct vfio_file {
	const char *name;
	const void *bytes; /* the function's */
	u32 size;
};

#define VFIO_MAX_FILES 2

struct vfio_pci {
	struct pci_dev pci;
	struct vfio_device *dev;
	struct pci_addr addr; /* on the host */
	char name[PCI_ADDR_SIZE];
	struct vfio_options options;
	struct pci_bar host_bars[PCI_REGIONS]; /* where the host has them; the owner's to fill */

	struct vfio_config config;
	struct vfio_interrupts interrupts;
	struct vfio_quirks quirks;
	struct vfio_file files[VFIO_MAX_FILES];
	unsigned nr_files;
	bool has_vga; /* by the options, and what the device is */
	struct vfio_vga vga;
	struct vfio_bars bars;
	struct vfio_rom rom;

	const struct vfio_watcher *watcher;
	struct loop_source error;   /* it reported an uncorrectable error */
	struct loop_source request; /* the host wants it back */

	const struct vfio_owned *owned; /* for resets: see reset.h */
	struct vfio_flr flr;
	bool can_reset;      /* VFIO_DEVICE_RESET works */
	bool specific_reset; /* and the kernel has a method made for this model */
	bool pristine;       /* reset, and not turned on by the guest since */
};

/*
 * Closes @dev when it is closed itself, and on failure; the struct is the caller's and stays
 * where it is. The device is read, not changed.
 */
int vfio_pci_open(struct vfio_pci *vp, struct pci_addr addr, struct vfio_device *dev,
	const struct vfio_options *options, const struct vfio_watcher *watcher, struct err *err);

/*
 * Builds what the guest sees and puts it on @bus. @multifunction: others share its slot. On
 * failure the function is not on the bus.
 */
int vfio_pci_attach(
	struct vfio_pci *vp, struct pci_bus *bus, u8 devfn, bool multifunction, struct err *err);

/* Off the bus, interrupts off, device closed. Safe on what failed to open, and twice. */
void vfio_pci_close(struct vfio_pci *vp);

/* For resets: stops the guest's use of it, DMA included; and starts it anew. */
void vfio_pci_quiesce(struct vfio_pci *vp);
void vfio_pci_resume(struct vfio_pci *vp);

#endif
