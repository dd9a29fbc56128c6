/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make up firmware_find.h share. */
#ifndef VM_BOOT_FIRMWARE_INTERNAL_H
#define VM_BOOT_FIRMWARE_INTERNAL_H

#include "vm/boot/firmware_find.h"
#include "vm/boot/firmware_list.h"

/* The size of a regular file, or -errno. @host NULL: a path as the user wrote it. */
int firmware_measure(const struct sysroot *host, const char *path, u64 *size);

/* Returns 0 or -ENOMEM. */
int firmware_part_set(struct firmware_part *part, const char *path, u64 offset, u64 size);

/* -EFBIG or -EINVAL: no such image can be mapped. */
int firmware_image_check(const struct firmware_image *image);

/*
 * The image with the code that the user names, @wish->code. Its template of variables is looked
 * for: by a descriptor, in the code's own file, beside it. It need not be there.
 */
int firmware_named(const struct firmware_list *list, const struct firmware_wish *wish,
	struct firmware_image *image, struct err *err);

#endif
