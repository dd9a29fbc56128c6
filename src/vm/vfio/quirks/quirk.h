/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a quirk of a device is made of: the operations that vfio_quirks calls, and what they may
 * call. Each row of pci/quirk_table.inc has a file here; docs/user/quirks.md describes them.
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

/* In the order of a device's life. Any may be NULL; an opened quirk has state, so also a size. */
struct vfio_quirk_ops {
	/*
	 * Whether a device for which the quirk is made gets it with its options. NULL: it does,
	 * and a quirk of PCI_QUIRK_WITH_VGA with vga=on. One of PCI_QUIRK_WITH_OPTION has it.
	 */
	bool (*wanted)(const struct vfio_pci *vp);
	/* The device does not get the quirk: refuses options that mean nothing without it. */
	int (*absent)(const struct vfio_pci *vp, struct err *err);

	size_t size; /* of the state */
	/* The config space is built, the BARs are not: adds overlays, changes what is shown. */
	int (*open)(struct vfio_quirk *quirk, struct err *err);
	/* The device was reset. */
	void (*reset)(struct vfio_quirk *quirk);
	/* Where a BAR is decoded has changed. */
	void (*moved)(struct vfio_quirk *quirk);
	void (*close)(struct vfio_quirk *quirk);

	/*
	 * Resets the hardware where the kernel has no reset for this function that is any good. The
	 * device is quiet, and maybe not opened. -ENOTSUP where it cannot be done now.
	 */
	int (*hw_reset)(struct vfio_pci *vp);
};

struct vfio_quirk {
	const struct vfio_quirk_ops *ops;
	struct vfio_pci *vp;
};

#define QUIRK(id, file, name, when, fits, what) \
	extern const struct vfio_quirk_ops vfio_quirk_##file;
#include "pci/quirk_table.inc"
#undef QUIRK

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
