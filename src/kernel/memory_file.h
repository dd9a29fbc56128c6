/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in memory whose size nobody changes, for what processes share. */
#ifndef KERNEL_MEMORY_FILE_H
#define KERNEL_MEMORY_FILE_H

#include "base/types.h"

/* Makes one of @size bytes, which are zero. Returns its descriptor, or -errno. */
int memory_file_make(const char *name, u64 size);

/*
 * Seals the size of the memory file @fd (memfd_create(MFD_ALLOW_SEALING)): a process that is given
 * it could otherwise shrink it, and accesses beyond the new end would kill this one. Returns 0 or
 * -errno.
 */
int memory_file_seal(int fd);

#endif
