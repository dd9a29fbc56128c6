/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a quirk of a device is made of: the operations that vfio_quirks calls, and what they may
 * call. Each quirk of pci/quirk.h that is code has a file here; docs/quirks.md describes them.
 *
 * A quirk's state is allocated by vfio_quirks and begins with struct vfio_quirk. Everything
 * runs under the lock of the PCI hierarchy, but for open and close, when the function is on no
 * bus.
 */
#ifndef VM_VFIO_QUIRKS_QUIRK_H
#define VM_VFIO_QUIRKS_QUIRK_H

#include "pci/quirk.h"
#include "vm/vfio/vfio_pci.h"

struct vfio_quirk;

struct vfio_quirk_ops {
	size_t size; /* of the state */
	/* The config space is built, the BARs are not: adds overlays, changes what is shown. */
	int (*open)(struct vfio_quirk *quirk, struct err *err);
	/* The device was reset. May be NULL, as what follows. */
	void (*reset)(struct vfio_quirk *quirk);
	/* Where a BAR is decoded has changed. */
	void (*moved)(struct vfio_quirk *quirk);
	void (*close)(struct vfio_quirk *quirk);
};

struct vfio_quirk {
	const struct vfio_quirk_ops *ops;
	struct vfio_pci *vp;
};

extern const struct vfio_quirk_ops vfio_quirk_ati_port;
extern const struct vfio_quirk_ops vfio_quirk_ati_window;
extern const struct vfio_quirk_ops vfio_quirk_ati_mirror;
extern const struct vfio_quirk_ops vfio_quirk_nvidia_ports;
extern const struct vfio_quirk_ops vfio_quirk_nvidia_window;
extern const struct vfio_quirk_ops vfio_quirk_nvidia_mirror;
extern const struct vfio_quirk_ops vfio_quirk_nvidia_msi_ack;
extern const struct vfio_quirk_ops vfio_quirk_nvidia_clique;
extern const struct vfio_quirk_ops vfio_quirk_rtl8168;
extern const struct vfio_quirk_ops vfio_quirk_igd;

/* Has accesses to @range of @region answered by @ops. */
int vfio_quirk_overlay(struct vfio_quirk *quirk, u32 region, u64 start, u64 size,
	const struct bus_ops *ops, struct err *err);

/* The guest's config space, by any access that lies in it; what lies behind reads all ones. */
u64 vfio_quirk_config_read(struct vfio_quirk *quirk, u64 offset, unsigned size);
void vfio_quirk_config_write(struct vfio_quirk *quirk, u64 offset, unsigned size, u64 value);
/* Whether no capability of the card's, shown or hidden, has registers of the guest's own there. */
bool vfio_quirk_config_is_free(const struct vfio_pci *vp, u16 offset, unsigned size);
/* 256 or 4096. */
unsigned vfio_quirk_config_size(const struct vfio_quirk *quirk);

/* The hardware's registers, past all overlays: @region of a BAR or of VGA. */
u64 vfio_quirk_hw_read(struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size);
void vfio_quirk_hw_write(
	struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size, u64 value);

#endif
