/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a BAR that mirrors the device's config space, for quirks. */
#ifndef VM_VFIO_QUIRKS_MIRROR_H
#define VM_VFIO_QUIRKS_MIRROR_H

#include "vm/vfio/quirks/quirk.h"

struct mirror {
	u32 bar;
	u64 start; /* offset of config space in the BAR */
};

/* Reads the hardware too, because some devices wait for that, but returns the guest's registers. */
u64 mirror_read(struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size);
void mirror_write(
	struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size, u64 value);

#endif
