/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of a device's quirk: the operations that vfio_quirks calls, and the functions that
 * these may call. Each row of pci/quirk_table.inc has a file here; docs/user/quirks.md describes
 * them.
 *
 * A quirk's state is allocated by vfio_quirks and begins with struct vfio_quirk. Everything runs
 * with the lock of the PCI hierarchy held, except open and close, which run while the function is
 * on no bus.
 */
#ifndef VM_VFIO_QUIRKS_QUIRK_H
#define VM_VFIO_QUIRKS_QUIRK_H

#include "pci/quirk.h"
#include "vm/vfio/vfio_pci.h"

struct vfio_quirk;

/*
 * In the order of a device's life. Any may be NULL. A quirk that is opened has state, so its size
 * is not 0.
 */
struct vfio_quirk_ops {
	/*
	 * Whether a device that matches the quirk gets it, given the device's options. NULL: it
	 * does; if the quirk is PCI_QUIRK_WITH_VGA, only with vga=on. A quirk of
	 * PCI_QUIRK_WITH_OPTION must have this function.
	 */
	bool (*wanted)(const struct vfio_pci *vp);
	/*
	 * Called if the device does not get the quirk: refuses options that mean nothing without
	 * it.
	 */
	int (*absent)(const struct vfio_pci *vp, struct err *err);

	size_t size; /* of the state */
	/*
	 * Called when the config space is built, but the BARs are not: adds traps and changes what
	 * the guest sees.
	 */
	int (*open)(struct vfio_quirk *quirk, struct err *err);
	/* Called after the device was reset. */
	void (*reset)(struct vfio_quirk *quirk);
	/* Called after the address of a BAR has changed. */
	void (*moved)(struct vfio_quirk *quirk);
	void (*close)(struct vfio_quirk *quirk);

	/*
	 * Resets the hardware if the kernel has no working reset for this function. The device is
	 * quiesced and may not be open yet. Returns -ENOTSUP if a reset is not possible now.
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

/* Traps accesses to [start, start + size) of @region and passes them to @ops. */
int vfio_quirk_trap(struct vfio_quirk *quirk, u32 region, u64 start, u64 size,
	const struct bus_ops *ops, struct err *err);

/*
 * Accesses the guest's config space, at any offset and size; bytes behind its end read as all ones.
 */
u64 vfio_quirk_config_read(struct vfio_quirk *quirk, u64 offset, unsigned size);
void vfio_quirk_config_write(struct vfio_quirk *quirk, u64 offset, unsigned size, u64 value);
/* Whether none of these bytes of config space is emulated, as those of capabilities are. */
bool vfio_quirk_config_is_free(const struct vfio_pci *vp, u16 offset, unsigned size);
/* The size of the guest's config space, 256 or 4096. */
unsigned vfio_quirk_config_size(const struct vfio_quirk *quirk);

/* Access the hardware's registers, bypassing all traps. @region: a BAR or VGA. */
u64 vfio_quirk_hw_read(struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size);
void vfio_quirk_hw_write(
	struct vfio_quirk *quirk, u32 region, u64 offset, unsigned size, u64 value);

#endif
