/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config space of an assigned function: which bits are emulated and which are the hardware's.
 *
 * Each bit is either emulated (it lives in pci_dev.config, and a guest can change it if it is set
 * in pci_dev.writable) or the device's (reads and writes go through VFIO, which protects the host).
 * Bits of the device that are also writable in pci_dev are shadowed there: the command register,
 * for the code that maps BARs.
 *
 * Capabilities keep their offsets, because some drivers hard-code them; only the links of the list
 * change, to skip capabilities that a guest must not see.
 *
 * The struct is embedded in the function's; it refers to the emulated function and to the device
 * and owns neither. All functions are called with the lock of the PCI hierarchy held.
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
	u8 physical[PCI_CONFIG_SIZE]; /* header and capabilities, as read on opening */
	unsigned walk;                /* how many bytes of @physical hold lists: 256 or 4096 */
	u8 emulated[PCI_CONFIG_SIZE];

	/* Offsets of these capabilities; 0: the guest sees none. */
	u16 pm;
	u16 msi;
	u16 msix;
	u16 exp;

	struct vfio_gate *gate; /* NULL: always open */
	bool master_waits;      /* the guest set Bus Master, the hardware has not yet */
};

/* How the function's place in the guest differs from that in the host. */
struct vfio_config_view {
	bool root_bus;      /* the function sits on the root bus, not behind a root port */
	bool multifunction; /* its slot has several functions */
	bool no_msi;        /* show neither MSI nor MSI-X */
	u32 subsystem;      /* subsystem ids, vendor in the low half; 0: the hardware's */
	bool rebar;         /* show Resizable BAR, with the current size as the only one */
};

/*
 * Reads the hardware's config space. -ENODEV for a device that does not answer, -ENOTSUP for
 * anything but an endpoint.
 */
int vfio_config_load(struct vfio_config *config, struct vfio_device *dev, struct err *err);

/*
 * Fills @pci's config space; pci_dev_init() has been called. The BARs stay empty: vfio_bars_build()
 * adds them.
 */
void vfio_config_build(
	struct vfio_config *config, struct pci_dev *pci, const struct vfio_config_view *view);

/* Accesses by the guest. */
u32 vfio_config_read(struct vfio_config *config, u16 offset, unsigned size);
void vfio_config_write(struct vfio_config *config, u16 offset, unsigned size, u32 value);

/* The gate is open: sets Bus Master in the hardware if the guest has set it. */
void vfio_config_pass_gate(struct vfio_config *config);

/* Access the hardware's registers and bypass all emulation. Failed reads return all ones. */
u32 vfio_config_hw_read(struct vfio_config *config, u16 offset, unsigned size);
void vfio_config_hw_write(struct vfio_config *config, u16 offset, unsigned size, u32 value);

#endif
