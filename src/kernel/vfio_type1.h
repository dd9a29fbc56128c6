/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO's first interface: a container (/dev/vfio/vfio) is an address space for DMA, IOMMU groups
 * (/dev/vfio/N) join it, and a group hands out its devices. The group is what a user owns: all
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
	bool has_iommu; /* the first group brings it */
};

struct vfio_group {
	int fd;
	u32 id;
};

/* The struct as its close function leaves it: safe to close. */
#define VFIO_CONTAINER_CLOSED ((struct vfio_container){ .fd = -1 })
#define VFIO_GROUP_CLOSED     ((struct vfio_group){ .fd = -1 })

int vfio_container_open(struct vfio_container *container, struct err *err);
void vfio_container_close(struct vfio_container *container);

/* Fails with EBUSY where another process has it, with EPERM where it is not viable. */
int vfio_group_open(struct vfio_group *group, u32 id, struct err *err);
void vfio_group_close(struct vfio_group *group);

/*
 * The group's devices do their DMA in @container from now on. Fails with EINVAL where the IOMMU
 * above the group differs from the container's; another container then serves.
 */
int vfio_group_join(struct vfio_group *group, struct vfio_container *container, struct err *err);

/* @name: the device's address in full, 0000:01:00.0. */
int vfio_group_device(
	struct vfio_group *group, const char *name, struct vfio_device *dev, struct err *err);

#endif
