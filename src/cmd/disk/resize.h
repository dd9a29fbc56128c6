/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes the size of disk images. */
#ifndef CMD_DISK_RESIZE_H
#define CMD_DISK_RESIZE_H

#include "cmd/disk/image.h"

/*
 * Makes @image @size bytes large. -EBUSY while somebody uses it; -EINVAL if it would lose its end
 * and not @shrink; -ENOTSUP for a block device. Returns 0 or -errno.
 */
int disk_resize(const struct disk_image *image, u64 size, bool shrink, struct err *err);

#endif
