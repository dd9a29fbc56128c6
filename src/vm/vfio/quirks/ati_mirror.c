// SPDX-License-Identifier: GPL-2.0-or-later
/* BAR 2 of a Radeon mirrors the first 256 bytes of its config space at 4000h. */
#include "vm/vfio/quirks/mirror.h"

static const struct mirror mirror = { .bar = 2, .start = 0x4000 };

static u64 config_read(void *owner, u64 offset, unsigned size)
{
	return mirror_read(owner, mirror, offset, size);
}

static void config_write(void *owner, u64 offset, unsigned size, u64 value)
{
	mirror_write(owner, mirror, offset, size, value);
}

static const struct bus_ops config_ops = { config_read, config_write };

static int open_mirror(struct vfio_quirk *quirk, struct err *err)
{
	return vfio_quirk_trap(
		quirk, mirror.bar, mirror.start, PCI_CFG_SPACE_SIZE, &config_ops, err);
}

const struct vfio_quirk_ops vfio_quirk_ati_mirror = {
	.size = sizeof(struct vfio_quirk),
	.open = open_mirror,
};
