/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config space of an assigned function: which bits are the guest's own and which are the
 * hardware's.
 *
 * Each bit is either emulated (it lives in pci_dev.config and, where pci_dev.writable says so,
 * a guest changes it there) or the device's (reads and writes go through VFIO, which guards
 * the host). Bits that are the device's and writable in pci_dev too are shadowed there: the
 * command register, for whoever maps BARs.
 *
 * Offsets of capabilities stay as in the hardware, because drivers know some by heart; only the
 * links between them change, around those that a guest must not see.
 *
 * The struct is embedded in the function's; it refers to both sides and owns nothing. All
 * functions run under the lock of the PCI hierarchy.
 */
#ifndef VM_VFIO_CONFIG_H
#define VM_VFIO_CONFIG_H

#include "kernel/vfio.h"
#include "vm/pci/pci_dev.h"
#include "vm/vfio/gate.h"

struct vfio_config {
	struct pci_dev *pci;
	struct vfio_device *dev;
	struct vfio_region region;
	u8 physical[PCI_CONFIG_SIZE]; /* header and capabilities, as read when it was opened */
	unsigned walk;                /* how far @physical's lists may be walked: 256 or 4096 */
	u8 emulated[PCI_CONFIG_SIZE];

	/* Where these capabilities are, 0: the guest sees none. */
	u16 pm;
	u16 msi;
	u16 msix;
	u16 exp;

	struct vfio_gate *gate; /* NULL: open */
	bool master_waits;      /* the guest made it a bus master, the hardware is none yet */
};

/* How the guest's machine differs from the host's. */
struct vfio_config_view {
	bool root_bus;      /* the function sits on the root bus, not behind a root port */
	bool multifunction; /* its slot has several functions */
	bool no_msi;        /* show neither MSI nor MSI-X */
};

/*
 * Reads what the hardware has. -ENODEV for a device that does not answer, -ENOTSUP for what is
 * not an endpoint.
 */
int vfio_config_load(struct vfio_config *config, struct vfio_device *dev, struct err *err);

/*
 * Fills @pci's config space, which pci_dev_init() made. BARs are empty: vfio_bars_build() adds
 * them.
 */
void vfio_config_build(
	struct vfio_config *config, struct pci_dev *pci, const struct vfio_config_view *view);

/* A guest's access. */
u32 vfio_config_read(struct vfio_config *config, u16 offset, unsigned size);
void vfio_config_write(struct vfio_config *config, u16 offset, unsigned size, u32 value);

/* The gate is open: the hardware becomes a bus master where the guest made it one. */
void vfio_config_pass_gate(struct vfio_config *config);

/* An access to the hardware's register, past all emulation. Reads that fail give all ones. */
u32 vfio_config_hw_read(struct vfio_config *config, u16 offset, unsigned size);
void vfio_config_hw_write(struct vfio_config *config, u16 offset, unsigned size, u32 value);

#endif
