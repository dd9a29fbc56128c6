/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO's first interface: a container (/dev/vfio/vfio) is an address space for DMA, IOMMU groups
 * (/dev/vfio/N) join it, and devices are opened through their group. A user owns a whole group: all
 * of its devices or none.
 *
 * The caller owns both structs. Groups are closed before their container.
 */
#ifndef KERNEL_VFIO_TYPE1_H
#define KERNEL_VFIO_TYPE1_H

#include "kernel/vfio.h"

struct vfio_container {
	struct vfio_iommu iommu;
	int fd;
	bool has_iommu; /* set when the first group joins */
};

struct vfio_group {
	int fd;
	u32 id;
};

/* A closed struct, which is safe to close again. */
#define VFIO_CONTAINER_CLOSED ((struct vfio_container){ .fd = -1 })
#define VFIO_GROUP_CLOSED     ((struct vfio_group){ .fd = -1 })

int vfio_container_open(struct vfio_container *container, struct err *err);
void vfio_container_close(struct vfio_container *container);

/* Fails with EBUSY if another process has the group, and with EPERM if it is not viable. */
int vfio_group_open(struct vfio_group *group, u32 id, struct err *err);
void vfio_group_close(struct vfio_group *group);

/*
 * Joins the group to @container, which holds the DMA mappings of its devices from now on. Fails
 * with EINVAL if the group's IOMMU is not compatible with the container's; the group then needs a
 * container of its own.
 */
int vfio_group_join(struct vfio_group *group, struct vfio_container *container, struct err *err);

/* @name: the device's address in full, 0000:01:00.0. */
int vfio_group_device(
	struct vfio_group *group, const char *name, struct vfio_device *dev, struct err *err);

#endif
