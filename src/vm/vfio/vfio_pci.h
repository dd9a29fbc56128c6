/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host function that is assigned to the guest: config space, BARs, ROM and interrupts, on top of
 * a struct vfio_device.
 *
 * The struct must not move between open and close. The owner opens it, puts it on a bus of the
 * guest, and closes it when no vCPU runs any more. In between the PCI hierarchy calls it with its
 * lock held.
 */
#ifndef VM_VFIO_VFIO_PCI_H
#define VM_VFIO_VFIO_PCI_H

#include "pci/addr.h"
#include "vm/vfio/bars.h"
#include "vm/vfio/quirks.h"
#include "vm/vfio/reset.h"
#include "vm/vfio/rom.h"
#include "vm/vfio/watcher.h"

/* Whether the guest gets the device's legacy VGA. */
enum vfio_vga_wish {
	VFIO_VGA_AUTO, /* if the guest's firmware needs it and the host's kernel offers it */
	VFIO_VGA_ON,
	VFIO_VGA_OFF,
};

/* What the user chose for one function. */
/* Which BARs the guest's devices, also this one itself, reach by DMA. */
enum vfio_peer {
	VFIO_PEER_SMALL, /* those of up to VFIO_PEER_MAX bytes, which the kernel maps in no time */
	VFIO_PEER_ON,
	VFIO_PEER_OFF,
};

#define VFIO_PEER_MAX (64 * MIB)

struct vfio_options {
	const char *rom_file; /* replaces the device's ROM; NULL: use the device's */
	bool rom_off;
	bool mmap_off; /* every access to a BAR exits: slow, for debugging */
	bool msi_off;  /* show neither MSI nor MSI-X */
	bool boot_off; /* firmware must not boot from it */
	bool root_bus; /* on the root bus, without a root port */
	bool managed;  /* the caller binds it to VFIO for the time of the machine */
	enum vfio_vga_wish vga;
	bool vga_screen; /* the guest's first screen is a card's legacy VGA */
	bool quirks_off;
	enum vfio_peer peer;
	bool bars_host; /* its memory BARs answer at the host's addresses, too */
	u32 subsystem;  /* the register, 2Ch, for the guest; 0: the device's own */
	u8 clique;      /* GPUDirect clique plus 1; 0: none is shown */
};

/* Whether a function gets legacy VGA. @card: it is a VGA card that has it (class 0300). */
static inline bool vfio_wants_vga(const struct vfio_options *options, bool card)
{
	if (options->vga != VFIO_VGA_AUTO)
		return options->vga == VFIO_VGA_ON;
	return options->vga_screen && card;
}

/* Cliques are numbered from 0 to 15. */
#define VFIO_MAX_CLIQUE 16

/* A file that the guest's firmware finds in fw_cfg. */
struct vfio_file {
	const char *name;
	const void *bytes; /* owned by the function */
	u32 size;
};

#define VFIO_MAX_FILES 2

struct vfio_pci {
	struct pci_dev pci;
	struct vfio_device *dev;
	struct pci_addr addr; /* on the host */
	char name[PCI_ADDR_SIZE];
	struct vfio_options options;
	struct pci_bar host_bars[PCI_REGIONS]; /* at the host's addresses; filled by the owner */

	struct vfio_config config;
	struct vfio_interrupts interrupts;
	struct vfio_quirks quirks;
	struct vfio_file files[VFIO_MAX_FILES];
	unsigned nr_files;
	bool has_vga; /* decided from the options and the device's class */
	struct vfio_vga vga;
	struct vfio_bars bars;
	struct vfio_rom rom;

	const struct vfio_watcher *watcher;
	struct loop_source error;   /* signalled on an uncorrectable error */
	struct loop_source request; /* signalled when the host wants the device back */

	const struct vfio_owned *owned; /* for resets: see reset.h */
	struct vfio_flr flr;
	bool can_reset;      /* VFIO_DEVICE_RESET works */
	bool specific_reset; /* the kernel has a reset method for this very model */
	bool leaving;        /* the host is taking it back */
	bool pristine;       /* reset, and not enabled by the guest since */
};

/*
 * Takes over @dev: vfio_pci_close() closes it, and so does a failure here. The caller owns the
 * struct, which must not move. The device is only read, not changed.
 */
int vfio_pci_open(struct vfio_pci *vp, struct pci_addr addr, struct vfio_device *dev,
	const struct vfio_options *options, const struct vfio_watcher *watcher, struct err *err);

/*
 * Builds what the guest sees and puts it on @bus. @multifunction: other functions share its slot.
 * If it fails, the function is not on the bus.
 */
int vfio_pci_attach(
	struct vfio_pci *vp, struct pci_bus *bus, u8 devfn, bool multifunction, struct err *err);

/*
 * Takes the function off the bus, turns its interrupts off and closes the device. Safe after a
 * failed open, and when called twice.
 */
void vfio_pci_close(struct vfio_pci *vp);

/*
 * Around a reset: quiesce stops the guest's use of the function, DMA included; resume starts it
 * anew.
 */
void vfio_pci_quiesce(struct vfio_pci *vp);
void vfio_pci_resume(struct vfio_pci *vp);

/* The machine's loop has ended: what the guest still asks for need not reach the hardware. */
bool vfio_pci_is_over(const struct vfio_pci *vp);

#endif
