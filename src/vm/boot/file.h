/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that the user names for a guest to boot: a kernel, an initial RAM disk.
 *
 * It stays open for the machine's life, so that a guest's reboot works when the name is gone or
 * stands for another file. One thread.
 */
#ifndef VM_BOOT_FILE_H
#define VM_BOOT_FILE_H

#include "base/err.h"
#include "base/types.h"

struct boot_file {
	int fd; /* -1: not open */
	char *path;
};

/* Only regular files, because they can be read again. @file needs no preparation. */
int boot_file_open(struct boot_file *file, const char *path, struct err *err);
/* Safe on a file that failed to open, and on one with fd -1 and no path. */
void boot_file_close(struct boot_file *file);

/* Bytes now. */
int boot_file_size(const struct boot_file *file, u64 *size, struct err *err);

/* Reads exactly [offset, offset + size); -EIO where the file ends before. */
int boot_file_read(
	const struct boot_file *file, u64 offset, void *buffer, u64 size, struct err *err);

#endif
