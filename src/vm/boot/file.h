/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that the user names for a guest to boot: a kernel, an initial RAM disk.
 *
 * It stays open as long as the machine exists, so that the guest can reboot even after the file was
 * removed or replaced. One thread.
 */
#ifndef VM_BOOT_FILE_H
#define VM_BOOT_FILE_H

#include "base/err.h"
#include "base/types.h"

struct boot_file {
	int fd; /* -1: not open */
	char *path;
};

/* Opens a regular file; others cannot be read twice. @file need not be initialised. */
int boot_file_open(struct boot_file *file, const char *path, struct err *err);
/* Safe on a file that failed to open, and on one with fd -1 and no path. */
void boot_file_close(struct boot_file *file);

/* Gets the file's present size in bytes. */
int boot_file_size(const struct boot_file *file, u64 *size, struct err *err);

/* Reads exactly [offset, offset + size). Returns -EIO if the file ends before that. */
int boot_file_read(
	const struct boot_file *file, u64 offset, void *buffer, u64 size, struct err *err);

#endif
