// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/trap.h"

#include <errno.h>

int vfio_trap_add(struct vfio_traps *traps, u32 region, struct range range,
	const struct bus_ops *ops, void *owner)
{
	if (traps->nr == VFIO_MAX_TRAPS)
		return -ENOSPC;
	traps->trap[traps->nr++] = (struct vfio_trap){ region, range, ops, owner };
	return 0;
}

const struct vfio_trap *vfio_trap_find(
	const struct vfio_traps *traps, u32 region, u64 offset, unsigned size)
{
	for (unsigned i = 0; i < traps->nr; i++)
		if (traps->trap[i].region == region &&
			range_contains(traps->trap[i].range, offset, size))
			return &traps->trap[i];
	return NULL;
}

bool vfio_trap_splits(const struct vfio_traps *traps, u32 region, u64 offset, unsigned size)
{
	struct range access = { offset, size };

	for (unsigned i = 0; i < traps->nr; i++)
		if (traps->trap[i].region == region &&
			range_overlaps(traps->trap[i].range, access) &&
			!range_contains(traps->trap[i].range, offset, size))
			return true;
	return false;
}
