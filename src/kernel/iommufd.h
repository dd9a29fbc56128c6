/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO's second interface (Linux 6.6 and later): /dev/iommu holds address spaces for DMA, and each
 * device has a file of its own, /dev/vfio/devices/vfioN, which is bound to it and then takes the
 * same ioctls as the file that a group hands out.
 *
 * One address space serves all devices of a machine, whatever IOMMUs they are behind: its pages
 * are pinned once, and it has no limit on the number of mappings.
 *
 * The caller owns the struct, and closes devices before it.
 */
#ifndef KERNEL_IOMMUFD_H
#define KERNEL_IOMMUFD_H

#include "kernel/sysroot.h"
#include "kernel/vfio.h"

struct iommufd {
	struct vfio_iommu iommu;
	int fd;
	u32 space; /* the kernel's number of the address space (IOAS) */
};

/* As iommufd_close() leaves it: safe to close. */
#define IOMMUFD_CLOSED ((struct iommufd){ .fd = -1 })

/*
 * Whether the kernel of @sysroot has iommufd and a file for @device ("0000:01:00.0"), and this
 * process may open both.
 */
bool iommufd_offered(const struct sysroot *sysroot, const char *device);

int iommufd_open(struct iommufd *iommufd, const struct sysroot *sysroot, struct err *err);
void iommufd_close(struct iommufd *iommufd);

/*
 * Opens the device file of @name. It is not bound yet: tell KVM of it first, then call
 * iommufd_bind(). Returns a descriptor or -errno, -EBUSY if another process has the device.
 */
int iommufd_open_device(const struct sysroot *sysroot, const char *name, struct err *err);
/* Binds the device: its DMA goes to the address space from now on. On success @dev owns @fd. */
int iommufd_bind(struct iommufd *iommufd, int fd, struct vfio_device *dev, struct err *err);

#endif
