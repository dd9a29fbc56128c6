/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of firmware_vars.h: creates, writes and checks it. */
#ifndef VM_BOOT_FIRMWARE_VARS_FILE_H
#define VM_BOOT_FIRMWARE_VARS_FILE_H

#include "vm/boot/file.h"
#include "vm/boot/firmware_find.h"

/* Writes all of @bytes to [offset, offset + size). Returns 0 or -errno. */
int firmware_vars_file_write(int fd, const u8 *bytes, u64 offset, u64 size);

/*
 * Creates @path from the template: complete and on disk, or not at all. A file that another process
 * creates there meanwhile is left as it is.
 */
int firmware_vars_file_make(
	const char *path, const struct firmware_part *template, struct err *err);

/*
 * Refuses a file that is not a variable store, or not one of @image's firmware. @size: the file's
 * size in bytes.
 */
int firmware_vars_file_check(const struct boot_file *file, const struct firmware_image *image,
	u64 *size, struct err *err);

#endif
