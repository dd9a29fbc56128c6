// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BAR 0 of an NVIDIA graphics card mirrors all of its config space at 88000h, and, for code that
 * uses legacy VGA, the first 256 bytes at 1800h.
 *
 * Drivers acknowledge an MSI by writing to the read-only header of the MSI capability in the
 * mirror. The hardware waits for that, so such writes are also passed to it.
 */
#include "vm/vfio/quirks/mirror.h"

static const struct mirror full = { .bar = 0, .start = 0x88000 };
static const struct mirror small = { .bar = 0, .start = 0x1800 };

static bool is_ack(const struct vfio_quirk *quirk, u64 offset, unsigned size)
{
	struct range head = { quirk->vp->config.msi, PCI_MSI_FLAGS };

	return head.start && range_contains(head, offset, size);
}

static void write_to(
	struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size, u64 value)
{
	mirror_write(quirk, mirror, offset, size, value);
	if (is_ack(quirk, offset - mirror.start, size))
		vfio_quirk_hw_write(quirk, mirror.bar, offset, size, value);
}

static u64 full_read(void *owner, u64 offset, unsigned size)
{
	return mirror_read(owner, full, offset, size);
}

static void full_write(void *owner, u64 offset, unsigned size, u64 value)
{
	write_to(owner, full, offset, size, value);
}

static u64 small_read(void *owner, u64 offset, unsigned size)
{
	return mirror_read(owner, small, offset, size);
}

static void small_write(void *owner, u64 offset, unsigned size, u64 value)
{
	write_to(owner, small, offset, size, value);
}

static const struct bus_ops full_ops = { full_read, full_write };
static const struct bus_ops small_ops = { small_read, small_write };

static int open_mirror(struct vfio_quirk *quirk, struct err *err)
{
	int ret = vfio_quirk_trap(
		quirk, full.bar, full.start, vfio_quirk_config_size(quirk), &full_ops, err);

	if (ret || !quirk->vp->has_vga)
		return ret;
	return vfio_quirk_trap(quirk, small.bar, small.start, PCI_CFG_SPACE_SIZE, &small_ops, err);
}

const struct vfio_quirk_ops vfio_quirk_nvidia_mirror = {
	.size = sizeof(struct vfio_quirk),
	.open = open_mirror,
};
