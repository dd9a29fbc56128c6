/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that implement firmware_find.h. */
#ifndef VM_BOOT_FIRMWARE_INTERNAL_H
#define VM_BOOT_FIRMWARE_INTERNAL_H

#include "vm/boot/firmware_find.h"
#include "vm/boot/firmware_list.h"

/*
 * Gets the size of a regular file. Returns 0 or -errno. @host NULL: @path is as the user wrote it.
 */
int firmware_measure(const struct sysroot *host, const char *path, u64 *size);

/* Returns 0 or -ENOMEM. */
int firmware_part_set(struct firmware_part *part, const char *path, u64 offset, u64 size);

/* Returns -EFBIG or -EINVAL if such an image cannot be mapped. */
int firmware_image_check(const struct firmware_image *image);

/*
 * Fills @image for the code that the user names, @wish->code. The template of its variables is
 * searched for with the descriptors, in the code's own file and next to it; there may be none.
 */
int firmware_named(const struct firmware_list *list, const struct firmware_wish *wish,
	struct firmware_image *image, struct err *err);

#endif
