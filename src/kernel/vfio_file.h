/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct vfio_device on a file of the kernel: what VFIO_GROUP_GET_DEVICE_FD gives, and what
 * /dev/vfio/devices/vfioN is once it is bound to an IOMMU. Both take the same ioctls.
 */
#ifndef KERNEL_VFIO_FILE_H
#define KERNEL_VFIO_FILE_H

#include "kernel/vfio.h"

/* Takes @fd over. */
void vfio_file_init(struct vfio_device *dev, int fd);

#endif
