/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct vfio_device for a device file of the kernel: one that VFIO_GROUP_GET_DEVICE_FD returns, or
 * a /dev/vfio/devices/vfioN that is bound to an iommufd. Both take the same ioctls.
 */
#ifndef KERNEL_VFIO_FILE_H
#define KERNEL_VFIO_FILE_H

#include "kernel/vfio.h"

/* Takes ownership of @fd. */
void vfio_file_init(struct vfio_device *dev, int fd);

#endif
