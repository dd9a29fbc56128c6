/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a BAR that shows the card's config space: for quirks. */
#ifndef VM_VFIO_QUIRKS_MIRROR_H
#define VM_VFIO_QUIRKS_MIRROR_H

#include "vm/vfio/quirks/quirk.h"

struct mirror {
	u32 bar;
	u64 start; /* of config space, in the BAR */
};

/* The hardware sees the read, because some wait for it; the guest gets its own registers. */
u64 mirror_read(struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size);
void mirror_write(
	struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size, u64 value);

#endif
