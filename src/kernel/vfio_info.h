/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what VFIO's info ioctls fill in: a fixed struct followed by a chain of capabilities. Pure;
 * nothing in the buffers is trusted.
 */
#ifndef KERNEL_VFIO_INFO_H
#define KERNEL_VFIO_INFO_H

#include "kernel/vfio.h"

/*
 * Finds the capability @id, of at least @need bytes, in the chain that begins at offset @first of
 * @buf; NULL if there is none. *@room: the bytes from it to the end of the buffer.
 */
const void *vfio_info_cap(
	const void *buf, size_t size, u32 first, u16 id, size_t need, size_t *room);

/*
 * @buf: a struct vfio_region_info and its capabilities, @size bytes. Returns -EPROTO if
 * inconsistent.
 */
int vfio_info_region(const void *buf, size_t size, struct vfio_region *region);

/* @buf: a struct vfio_iommu_type1_info and its capabilities. */
int vfio_info_iommu(const void *buf, size_t size, struct vfio_iommu_limits *limits);

#endif
