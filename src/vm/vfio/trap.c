// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/trap.h"

#include <errno.h>

int vfio_overlay_add(struct vfio_overlays *overlays, u32 region, struct range range,
	const struct bus_ops *ops, void *owner)
{
	if (overlays->nr == VFIO_MAX_OVERLAYS)
		return -ENOSPC;
	overlays->overlay[overlays->nr++] = (struct vfio_overlay){ region, range, ops, owner };
	return 0;
}

const struct vfio_overlay *vfio_overlay_find(
	const struct vfio_overlays *overlays, u32 region, u64 offset, unsigned size)
{
	for (unsigned i = 0; i < overlays->nr; i++)
		if (overlays->overlay[i].region == region &&
			range_contains(overlays->overlay[i].range, offset, size))
			return &overlays->overlay[i];
	return NULL;
}

bool vfio_overlay_splits(
	const struct vfio_overlays *overlays, u32 region, u64 offset, unsigned size)
{
	struct range access = { offset, size };

	for (unsigned i = 0; i < overlays->nr; i++)
		if (overlays->overlay[i].region == region &&
			range_overlaps(overlays->overlay[i].range, access) &&
			!range_contains(overlays->overlay[i].range, offset, size))
			return true;
	return false;
}
